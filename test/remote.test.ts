/** The commands that speak to a running instance, through its socket: real processes, real captures. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fleetward, main, SITE } from './support/fleetward.ts';
import { ask, type Running, startUp } from './support/running.ts';

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let running: Running;
const env = () => ({ XDG_CACHE_HOME: join(folder, 'cache') });
const run = (...args: string[]) => fleetward([...args, '--data', running.data], { env: env() });
const asked = <T>(...args: string[]): T => {
  const { status, stdout, stderr } = run(...args, '--json');
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as T;
};

interface Device {
  readonly id: string;
  readonly mac: string;
  readonly name: string;
  readonly tags: string[];
  readonly criticality: string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-remote-'));
  running = await startUp(join(folder, 'data'));
});
afterAll(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('scan --data', () => {
  it('has the capture audited, tells the outcome, fetches the report, and exits by severity', () => {
    const html = join(folder, 'report.html');
    const { status, stdout } = run('scan', SITE, '--html', html, '--fail-on', 'critical');
    expect(stdout).toContain('9 of 11 devices need attention');
    expect(stdout).toMatch(/State +done/);
    expect(status).toBe(1);
    expect(readFileSync(html, 'utf8')).toContain('<html');
  });

  it('goes on where a broken connection left it', async () => {
    const front = join(folder, 'front');
    mkdirSync(front);
    let sent = 0;
    let cuts = 0;
    const proxy = createServer((near) => {
      const far = connect(join(running.data, 'control.sock'));
      near.on('data', (chunk) => {
        sent += chunk.length;
        if (cuts === 0 && sent > 100_000) {
          cuts++;
          near.destroy();
          far.destroy();
        } else far.write(chunk);
      });
      far.on('data', (chunk) => near.write(chunk));
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const)
        one.on('error', () => {}).on('close', () => other.destroy());
    });
    proxy.listen(join(front, 'control.sock'));
    try {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [main, 'scan', SITE, '--data', front, '--json'],
        { env: { ...process.env, ...env() } },
      );
      const [audit] = JSON.parse(stdout);
      expect(cuts).toBe(1);
      expect(audit.state).toBe('done');
      expect(audit.summary.opened + audit.summary.reopened).toBe(0);
      // The part that had arrived was not sent again.
      expect(sent).toBeLessThan(2 * statSync(SITE).size);
    } finally {
      proxy.close();
    }
  });

  it('refuses what only a scan here can do', () => {
    const { status, stderr } = run('scan', SITE, '--expect', 'e.yaml');
    expect(stderr).toContain('--expect is for scans here');
    expect(status).toBe(2);
  });

  it('says what is wrong with a file that is no capture', () => {
    const file = join(folder, 'no.pcap');
    writeFileSync(file, 'no capture at all');
    const { status, stderr } = run('scan', file);
    expect(stderr).toContain('no.pcap was not audited');
    expect(status).toBe(3);
  });
});

describe('devices', () => {
  it('lists, shows, sets', () => {
    const [worst] = asked<Device[]>('devices', 'list', '--sort', 'worst', '--limit', '1');
    expect(run('devices', 'list', '--search', 'peekcam').stdout).toContain('peekcam-3f2a10');
    const set = asked<Device>('devices', 'set', worst.id, '--name', 'x', '--tags', 'a,b');
    expect(set).toMatchObject({ name: 'x', tags: ['a', 'b'] });
    expect(asked<Device>('devices', 'show', worst.id).name).toBe('x');
    expect(asked<Device>('devices', 'set', worst.id, '--name', '').name).toBe(worst.name);
    expect(run('devices', 'set', worst.id).stderr).toContain('say what to set');
    expect(run('devices', 'show', 'nothing').status).toBe(2);
  });

  it('exports CSV without formulas, and takes back what a person changed in it', () => {
    const [device] = asked<Device[]>('devices', 'list', '--limit', '1');
    asked('devices', 'set', device.id, '--name', '=1+1');
    const file = join(folder, 'devices.csv');
    run('devices', 'export', '-o', file);
    expect(readFileSync(file, 'utf8')).toContain(",'=1+1,");
    expect(asked('devices', 'import', file)).toMatchObject({ changed: 0, same: 11, faults: [] });
    const rows = join(folder, 'rows.csv');
    writeFileSync(
      rows,
      `mac,name,criticality\n${device.mac.toUpperCase()},door,essential\n02:00:00:00:00:99,x,low\n`,
    );
    const dry = run('devices', 'import', rows, '--dry-run');
    expect(dry.stdout).toContain('1 devices would change');
    expect(dry.stderr).toContain('row 3: no device has 02:00:00:00:00:99');
    expect(dry.status).toBe(3);
    run('devices', 'import', rows);
    expect(asked<Device>('devices', 'show', device.id)).toMatchObject({
      name: 'door',
      criticality: 'essential',
    });
  });
});

it('findings are listed, accepted, reopened, and shown with their packets', () => {
  const [finding] = asked<{ id: string }[]>('findings', 'list', '--severity', 'critical');
  const proof = join(folder, 'proof.pcapng');
  expect(run('findings', 'show', finding.id, '--packets', proof).stdout).toContain('critical');
  expect(readFileSync(proof).readUInt32BE(0)).toBe(0x0a0d0d0a);
  const reason = ['--reason', 'replaced in the spring'];
  const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  const accepted = run('findings', 'accept', finding.id, '--until', until, ...reason);
  expect(accepted.stdout).toBe('1 findings changed.\n');
  expect(asked<unknown[]>('findings', 'list', '--state', 'accepted')).toHaveLength(1);
  expect(run('findings', 'reopen', finding.id, ...reason).status).toBe(0);
  expect(run('findings', 'accept', finding.id).stderr).toContain('needs --reason TEXT');
});

it('audits are listed, and a report is fetched', () => {
  const audits = asked<{ id: string; state: string }[]>('audits', 'list');
  const done = audits.find(({ state }) => state === 'done')!;
  expect(run('audits', 'show', done.id).stdout).toContain('Devices');
  const { stdout } = run('audits', 'report', done.id);
  expect(JSON.parse(stdout).summary.devices).toBe(11);
});

it('people are invited, and the machine’s owner lets somebody in, recorded', async () => {
  expect(run('people', 'invite', 'ana', '--role', 'analyst').stdout).toMatch(/For ana alone.*#/);
  const people = asked<{ login: string; status: string }[]>('people', 'list');
  expect(people).toMatchObject([{ login: 'ana', status: 'invited' }]);
  expect(run('access', 'recover', 'root2').stdout).toMatch(/For root2 alone, until .*#/);
  const facts = await ask(running, 'GET', '/api/v1/facts?limit=20');
  expect(facts.body).toContain('recovery at the console');
  // The address that everybody reaches has no such door.
  const open = await ask({ port: running.port }, 'POST', '/api/v1/console/recover', {
    body: { login: 'eve', name: 'eve' },
    headers: { host: `localhost:${running.port}` },
  });
  expect(open.status).toBeGreaterThanOrEqual(400);
  expect(asked<unknown[]>('people', 'list')).toHaveLength(2);
});

it('jobs and what waits for a second person are listed', () => {
  expect(asked<{ kind: string }[]>('jobs', 'list')[0].kind).toBe('scan');
  expect(asked('access', 'approve')).toEqual([]);
  expect(run('access', 'approve', 'nothing').status).toBe(2);
});

it('says how when no instance runs, and never sends a token in clear', () => {
  const none = fleetward(['devices', 'list', '--data', join(folder, 'none')]);
  expect(none.stderr).toContain('no instance runs on');
  expect(none.stderr).toContain('start it with fleetward up --data');
  const token = join(folder, 'token');
  writeFileSync(token, 'fw_0123456789abcdef', { mode: 0o644 });
  const at = (url: string) =>
    fleetward(['devices', 'list', '--url', url, '--token-file', token]).stderr;
  expect(at('http://fleet.example')).toContain('over https only');
  expect(at('https://localhost:1')).toContain(`others may read ${token}; run: chmod 600`);
});
