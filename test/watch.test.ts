/** A watched folder: complete captures are audited once, whatever they are called; half-written ones wait. */
import {
  appendFileSync,
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
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SITE } from './support/fleetward.ts';
import { ask, freePort, type Running, startProcess } from './support/running.ts';

interface Audit {
  readonly name: string;
  readonly state: string;
  readonly source: string;
}

it('audits what is complete, once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-watch-'));
  const drop = join(folder, 'drop');
  mkdirSync(drop);
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'data: data\nwatch:\n  - { folder: drop, site: Plant 4 }\n');
  const data = join(folder, 'data');
  const start = async () => {
    const port = await freePort();
    const args = ['up', '--config', config, '--listen', `127.0.0.1:${port}`];
    return startProcess(args, { data, port });
  };
  const audits = async (one: Running) =>
    (await ask(one, 'GET', '/api/v1/audits')).json<{ items: Audit[] }>().items;
  let one = await start();
  try {
    const bytes = readFileSync(SITE);
    copyFileSync(SITE, join(drop, 'first.pcap'));
    writeFileSync(join(drop, 'notes.txt'), 'no capture');
    symlinkSync(SITE, join(drop, 'link.pcap'));
    // Somebody writes this one all the time.
    const growing = join(drop, 'growing.pcap');
    writeFileSync(growing, bytes.subarray(0, 1000));
    const growth = setInterval(() => appendFileSync(growing, bytes.subarray(0, 10)), 1000);
    await expect
      .poll(async () => await audits(one), { timeout: 60_000, interval: 500 })
      .toMatchObject([{ name: 'first.pcap', state: 'done', source: 'watch' }]);
    clearInterval(growth);
    expect((await ask(one, 'GET', '/api/v1/sites')).body).toContain('Plant 4');

    // The same under another name, and after a start anew.
    rmSync(growing);
    copyFileSync(SITE, join(drop, 'second.pcap'));
    await one.stop();
    one = await start();
    await wait(13_000);
    expect(await audits(one)).toHaveLength(1);
  } finally {
    await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
