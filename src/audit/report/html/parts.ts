/** Small parts that several sections share: a severity's badge, a bar of shares, the glossary of verdicts. */
import type { Severity } from '../../control.ts';
import { SEVERITY_WORDS, VERDICTS } from '../wording.ts';
import { html, type Markup } from './markup.ts';

const BAR_UNITS = 1000;
const GAP = 3;

/** A share of a whole: the class that colours it, what it is called, how many. */
export interface Part {
  readonly kind: string;
  readonly word: string;
  readonly number: number;
}

/** Parts of a whole, side by side; the legend beside it says the same in words, so it is hidden from screen readers. */
export function bar(parts: readonly Part[]): Markup {
  const total = parts.reduce((sum, { number }) => sum + number, 0);
  let at = 0;
  const boxes = parts.map(({ kind, number }, index) => {
    const width = (number / total) * BAR_UNITS;
    const box = html`<rect class="fill ${kind}" x="${at.toFixed(1)}" width="${Math.max(1, width - (index < parts.length - 1 ? GAP : 0)).toFixed(1)}" height="10"/>`;
    at += width;
    return box;
  });
  return html`<svg class="bar" viewBox="0 0 ${BAR_UNITS} 10" preserveAspectRatio="none" aria-hidden="true">${boxes}</svg>`;
}

/** A severity as a word on its colour. */
export function badge(severity: Severity): Markup {
  return html`<span class="badge ${severity}">${SEVERITY_WORDS[severity]}</span>`;
}

/** What the four verdicts mean; stands where verdicts are read. */
export function glossary(): Markup {
  return html`<dl class="glossary">${Object.values(VERDICTS).map(
    ({ word, meaning }) => html`<div><dt>${word}</dt><dd>${meaning}</dd></div>`,
  )}</dl>`;
}
