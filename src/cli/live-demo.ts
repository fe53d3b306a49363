/** `fleetward demo --live`: the running system in a temporary folder, with the example site audited. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { siteNamed, takeIn } from '../app/system/index.ts';
import { InternalError } from '../base/index.ts';
import { serve } from '../http/index.ts';
import type { Context } from './command.ts';

const STOP_MS = 10_000;
const LOOK_MS = 100;
const actor = { kind: 'system', id: 'demo' } as const;

/** @param capture - path of the example. */
export async function liveDemo(context: Context, capture: string, port: number): Promise<void> {
  const { out, err, version, signal, json } = context;
  context.cleansUp(STOP_MS);
  const data = mkdtempSync(join(tmpdir(), 'fleetward-demo-'));
  try {
    const log = pino({ level: 'error' }, pino.destination(2));
    const serving = await serve({ version, log, host: '127.0.0.1', port, system: { data } });
    try {
      const { system } = serving;
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      const site = await siteNamed(system, actor, 'Example site', timeZone);
      const audit = await takeIn(system, actor, {
        ...{ path: capture, name: 'site.pcap', site },
        source: 'demo',
      });
      err.print('auditing the example site …');
      let done = await system.audits.get(audit);
      while ((done.state === 'waiting' || done.state === 'running') && !signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        done = await system.audits.get(audit);
      }
      if (signal.aborted) return;
      if (done.summary === null)
        throw new InternalError(
          'demo-failed',
          `the demo could not be audited: ${done.error?.message}`,
        );
      const link = await system.access.enrolment.setupLink();
      if (json) out.json({ url: serving.url, setup: link?.url ?? null, audit, data });
      else {
        out.print(done.summary.verdict);
        out.print(`Open this within 15 minutes to sign in: ${link?.url}`);
        out.print('Ctrl-C stops it and forgets everything.');
      }
      if (!signal.aborted) await once(signal, 'abort');
    } finally {
      await serving.stop();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}
