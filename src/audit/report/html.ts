/**
 * The report as one self-contained HTML file: it loads nothing, sends nothing, works from a disk and without
 * JavaScript, in light and dark, on a phone and on paper. Its policy allows its own style and script by their hashes
 * and nothing else, so that even text that slipped through escaping could not act.
 */
import { createHash } from 'node:crypto';
import { changes } from './html/changes.ts';
import { devices } from './html/devices.ts';
import { findings } from './html/findings.ts';
import { PageIndex } from './html/index-of.ts';
import { map } from './html/map/draw.ts';
import { html, Markup } from './html/markup.ts';
import { masthead, posture } from './html/posture.ts';
import { protocols } from './html/protocols.ts';
import { reading } from './html/reading.ts';
import { SCRIPT } from './html/script.ts';
import { standards } from './html/standards.ts';
import { STYLE } from './html/style.ts';
import type { Report } from './model.ts';
import { count, visible } from './wording.ts';

const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Never throws on a report that fits the model, whatever its texts hold. */
export function htmlReport(report: Report): string {
  const index = new PageIndex(report);
  const title = `Fleetward report: ${visible(report.capture.files[0]?.path ?? 'no capture', 80)}`;
  return html`<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header class="wrap">
<div class="brand"><span><strong>Fleetward</strong> security report</span><button type="button" class="theme quiet" hidden></button></div>
${masthead(report)}
</header>
<nav aria-label="Sections"><div class="wrap"><ul>${sections(report)}</ul></div></nav>
<main id="main" class="wrap" tabindex="-1">
${posture(report)}
${changes(report, index)}
${map(report, index)}
${findings(report, index)}
${devices(report, index)}
${protocols(report, index)}
${standards(report)}
${reading(report)}
</main>
<footer class="wrap">Every figure here comes from packets named in it.</footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`.text;
}

function sections({ summary, findings, devices, comparison, coverage = [] }: Report): Markup[] {
  const open = findings.filter(({ status }) => status === 'new').length;
  const links: [anchor: string, name: string, number?: number][] = [
    ['overview', 'Overview'],
    ...(comparison ? ([['changes', 'Changes']] as [string, string][]) : []),
    ['map', 'Map'],
    ['findings', 'Findings', open],
    ['devices', 'Devices', summary.devices],
    ...(devices.some(({ spoken = [] }) => spoken.length > 0)
      ? ([['protocols', 'Protocols']] as [string, string][])
      : []),
    ...(coverage.length > 0 ? ([['standards', 'Standards']] as [string, string][]) : []),
    ['reading', 'How to read this'],
  ];
  return links.map(
    ([anchor, name, number]) =>
      html`<li><a href="#${anchor}">${name}${number === undefined ? null : html`<span class="count">${count(number)}</span>`}</a></li>`,
  );
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
