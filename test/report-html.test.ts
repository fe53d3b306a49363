/** The HTML report in a real browser: accessible, silent on the network, and deaf to what a hostile name asks of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlReport, type Report } from '../src/audit/index.ts';
import { program } from './support/needs.ts';
import { demoReport, hostileReport, largeReport } from './support/reports.ts';

const browserProgram = program('chromium');
const SIZES = [
  ['desk', 1280, 900],
  ['phone', 390, 844],
] as const;

describe('the HTML report', browserProgram, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-report-'));
  let browser: Browser;
  let demo: Report;

  beforeAll(async () => {
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
    browser = await chromium.launch({ executablePath: browserProgram.path, args });
    demo = await demoReport();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  interface Visit {
    readonly page: Page;
    /** What was asked of the network or of the disk beside the page itself, and what the page complained of. */
    readonly requests: string[];
    readonly complaints: string[];
  }

  async function visit(
    report: Report,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<Visit> {
    const path = join(folder, 'report.html');
    writeFileSync(path, htmlReport(report));
    // Axe is put in by the test, which the page's own policy would rightly refuse.
    const page = await browser.newPage({ bypassCSP: true, ...options });
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const url = pathToFileURL(path).href;
    await page.goto(url);
    return { page, requests: requests.filter((each) => each !== url), complaints };
  }

  const openAll = (page: Page): Promise<void> =>
    page.evaluate(`document.querySelectorAll('details').forEach((each) => { each.open = true; })`);

  test.each(SIZES.flatMap((size) => [[...size, 'light'] as const, [...size, 'dark'] as const]))(
    'axe finds nothing on a %s (%i × %i), %s',
    async (_name, width, height, colorScheme) => {
      const { page, complaints } = await visit(demo, { viewport: { width, height }, colorScheme });
      await openAll(page);
      await page.addScriptTag({ content: axe.source });
      const violations = await page.evaluate(
        `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
          violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join(' | ')))`,
      );
      expect(violations).toEqual([]);
      expect(complaints).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        width,
      );
      await page.close();
    },
    120_000,
  );

  test('it asks nothing of the network, under a policy that lets only its own script run', async () => {
    const { page, requests, complaints } = await visit(demo, { bypassCSP: false });
    await openAll(page);
    expect(requests).toEqual([]);
    expect(complaints).toEqual([]);
    expect(await page.locator('.tools').first().isVisible()).toBe(true);
    const refused = await page.evaluate(
      `fetch('https://example.org/').then(() => 'sent', () => 'refused')`,
    );
    expect(refused).toBe('refused');
    await page.close();
  });

  test('without JavaScript every word can be read', async () => {
    const { page } = await visit(demo, { javaScriptEnabled: false });
    await page.locator('#devices details summary').first().click();
    expect(await page.locator('#d-1 .finding').first().isVisible()).toBe(true);
    expect(await page.locator('.tools').first().isVisible()).toBe(false);
    await page.close();
  });

  test('at 360 pixels nothing is wider than the screen', async () => {
    const { page } = await visit(demo, { viewport: { width: 360, height: 740 } });
    await openAll(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.close();
  });

  test('the keyboard reaches everything that can be used, in the order of the page', async () => {
    const { page } = await visit(demo);
    const usable = `[...document.querySelectorAll('a[href],button,input,select,summary,[tabindex="0"]')].filter((each) => each.checkVisibility())`;
    const expected = (await page.evaluate(`${usable}.length`)) as number;
    const reached = new Set<number>();
    let last = -1;
    for (let press = 0; press < expected; press++) {
      await page.keyboard.press('Tab');
      const index = (await page.evaluate(`${usable}.indexOf(document.activeElement)`)) as number;
      reached.add(index);
      expect(index).toBeGreaterThan(last);
      last = index;
      if (press === 0) expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    }
    expect(reached.size).toBe(expected);
    await page.close();
  }, 60_000);

  test('search, severity and order work, and a link opens what it leads to', async () => {
    const { page } = await visit(demo);
    const shown = () => page.locator('#devices .item:visible').count();
    const all = await shown();
    await page.getByRole('searchbox', { name: 'Search devices' }).fill('telnet');
    expect(await shown()).toBeGreaterThan(0);
    expect(await shown()).toBeLessThan(all);
    await page.getByRole('searchbox', { name: 'Search devices' }).fill('');
    const chips = page.locator('[data-tools=devices]').getByRole('group', { name: 'Severity' });
    await chips.getByRole('button').first().click();
    expect(await shown()).toBeLessThan(all);
    await chips.getByRole('button').first().click();
    await page.getByLabel('Order by').selectOption('name');
    const names = await page.locator('#devices .item h3').allTextContents();
    expect(names).toEqual([...names].sort((one, other) => one.localeCompare(other)));

    await page.locator('#findings summary').first().click();
    await page.locator('#findings .affected a').first().click();
    const target = page.locator('article:target');
    expect(await target.isVisible()).toBe(true);
    expect(await target.locator('.filter').first().textContent()).toMatch(/^frame\.number in \{\d/);
    await page.close();
  });

  test('the theme can be chosen, and the map picks out whom a device talks to', async () => {
    const { page } = await visit(demo, { colorScheme: 'light' });
    const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const before = await background();
    await page.locator('.theme').click();
    await page.locator('.theme').click();
    expect(await background()).not.toBe(before);
    await page.locator('.map .node.device').first().hover();
    expect(await page.locator('.map.picked .link.lit').count()).toBeGreaterThan(0);
    await page.close();
  });

  test('on paper everything is open', async () => {
    const { page } = await visit(demo);
    const size = async () => (await page.pdf()).length;
    const closed = await size();
    await page.evaluate(
      `document.querySelectorAll('#devices details').forEach((each) => each.remove())`,
    );
    expect(await size()).toBeLessThan(closed / 1.5);
    await page.close();
  });

  test('hostile names do nothing and break nothing', async () => {
    const { page, requests, complaints } = await visit(hostileReport(demo), { bypassCSP: false });
    await openAll(page);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    expect(await page.locator('img, script:not(body > script), iframe, object').count()).toBe(0);
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(
      await page.evaluate(
        'document.querySelectorAll("[onerror],[onload],[onclick],[style]").length',
      ),
    ).toBe(0);
    const text = (await page.evaluate('document.body.innerText')) as string;
    expect(text).toContain('<img src=x onerror');
    expect(text).toContain('\\u{202e}');
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(1280);
    await page.close();
  });

  test('three hundred devices stay under 5 MB, and are shown at once', async () => {
    const report = largeReport(demo, 300);
    expect(htmlReport(report).length).toBeLessThan(5e6);
    const { page, complaints } = await visit(report);
    expect(complaints).toEqual([]);
    expect(await page.locator('#devices .item').count()).toBe(300);
    expect(await page.locator('.map .node.device').count()).toBeLessThanOrEqual(60);
    await page.close();
  }, 60_000);
});
