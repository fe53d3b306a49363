/** The console as people use it: a real server, a real browser, a passkey that the browser pretends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  join as becomeFirst,
  buildConsole,
  expectAccessible,
  launch,
  setupLink,
  upload,
  urlOf,
  type Visit,
  visit,
} from '../support/console.ts';
import { program } from '../support/needs.ts';
import { type Running, startUp } from '../support/running.ts';

const chromium = program('chromium');
const PAGES = [
  ['/', 'Overview'],
  ['/devices', 'Devices'],
  ['/findings', 'Findings'],
  ['/audits', 'Audits'],
  ['/activity', 'Activity'],
  ['/people', 'People'],
  ['/account', 'Your account'],
] as const;

describe('the console', { timeout: 120_000, ...chromium }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-console-'));
  let browser: Browser;
  let up: Running;
  let ann: Visit;

  beforeAll(async () => {
    buildConsole();
    up = await startUp(join(folder, 'data'));
    browser = await launch(chromium.path);
    ann = await visit(browser);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await up?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = async (page: Page, path: string, title: string) => {
    await page.goto(urlOf(up) + path);
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => {});
  };

  test('the link sets up the first administrator by a passkey, and works once', async () => {
    const { page } = ann;
    const link = setupLink(up);
    await page.goto(link);
    await page.getByLabel('Your name').waitFor();
    expect(page.url()).not.toContain(link.split('#')[1]);
    await expectAccessible(page);
    await becomeFirst(page);
    await page.getByText('Your fleet appears here after the first capture').waitFor();
    const other = await visit(browser);
    await other.page.goto(link);
    await other.page.getByRole('heading', { name: 'This link does not work' }).waitFor();
    await other.page.context().close();
  });

  test('who is not signed in is led to the door, and back by the passkey', async () => {
    const { page } = ann;
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
    await page.goto(`${urlOf(up)}/devices?search=cam`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { level: 1, name: 'Devices' }).waitFor();
    expect(page.url()).toContain('search=cam');
  });

  test('a capture goes in; from the overview to the packet in three clicks', async () => {
    const { page } = ann;
    await open(page, '/', 'Overview');
    await upload(page);
    await page.getByRole('link', { name: 'Overview' }).click();
    await page
      .getByRole('region', { name: 'Needs you first' })
      .getByRole('listitem')
      .first()
      .waitFor();
    await page.getByRole('region', { name: 'Needs you first' }).getByRole('link').nth(1).click();
    await page.getByRole('button', { name: 'Show packets' }).click();
    const bytes = await page.locator('pre.hex').first().textContent();
    expect(bytes).toMatch(/^0000 {2}([0-9a-f]{2} ){15}[0-9a-f]{2} {2}/);
  });

  test('a finding is accepted with a reason, and the acceptance taken back', async () => {
    const { page } = ann;
    await open(page, '/findings', 'Findings');
    const before = await page.getByText(/^\d+ open findings$/).textContent();
    await page.keyboard.press('a');
    await page.getByLabel('Why is it acceptable?').fill('The plug stands alone in a test room.');
    await page.getByRole('button', { name: 'Accept the risk' }).last().click();
    await page.getByText('Accepted 1 finding until').waitFor();
    await page.getByText(`${Number.parseInt(before ?? '', 10) - 1} open findings`).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText(before ?? '', { exact: true }).waitFor();
  });

  test('the inbox is worked by keyboard', async () => {
    const { page } = ann;
    await open(page, '/findings', 'Findings');
    const first = await page.locator('.list li.now .title').textContent();
    await page.keyboard.press('j');
    await page.waitForURL(/open=/);
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await expect.poll(() => page.locator('.list li.now .title').textContent()).toBe(first);
    await page.keyboard.press('m');
    await expect
      .poll(() => page.getByRole('combobox', { name: 'Owner' }).last().inputValue())
      .toBe('Ann Archer');
    await page.keyboard.press('c');
    await page.keyboard.type('Asked the maker for a firmware.');
    await page.getByRole('button', { name: 'Add comment' }).click();
    await page.getByRole('region', { name: 'Comments' }).getByText('Asked the maker').waitFor();
  });

  test('devices are found as one types, changed together, and changed back', async () => {
    const { page } = ann;
    await open(page, '/devices', 'Devices');
    await page.getByLabel('Search').fill('glowplug-71c123');
    await page.getByText('1 device', { exact: true }).waitFor();
    expect(page.url()).toContain('search=glowplug-71c123');
    await page.getByLabel('Choose all that are shown').check();
    await page.getByRole('button', { name: 'Change them' }).click();
    await page.getByRole('combobox', { name: 'To' }).click();
    await page.getByRole('option', { name: 'essential' }).click();
    await page.getByRole('button', { name: 'Change 1 device' }).click();
    await page.getByRole('grid').getByText('essential').waitFor();
    await page.getByRole('button', { name: 'Undo the last change' }).click();
    await page.getByRole('grid').getByText('essential').waitFor({ state: 'detached' });
  });

  test.each([
    ['light', 1280, 900],
    ['dark', 1280, 900],
    ['light', 390, 844],
    ['dark', 390, 844],
  ] as const)('axe finds nothing on any page, %s, %i × %i', async (colorScheme, width, height) => {
    const { page } = ann;
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    for (const [path, title] of PAGES) {
      await open(page, path, title);
      await expectAccessible(page);
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      expect(wide, path).toBeLessThanOrEqual(width);
    }
    await open(page, '/devices?search=glowplug', 'Devices');
    await page
      .getByRole('link', { name: /glowplug/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Whom it talks to' }).waitFor();
    await expectAccessible(page);
  });

  test('a viewer sees no button that she may not use', async () => {
    const { page } = ann;
    await page.setViewportSize({ width: 1280, height: 900 });
    await open(page, '/people', 'People');
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await page.getByLabel(/^Name/).fill('Vera');
    await page.getByLabel('User name').fill('vera');
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = (await page.getByText(/welcome#/).textContent()) ?? '';
    const vera = await visit(browser);
    await vera.page.goto(link);
    await vera.page.getByRole('button', { name: 'Create a passkey' }).click();
    await vera.page.getByRole('button', { name: 'I have kept them' }).click();
    await vera.page.getByRole('region', { name: 'Needs you first' }).waitFor();
    const refused: string[] = [];
    vera.page.on('response', (response) => {
      if (response.status() === 403) refused.push(response.url());
    });
    for (const [path, title] of PAGES.slice(0, 4)) {
      await open(vera.page, path, title);
      for (const name of ['Upload a capture', 'Accept the risk', 'Change them', 'Show packets'])
        expect(await vera.page.getByRole('button', { name }).count(), `${path} ${name}`).toBe(0);
    }
    expect(await vera.page.getByRole('link', { name: 'Activity' }).count()).toBe(0);
    expect(refused).toEqual([]);
    expect(vera.complaints).toEqual([]);
    await vera.page.context().close();
  });

  test('a lost connection is shown, and mended by itself', async () => {
    const { page } = ann;
    await open(page, '/devices', 'Devices');
    const { port } = up;
    await up.stop();
    await page.getByText('The connection is lost').waitFor();
    up = await startUp(join(folder, 'data'), [], { port });
    await page.getByText('The connection is lost').waitFor({ state: 'detached', timeout: 30_000 });
  });

  test('nothing complained, and the server’s policy refused nothing', () => {
    const lost = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE/;
    expect(ann.complaints.filter((one) => !lost.test(one))).toEqual([]);
  });
});
