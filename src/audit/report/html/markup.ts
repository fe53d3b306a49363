/**
 * HTML that cannot be broken by what is put into it: every value of the template is escaped for text and for quoted
 * attributes alike, unless it is markup already. Attribute values must be quoted in the template.
 */
import { TEXT_CHARACTERS_MAX, visible } from '../wording.ts';

/** Text that is HTML. Only `html`, `wire` and this file's own functions make it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | null | undefined | false | readonly Content[];

/** No text of ours is as long: what is longer came from the wire past `wire`, and is cut all the same. */
const STRING_CHARACTERS_MAX = 4000;

/** A template of HTML; strings are escaped, arrays joined, `null`, `undefined` and `false` are nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = parts[0];
  for (let i = 0; i < values.length; i++) text += render(values[i]) + parts[i + 1];
  return new Markup(text);
}

function render(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string') return escapeHtml(visible(content, STRING_CHARACTERS_MAX));
  if (typeof content === 'number') return String(content);
  if (!content) return '';
  return content.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (each) => ENTITIES[each]);

/** Text from the wire: cut, with nothing invisible in it, and kept from reordering what stands beside it. */
export function wire(text: string, max = TEXT_CHARACTERS_MAX): Markup {
  return html`<bdi>${visible(text, max)}</bdi>`;
}

/** Items with a separator between them. */
export function joined(items: readonly Content[], separator: string): Content[] {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

/** `make` of the first `max` items, and `rest` of how many were left out. */
export function bounded<T>(
  items: readonly T[],
  max: number,
  make: (item: T, index: number) => Content,
  rest: (left: number) => Content,
): Content[] {
  const shown = items.slice(0, max).map(make);
  return items.length > max ? [...shown, rest(items.length - max)] : shown;
}
