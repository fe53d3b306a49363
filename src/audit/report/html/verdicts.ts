/** What a device passed, and what this traffic does not tell of it, with how much was in view beside each. */
import type { ReportVerdict } from '../model.ts';
import { floorText, some } from '../wording.ts';
import type { PageIndex } from './index-of.ts';
import { type Content, html, type Markup, wire } from './markup.ts';

/** @param brief - what was not seen by its identifiers alone: with hundreds of devices its words would be most of the report. */
export function verdicts(all: readonly ReportVerdict[], index: PageIndex, brief: boolean): Markup {
  const of = (wanted: ReportVerdict['verdict']) => all.filter(({ verdict }) => verdict === wanted);
  return html`<h4>Controls it did not fail</h4>
<div class="verdicts">
${block(of('pass'), 'passed', index, ({ floor }) => floorText(floor))}
${block(of('not_visible'), 'not visible', index, ({ why }) => why)}
${brief ? identifiers(of('not_seen')) : block(of('not_seen'), 'not seen', index, ({ why, floor }) => [why, floorText(floor)].filter(Boolean).join(': '))}
</div>`;
}

function block(
  listed: readonly ReportVerdict[],
  word: string,
  index: PageIndex,
  remark: (verdict: ReportVerdict) => string | null,
): Content {
  if (listed.length === 0) return html`<p class="muted">None ${word}.</p>`;
  return html`<details class="sub"><summary>${some(listed.length, 'control')} ${word}</summary><ul class="plain">${listed.map(
    (verdict) => {
      const text = remark(verdict);
      return html`<li><span class="id">${verdict.control}</span> ${index.titleOf(verdict.control)}${
        text ? html` <span class="muted">${wire(text, 240)}</span>` : null
      }</li>`;
    },
  )}</ul></details>`;
}

function identifiers(listed: readonly ReportVerdict[]): Content {
  if (listed.length === 0) return null;
  return html`<p class="note">${some(listed.length, 'control')} not seen: ${listed.map(({ control }) => control).join(', ')}</p>`;
}
