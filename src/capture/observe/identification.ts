/** Notes what a device says of itself when its protocol asks: texts are cut, empty ones left out. */
import type { PacketRef } from '../decoder.ts';
import type { IdentificationFields, Observations, Parties } from '../observations.ts';

const CHARACTERS_MAX = 200;
const MORE_MAX = 32;

type Said = Partial<
  Record<keyof Omit<IdentificationFields, 'protocol' | 'more'>, string | undefined>
>;

/**
 * @param parties - with who says it as server.
 * @param more - what has no field of its own, by name.
 */
export function noteIdentification(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  protocol: string,
  said: Said,
  more: Readonly<Record<string, string | undefined>> = {},
): void {
  const fields = {
    protocol,
    maker: textOf(said.maker),
    model: textOf(said.model),
    version: textOf(said.version),
    serial: textOf(said.serial),
    name: textOf(said.name),
  };
  const others = Object.entries(more)
    .flatMap(([name, value]) => {
      const text = textOf(value);
      return text === undefined ? [] : [[name, text] as const];
    })
    .slice(0, MORE_MAX);
  const { maker, model, version, serial, name } = fields;
  if (others.length === 0 && !(maker || model || version || serial || name)) return;
  const key = JSON.stringify([fields, others]);
  into.note('identification', parties, at, key, () => ({
    ...fields,
    ...(others.length > 0 ? { more: Object.fromEntries(others) } : {}),
  }));
}

function textOf(value: string | undefined): string | undefined {
  // Fixed fields are padded with zeros.
  const text = value?.replaceAll('\0', ' ').trim().slice(0, CHARACTERS_MAX);
  return text === '' ? undefined : text;
}
