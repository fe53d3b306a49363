/** `fleetward up`: the running system, for a team. */
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ExitCode, UsageError } from '../../base/index.ts';
import { command } from '../command.ts';

const PORT = 8321;

export const up = command({
  name: 'up',
  summary: 'Start the running system: console, API, people, audits over time',
  arguments: [],
  options: {
    data: {
      flags: '--data <folder>',
      summary: 'where everything is kept (default ~/.local/share/fleetward)',
      completes: 'folder',
    },
    listen: {
      flags: '--listen <host:port>',
      summary: `address to listen at (default 127.0.0.1:${PORT})`,
    },
  },
  examples: [
    ['up', 'open http://localhost:8321 with the link that it prints'],
    ['up --data /srv/fleetward --listen 127.0.0.1:9000', 'another folder and port'],
  ],
  async run({ out, err, env, version, signal }, { options }) {
    const [{ serve }, { default: pino }] = await Promise.all([
      import('../../http/index.ts'),
      import('pino'),
    ]);
    const { host, port } = address(options.listen ?? `127.0.0.1:${PORT}`);
    const publicUrl = `http://localhost:${port}`;
    const data =
      options.data ?? join(env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'fleetward');
    const serving = await serve({
      ...{ version, publicUrl, host, port },
      log: pino({ level: env.FLEETWARD_LOG ?? 'info' }, pino.destination(2)),
      system: { data, access: { origin: publicUrl } },
    });
    const link = await serving.system.access.enrolment.setupLink();
    out.print(`Fleetward is up at ${publicUrl}`);
    if (link !== undefined) out.print(`Set it up within 15 minutes: ${link.url}`);
    await Promise.race([once(signal, 'abort'), terminated()]);
    err.print('stopping');
    await serving.stop();
    return ExitCode.fine;
  },
});

const terminated = () => new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));

function address(listen: string): { host: string; port: number } {
  const parts = /^(127\.0\.0\.1|localhost):(\d{1,5})$/.exec(listen);
  if (parts === null)
    throw new UsageError('listen-invalid', `“${listen}” is no address like 127.0.0.1:${PORT}`);
  return { host: '127.0.0.1', port: Number(parts[2]) };
}
