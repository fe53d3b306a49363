/** A browser at a running system: Debian's Chromium with an authenticator that Chromium itself pretends. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { root } from './fleetward.ts';
import type { Running } from './running.ts';

export const capture = resolve(root, 'examples/site.pcap');

/** Installs and builds the console where that is missing. @throws Error with what went wrong. */
export function buildConsole(): void {
  const { status, stderr } = spawnSync('sh', ['scripts/install.sh', 'console'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

export const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

export interface Visit {
  readonly page: Page;
  /** What the page complained of: errors, and what the server's policy refused. */
  readonly complaints: string[];
}

/** A page of its own, with a platform authenticator that says yes. */
export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A refused call, which the page tells about, is no complaint.
    const isCall = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isCall) complaints.push(message.text());
  });
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { page, complaints };
}

export const urlOf = ({ port }: Running): string => `http://localhost:${port}`;

export function setupLink(running: Running): string {
  const link = /http:\S+\/welcome#\S+/.exec(running.output())?.[0];
  if (link === undefined) throw new Error(`no link in: ${running.output()}`);
  return link;
}

/** The first person: becomes administrator by a passkey, and keeps the recovery codes. */
export async function setUp(page: Page, running: Running): Promise<void> {
  await page.goto(setupLink(running));
  await join(page);
}

/** With the link open. */
export async function join(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill('Ann Archer');
  await page.getByLabel('User name').fill('ann');
  await page.getByRole('button', { name: 'Create a passkey' }).click();
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
}

/** Uploads the example, and waits until its audit is done. */
export async function upload(page: Page): Promise<void> {
  await page.getByLabel('Capture file').first().setInputFiles(capture);
  await page.getByRole('button', { name: 'Upload and audit' }).click();
  await page.getByRole('heading', { name: 'Audits' }).waitFor();
  await page.getByText('need attention').waitFor({ timeout: 60_000 });
}

/** What axe finds wrong. It comes through the debugger, so that the server's policy stays in force. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 4).map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join(' | ')))`,
  );
  return found as string[];
}

export async function expectAccessible(page: Page): Promise<void> {
  expect(await violations(page), page.url()).toEqual([]);
}
