/** Coverage of each standard: every provision with its result and reason, "not assessed" as plainly as the rest. */
import type { Coverage, Report } from '../model.ts';
import { count, some } from '../wording.ts';
import { html, joined, type Markup } from './markup.ts';
import { bar } from './parts.ts';

type Provision = Coverage['provisions'][number];
type Result = Provision['result'];

const RESULTS: readonly {
  result: Result;
  key: keyof Coverage['counts'];
  word: string;
  kind: string;
}[] = [
  { result: 'fail', key: 'fail', word: 'fail', kind: 'fail' },
  { result: 'partly', key: 'partly', word: 'partly', kind: 'partly' },
  { result: 'pass', key: 'pass', word: 'pass', kind: 'pass' },
  { result: 'not_visible', key: 'notVisible', word: 'not visible', kind: 'not-visible' },
  { result: 'not_seen', key: 'notSeen', word: 'not seen', kind: 'not-seen' },
  { result: 'not_assessed', key: 'notAssessed', word: 'not assessed', kind: 'not-assessed' },
];

export function standards({ coverage = [], findings }: Report): Markup | null {
  if (coverage.length === 0) return null;
  const failed = new Set(
    findings.filter(({ status }) => status === 'new').map(({ control }) => control),
  );
  return html`<section id="standards" aria-labelledby="standards-title">
<h2 id="standards-title">Standards</h2>
<p class="lead">What this traffic says of each provision. Most of a standard cannot be judged by looking at traffic; those provisions are <em>not assessed</em>, with what they would need. The gists are ours: read the standard for what it says.</p>
${coverage.map((each) => standard(each, failed))}
</section>`;
}

function standard(
  { title, edition, counts, provisions }: Coverage,
  failed: ReadonlySet<string>,
): Markup {
  const parts = RESULTS.map(({ key, word, kind }) => ({ word, kind, number: counts[key] })).filter(
    ({ number }) => number > 0,
  );
  return html`<details class="item standard">
<summary><h3>${title} <span class="muted">${edition}</span></h3>${bar(parts)}<span class="tally">${joined(
    parts.map(({ word, number }) => `${count(number)} ${word}`),
    ', ',
  )}</span></summary>
<div class="body"><div class="scroll" tabindex="0" role="region" aria-label="Provisions of ${title} ${edition}"><table class="provisions">
<thead><tr><th scope="col">Provision</th><th scope="col">Result</th><th scope="col">What it asks, in our words</th><th scope="col">Why this result</th></tr></thead>
<tbody>${provisions.map((each) => provision(each, failed))}</tbody></table></div></div></details>
`;
}

function provision(provision: Provision, failed: ReadonlySet<string>): Markup {
  const { id, gist, status, condition, result, controls, devices, reason } = provision;
  const { word, kind } = RESULTS.find((each) => each.result === result) ?? RESULTS[5];
  const judged = controls.map((control) =>
    failed.has(control) ? html`<a href="#c-${control}">${control}</a>` : control,
  );
  const why =
    result === 'fail'
      ? html`fails on ${some(devices.fail, 'device')}`
      : html`${reason ?? (result === 'pass' ? `passes on ${some(devices.pass, 'device')}` : null)}`;
  return html`<tr><th scope="row" class="number">${id}</th><td><span class="result ${kind}">${word}</span></td><td>${gist} <span class="muted">(${status}${condition === null ? null : `, ${condition}`})</span></td><td>${why}${
    judged.length > 0 ? html` <span class="muted">by ${joined(judged, ', ')}</span>` : null
  }</td></tr>`;
}
