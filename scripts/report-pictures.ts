/**
 * Takes the README's picture of the report: `node scripts/report-pictures.ts [CHROMIUM]`. The demo's capture as a page,
 * from the verdict to the map, in Debian's Chromium.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { scan } from '../src/app/index.ts';
import { htmlReport } from '../src/audit/index.ts';

const WIDTH = 1100;
const BYTES_MAX = 300_000;
const root = fileURLToPath(new URL('../', import.meta.url));
const picture = join(root, 'docs/pictures/report.png');

const report = await scan([join(root, 'examples/site.pcap')], {
  version: '',
  standards: ['etsi-303645:3.1.3', 'eu-cra'],
});
// A path of this machine would say nothing to a reader.
for (const file of report.capture.files) file.path = 'site.pcap';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-picture-'));
const browser = await chromium.launch({
  executablePath: argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({
    viewport: { width: WIDTH, height: 900 },
    colorScheme: 'light',
  });
  const path = join(folder, 'report.html');
  writeFileSync(path, htmlReport(report));
  await page.goto(pathToFileURL(path).href);
  const map = await page.locator('#map .map-frame').boundingBox();
  const height = Math.ceil((map?.y ?? 800) + (map?.height ?? 100)) + 14;
  mkdirSync(join(root, 'docs/pictures'), { recursive: true });
  await page.screenshot({
    path: picture,
    fullPage: true,
    clip: { x: 0, y: 0, width: WIDTH, height },
  });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
const { size } = statSync(picture);
console.log(`${picture}: ${size} bytes`);
if (size > BYTES_MAX) throw new Error(`the picture is over ${BYTES_MAX} bytes`);
