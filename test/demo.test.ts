/** `fleetward demo`, the first command of the README: no root, no network, one page and what to do next. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fleetward, type Run, SITE, scanned } from './support/fleetward.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-demo-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const demo = (...args: string[]): Run => fleetward(['demo', ...args], { cwd: folder });

test('it shows the report, writes the page, and says where it is and what to try next', () => {
  const { status, stdout, stderr } = demo();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { summary } = scanned([SITE]);
  expect(stdout.split('\n')[0]).toBe(summary.verdict);
  expect(stdout).toContain('fleetward-demo.html');
  expect(stdout).toContain('tcpdump -i');
  expect(stdout).toContain('fleetward scan site.pcap');
  expect(stdout).toContain('mqtt311-user-password.pcap');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['fleetward-demo.html']);
  expect(readFileSync(join(folder, 'fleetward-demo.html'), 'utf8')).toMatch(/^<!doctype html>/i);
});

test('--html chooses where the page goes', () => {
  expect(demo('--html', 'page.html').status).toBe(0);
  expect(readdirSync(folder)).toEqual(['page.html']);
});

test('--json prints the report of the example site', () => {
  const { status, stdout } = demo('--json');
  expect(status).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.schema).toBe('urn:fleetward:report:1');
  expect(report.devices).toHaveLength(scanned([SITE]).devices.length);
});

test('in a folder that cannot be written it says so in one sentence', () => {
  const { status, stderr } = demo('--html', 'none/page.html');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^fleetward: cannot write none\/page\.html: [^\n]*\n$/);
  expect(existsSync(join(folder, 'none'))).toBe(false);
});
