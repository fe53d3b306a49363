/** How a scan ends: what counts as a failure for CI, and what it says of inputs that it cannot read. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CAPTURES, fleetward, SITE } from '../support/fleetward.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-exit-'));
afterAll(() => rmSync(folder, { recursive: true }));

const scan = (...args: string[]) => fleetward(['scan', ...args]);

describe('a scan that was done', () => {
  test('ends with 0 whatever it finds', () => {
    expect(scan(SITE)).toMatchObject({ status: 0, stderr: '' });
  });

  test('ends with 1 from the severity of --fail-on upwards, and prints the report all the same', () => {
    const { status, stdout } = scan(SITE, '--fail-on', 'critical', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout).summary.findings.critical).toBeGreaterThan(0);
  });

  test('ends with 0 when all findings are milder than --fail-on', () => {
    const capture = join(CAPTURES, 'tls13-wolfssl.pcap');
    const { findings } = JSON.parse(scan(capture, '--json').stdout).summary;
    expect(findings).toMatchObject({ critical: 0, high: 0 });
    expect(scan(capture, '--fail-on', 'high').status).toBe(0);
  });
});

describe('a usage error ends with 2 and says what is right', () => {
  test.each([
    ['an unknown option', [SITE, '--fail-onn', 'high'], /unknown option '--fail-onn'.*--fail-on/],
    ['an unknown severity', [SITE, '--fail-on', 'grave'], /critical, high, medium, low, info/],
    ['an unknown standard', [SITE, '--standard', 'etsi-1'], /there are .*etsi-303645/],
    ['an unknown standard before the capture', ['--standard', 'etsi-1', SITE], /etsi-303645/],
    ['two outputs in one file', [SITE, '--html', '/tmp/one', '--sarif', '/tmp/./one'], /its own/],
    ['an output without a folder', [SITE, '--html', '/nowhere/r.html'], /folder does not exist/],
    ['no capture', [], /missing required argument 'capture'/],
    ['a wrong number of flows', [SITE, '--flows', 'many'], /whole number from 1024 to 16777216/],
  ])('%s', (_, args, sentence) => {
    const { status, stdout, stderr } = scan(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(/^fleetward: [^\n]*\n$/);
  });
});

test.each(['--html', '--sarif', '--ocsf'])(
  '%s never overwrites a capture that is scanned',
  (option) => {
    const capture = join(folder, 'kept.pcap');
    copyFileSync(SITE, capture);
    symlinkSync('kept.pcap', join(folder, `alias${option}`));
    for (const output of [capture, join(folder, `alias${option}`)]) {
      for (const input of [capture, folder]) {
        const { status, stderr } = scan(input, option, output);
        expect(status).toBe(2);
        expect(stderr).toMatch(/is read in this run/);
      }
    }
    expect(readFileSync(capture)).toEqual(readFileSync(SITE));
  },
);

describe('an input that cannot be read ends with 3 and one sentence that says what to do', () => {
  const at = (name: string): string => join(folder, name);
  beforeAll(() => {
    writeFileSync(at('empty.pcap'), '');
    writeFileSync(at('text.pcap'), 'This is a letter, and no capture at all.\n');
    writeFileSync(at('short.pcap'), Buffer.from([0xd4, 0xc3]));
    writeFileSync(at('forbidden.pcap'), 'x', { mode: 0o000 });
    mkdirSync(at('nothing'));
    mkdirSync(at('disguised.pcap'));
    symlinkSync('circle.pcap', at('circle.pcap'));
  });

  test.each([
    ['a missing file', 'missing.pcap', 'file-missing', /there is no such file; check the path/],
    ['a file below a file', 'text.pcap/x.pcap', 'file-missing', /check the path/],
    ['an empty file', 'empty.pcap', 'file-empty', /empty/],
    ['a text file', 'text.pcap', 'not-a-capture', /expected pcap or pcapng/],
    ['two bytes of a capture', 'short.pcap', 'file-empty', /expected pcap or pcapng/],
    ['a folder without captures', 'nothing', 'folder-empty', /expected files that end in/],
    ['a folder that is named like a file', 'disguised.pcap', 'folder-empty', /expected files/],
    ['a link in a circle', 'circle.pcap', 'file-missing', /name the file itself/],
  ])('%s', (_, name, code, sentence) => {
    const { status, stdout, stderr } = scan(at(name));
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^fleetward: [^\n]*\n$/);
    expect(stderr).toContain(at(name));
    expect(stderr).toMatch(sentence);
    const asJson = scan(at(name), '--json');
    expect(asJson).toMatchObject({ status: 3, stdout: '' });
    expect(JSON.parse(asJson.stderr).error).toMatchObject({ code });
  });

  test.skipIf(getuid?.() === 0)('a file that this user may not read', () => {
    expect(scan(at('forbidden.pcap'))).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('change its permissions or the user'),
    });
  });

  test('nothing on standard input', () => {
    const { status, stderr } = fleetward(['scan', '-'], { input: new Uint8Array() });
    expect(status).toBe(3);
    expect(stderr).toMatch(/^fleetward: [^\n]*empty[^\n]*\n$/);
  });

  test('one of several inputs is named', () => {
    const { status, stderr } = scan(SITE, at('text.pcap'));
    expect(status).toBe(3);
    expect(stderr).toContain('text.pcap');
  });

  test.each([
    ['--expect', /none\.yaml does not exist; give --expect a YAML file/],
    ['--baseline', /none\.yaml cannot be read; give --baseline a report/],
  ])('the file of %s that is missing', (option, sentence) => {
    const { status, stderr } = scan(SITE, option, at('none.yaml'));
    expect(status).toBe(3);
    expect(stderr).toMatch(sentence);
  });

  test.each(['--html', '--sarif', '--ocsf'])('a folder that is missing for %s', (option) => {
    const { status, stderr } = scan(SITE, option, at('none/report'));
    expect(status).toBe(2);
    expect(stderr).toMatch(/^fleetward: cannot write [^\n]*none\/report[^\n]*\n$/);
  });
});
