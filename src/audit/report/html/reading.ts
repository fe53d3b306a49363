/** How the report came about: what was read, what could not be, and what the words mean. */
import type { Report } from '../model.ts';
import { bytesText, count, some } from '../wording.ts';
import { bounded, type Content, html, joined, type Markup, wire } from './markup.ts';
import { glossary } from './parts.ts';

const FILES_MAX = 50;
const ERRORS_MAX = 100;

export function reading({ capture, errors, tool }: Report): Markup {
  return html`<section id="reading" aria-labelledby="reading-title">
<h2 id="reading-title">How to read this</h2>
${glossary()}
<h3 class="spaced">What was read</h3>
<div class="scroll" tabindex="0" role="region" aria-label="Captures"><table class="compact">
<thead><tr><th scope="col">Capture</th><th scope="col">Format</th><th scope="col" class="number">Packets</th><th scope="col" class="number">Size on the wire</th></tr></thead>
<tbody>${bounded(
    capture.files,
    FILES_MAX,
    ({ path, format, packets, bytes }) =>
      html`<tr><th scope="row">${wire(path)}</th><td>${format}</td><td class="number">${count(packets)}</td><td class="number">${bytesText(bytes)}</td></tr>`,
    (left) => html`<tr><td colspan="4">and ${count(left)} more</td></tr>`,
  )}</tbody></table></div>
<p class="note">${some(capture.flows, 'flow')}. Messages decoded: ${amounts(capture.protocols)}.</p>
${remark('Not understood', capture.notDecoded)}
${remark('Not kept, because there were too many of one kind', capture.dropped)}
<h3 class="spaced">Trouble</h3>
${
  errors.length === 0
    ? html`<p>None: everything was read.</p>`
    : html`<ul class="trouble">${bounded(
        errors,
        ERRORS_MAX,
        ({ file, offset, message }) =>
          html`<li>${file === null ? null : html`<strong>${wire(file)}</strong>${offset === null ? null : ` at byte ${count(offset)}`}: `}${wire(message, 400)}</li>`,
        (left) => html`<li>and ${count(left)} more</li>`,
      )}</ul>`
}
<p class="note">Written by ${tool.name} ${tool.version}. Passwords and tokens never stand in a report: a keyed hash stands for each.</p>
</section>`;
}

function amounts(of: Readonly<Record<string, number>>): Content {
  const entries = Object.entries(of).sort(([, one], [, other]) => other - one);
  if (entries.length === 0) return 'none';
  return joined(
    bounded(
      entries,
      40,
      ([name, number]) => html`${wire(name, 60)} ${count(number)}`,
      (left) => `${count(left)} more`,
    ),
    ', ',
  );
}

function remark(title: string, of: Readonly<Record<string, number>>): Content {
  return Object.keys(of).length === 0 ? null : html`<p class="note">${title}: ${amounts(of)}.</p>`;
}
