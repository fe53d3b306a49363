/** What a scan writes: several outputs in one run, for people and programs, and no secret in any of them. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fleetward, main, type Run, SITE } from '../support/fleetward.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-outputs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

describe('all outputs in one run', () => {
  let run: Run;
  let terminal: Run;
  beforeAll(() => {
    const files = ['--html', at('report.html'), '--sarif', at('report.sarif')];
    files.push('--ocsf', at('report.ocsf'));
    run = fleetward(['scan', SITE, ...files, '--save-evidence', at('evidence'), '--json']);
    terminal = fleetward(['scan', SITE, '--save-evidence', at('again'), '--html', at('2.html')]);
  });

  test('all of them are there, and nothing unfinished beside them', () => {
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(folder).sort()).toEqual([
      ...['2.html', 'again', 'evidence', 'report.html', 'report.ocsf', 'report.sarif'],
    ]);
    const { findings, devices } = JSON.parse(run.stdout);
    const [{ results }] = JSON.parse(readFileSync(at('report.sarif'), 'utf8')).runs;
    expect(results).toHaveLength(findings.length);
    const events = readFileSync(at('report.ocsf'), 'utf8').trim().split('\n');
    expect(events).toHaveLength(findings.length + devices.length);
    expect(readFileSync(at('report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
    const slices = readdirSync(at('evidence')).filter((name) => name.endsWith('.pcapng'));
    expect(slices.length).toBe(findings.length);
  });

  test('the terminal says where they are', () => {
    expect(terminal.status).toBe(0);
    expect(terminal.stdout + terminal.stderr).toContain(at('2.html'));
    expect(terminal.stdout + terminal.stderr).toContain(at('again'));
  });

  /** What the devices of the site sent in clear, as pairs of user and password. */
  const SECRETS: readonly (readonly [user: string, secret: string])[] = [
    ['root', 'xc3511'],
    ['root', 'vizxv'],
    ['warmly-520b21', 'h3ating-4-all'],
    ['owner', 'Quiet-Otter-Lamp-19'],
    ...[1, 7, 26].map((number): [string, string] => ['admin', `password=guess${number}`]),
    ...[1, 7, 12].map((number): [string, string] => ['admin', `ftp-guess${number}`]),
  ];
  const ADMIN = Buffer.from('admin:admin').toString('base64');

  function everything(): [string, Buffer][] {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    return [
      ['--json', Buffer.from(run.stdout)],
      ['the terminal', Buffer.from(terminal.stdout + terminal.stderr)],
      ...files
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }): [string, Buffer] => {
          const path = join(parentPath, name);
          return [path, readFileSync(path)];
        }),
    ];
  }

  test.each(SECRETS)('the password of %s, %s, is in none, in whatever form', (user, secret) => {
    const base64 = (plain: string): string => Buffer.from(plain).toString('base64');
    const forms = [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('hex'),
      base64(`${user}:${secret}`).replace(/=+$/, ''),
      // Within longer base64, at each of its three alignments; too short a middle proves nothing.
      ...['', 'x', 'xy'].map((before) => base64(before + secret).slice(before === '' ? 0 : 4, -4)),
    ].filter((form) => form.length >= 5);
    for (const [where, content] of everything()) {
      for (const form of forms) {
        expect(content.includes(form), `${form} in ${where}`).toBe(false);
      }
    }
  });

  test('Basic credentials of a known default are in none', () => {
    for (const [where, content] of everything()) {
      expect(content.includes(ADMIN), where).toBe(false);
      expect(content.includes('user=admin&password=admin'), where).toBe(false);
    }
  });

  test('one keystroke at a time does not give a Telnet password away either', () => {
    // Four of the six letters of xc3511 as payloads of one byte, in the order of the packets.
    for (const name of readdirSync(at('evidence'))) {
      if (!name.startsWith('CH-01') && !name.startsWith('AN-01')) continue;
      const letters = telnetKeystrokes(readFileSync(join(at('evidence'), name)));
      expect(letters, name).not.toContain('xc35');
    }
  });
});

/** Payloads of one byte to port 23, joined; from pcapng with Ethernet and IPv4. */
function telnetKeystrokes(pcapng: Buffer): string {
  let letters = '';
  for (let from = 0; from + 12 <= pcapng.length; from += pcapng.readUInt32LE(from + 4)) {
    if (pcapng.readUInt32LE(from) !== 6) continue;
    const frame = pcapng.subarray(from + 28, from + 28 + pcapng.readUInt32LE(from + 20));
    if (frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 6) continue;
    const segment = 14 + ((frame[14] & 15) << 2);
    const payload = segment + ((frame[segment + 12] >> 4) << 2);
    const end = 14 + frame.readUInt16BE(16);
    if (frame.readUInt16BE(segment + 2) !== 23 || end - payload > 2) continue;
    letters += frame.toString('latin1', payload, end);
  }
  return letters;
}

describe('for people', () => {
  test('colours only where they are wanted', () => {
    const scan = (args: string[], env = {}) => fleetward(['scan', SITE, ...args], { env }).stdout;
    expect(scan([])).not.toContain('\x1b');
    expect(scan([], { FORCE_COLOR: '1' })).toContain('\x1b[');
    expect(scan([], { FORCE_COLOR: '1', NO_COLOR: '1' })).not.toContain('\x1b');
    expect(scan(['--no-color'], { FORCE_COLOR: '1' })).not.toContain('\x1b');
  });

  test('--quiet keeps the report and says nothing beside it', () => {
    const { stdout, stderr, status } = fleetward(['scan', SITE, '--quiet', '--html', at('q.html')]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toBe(fleetward(['scan', SITE, '--html', at('r.html')]).stdout);
  });

  test('a reader that has seen enough ends it quietly', async () => {
    const child = spawn(process.execPath, [main, 'scan', SITE], { stdio: 'pipe' });
    child.stdout.destroy();
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ said, code }).toEqual({ said: '', code: 141 });
  });
});

describe('a place that is no plain file', () => {
  test('a pipe is written to, and no file is made beside it', () => {
    const script = '"$0" "$1" scan "$2" --quiet --html >(cat >"$3") >/dev/null; wait $!';
    const args = ['-c', script, process.execPath, main, SITE, at('piped.html')];
    expect(spawnSync('bash', args)).toMatchObject({ status: 0 });
    expect(readFileSync(at('piped.html'), 'utf8')).toMatch(/<\/html>\s*$/);
  });

  test('a link leads to the new report', () => {
    fleetward(['scan', SITE, '--html', at('first.html')]);
    symlinkSync('first.html', at('latest.html'));
    expect(fleetward(['scan', SITE, '--html', at('latest.html')]).status).toBe(0);
    expect(lstatSync(at('latest.html')).isSymbolicLink()).toBe(true);
    expect(existsSync(at('first.html'))).toBe(true);
  });
});
