/**
 * Takes the pictures of the console: `node scripts/console-pictures.ts [CHROMIUM]`. A server of its own with the
 * example's capture, each page on a desk, on a phone and in dark, into docs/pictures/console/.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildConsole, launch, setUp, upload, urlOf, visit } from '../test/support/console.ts';
import { startUp } from '../test/support/running.ts';

const folder = fileURLToPath(new URL('../docs/pictures/console/', import.meta.url));
const PAGES = [
  ['overview', '/', 'Posture over 90 days'],
  ['devices', '/devices?sort=worst&order=desc', 'Last seen'],
  ['findings', '/findings', 'What proves it'],
  ['audits', '/audits', 'need attention'],
  ['activity', '/activity', 'Audit done'],
  ['people', '/people', 'Invite somebody'],
  ['account', '/account', 'Where you are signed in'],
] as const;
const LOOKS = [
  ['', 1280, 860, 'light'],
  ['-dark', 1280, 860, 'dark'],
  ['-phone', 390, 844, 'light'],
] as const;
/** Charts and maps draw after their data has come. */
const SETTLE_MS = 1200;

buildConsole();
mkdirSync(folder, { recursive: true });
const data = mkdtempSync(join(tmpdir(), 'fleetward-pictures-'));
const up = await startUp(join(data, 'data'));
const browser = await launch(argv[2] ?? '/usr/bin/chromium');
try {
  const { page } = await visit(browser, { viewport: { width: 1280, height: 860 } });
  await setUp(page, up);
  await page.screenshot({ path: join(folder, 'first.png') });
  await upload(page);
  for (const [look, width, height, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    for (const [name, path, sign] of PAGES) {
      await page.goto(urlOf(up) + path);
      await page.getByText(sign).first().waitFor();
      await page.waitForTimeout(SETTLE_MS);
      await page.screenshot({ path: join(folder, `${name}${look}.png`) });
    }
    await page.goto(`${urlOf(up)}/devices?search=glowplug`);
    await page
      .getByRole('link', { name: /glowplug/ })
      .first()
      .click();
    await page.getByText('Whom it talks to').waitFor();
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: join(folder, `device${look}.png`) });
  }
} finally {
  await browser.close();
  await up.stop();
  rmSync(data, { recursive: true, force: true });
}
