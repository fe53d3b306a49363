/** How the type of a device is known: what it says of itself and how it behaves, apart, and what would make it surer. */
import type { ReportDevice } from '../model.ts';
import { kindsDisagree, percent, surer, typeName } from '../typing.ts';
import { count } from '../wording.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';

const REASONS_MAX = 6;
const CANDIDATES_MAX = 5;

type Behaviour = NonNullable<NonNullable<ReportDevice['typeSources']>['behaviour']>;

export function evidenceOfType(device: ReportDevice): Markup {
  const behaviour = device.typeSources?.behaviour ?? null;
  const advice = surer(device);
  return html`<div class="pair"><div><h4>By what it says of itself</h4>${stated(device)}</div>
<div><h4>By how it behaves</h4>${behaviour ? behaves(behaviour) : html`<p class="muted">No model of behaviour was asked.</p>`}
${kindsDisagree(device) ? html`<p>The two do not agree: it may not be what it says, or the model is wrong.</p>` : null}</div></div>
${advice.length > 0 ? html`<h4>What would make it surer</h4><ul>${advice.map((line) => html`<li>${wire(line, 400)}</li>`)}</ul>` : null}`;
}

function stated({ typeEvidence, typeSources, typeCandidates }: ReportDevice): Markup {
  const candidates = typeSources?.stated.candidates ?? typeCandidates;
  if (candidates.length === 0 && typeEvidence.length === 0)
    return html`<p class="muted">Nothing that it said tells what it is.</p>`;
  return html`<p>${shares(candidates)}</p>
<ul class="plain">${bounded(
    typeEvidence,
    REASONS_MAX,
    ({ text, packet }) =>
      html`<li>${wire(text, 240)} <span class="muted">packet ${packet}</span></li>`,
    (left) => html`<li class="muted">and ${count(left)} more</li>`,
  )}</ul>`;
}

function behaves({ type, nearest, candidates, reasons, doubts, packets }: Behaviour): Markup {
  const seen = html`<span class="muted">${count(packets)} packets looked at</span>`;
  if (nearest === null) return html`<p>Too little was seen of it. ${seen}</p>`;
  if (type === null) {
    return html`<p>Like nothing that the model was taught; nearest is ${wire(nearest, 60)}. ${seen}</p>
${list(doubts, (doubt) => html`<li>${wire(doubt, 200)}</li>`)}`;
  }
  return html`<p>${shares(candidates)}. ${seen}</p>
${list(
  reasons,
  ({ text, weight }) =>
    html`<li>${wire(text, 200)} <span class="muted">${weight > 0 ? 'for' : 'against'}, ${percent(Math.abs(weight))}</span></li>`,
)}`;
}

function list<T>(items: readonly T[], make: (item: T) => Markup): Content {
  const more = (left: number): Markup => html`<li class="muted">and ${count(left)} more</li>`;
  return html`<ul class="plain">${bounded(items, REASONS_MAX, make, more)}</ul>`;
}

function shares(candidates: ReportDevice['typeCandidates']): Content {
  return joined(
    candidates
      .slice(0, CANDIDATES_MAX)
      .map(({ type, probability }) => html`<bdi>${typeName(type)}</bdi> ${percent(probability)}`),
    ', ',
  );
}
