/** `fleetward up`: the running system, for a team. */
import { once } from 'node:events';
import { ExitCode } from '../../base/index.ts';
import { command } from '../command.ts';
import { dataOption, defaultDataFolder } from '../options.ts';

/** How long an orderly end may take. */
const STOP_MS = 10_000;

export const up = command({
  name: 'up',
  summary: 'Start the running system: console, API, people, audits over time',
  arguments: [],
  options: {
    data: dataOption,
    listen: {
      flags: '--listen <host:port>',
      summary: 'address to listen at (default 127.0.0.1:8321)',
    },
    config: {
      flags: '--config <file>',
      summary: 'configuration in YAML; options given here win over it',
      completes: 'file',
    },
    publicUrl: {
      flags: '--public-url <url>',
      summary: 'where people reach it: https:// and a name, which passkeys are bound to',
    },
    database: {
      flags: '--database <url>',
      summary: 'a PostgreSQL database; a SQLite file in the data folder when absent',
    },
    tlsCert: {
      flags: '--tls-cert <file>',
      summary: 'certificate and its chain (PEM); read again when it changes',
      completes: 'file',
    },
    tlsKey: { flags: '--tls-key <file>', summary: 'its private key (PEM)', completes: 'file' },
  },
  examples: [
    ['up', 'for yourself: open the link that it prints'],
    ['up --data /srv/fleetward --listen 127.0.0.1:9000', 'another folder and port'],
    [
      'up --listen 0.0.0.0:443 --public-url https://fleet.example --tls-cert fullchain.pem --tls-key key.pem',
      'for a team',
    ],
    ['up --config /etc/fleetward/config.yaml', 'as a service'],
  ],
  async run({ out, err, env, json, version, signal, cleansUp }, { options }) {
    cleansUp(STOP_MS);
    process.umask(0o077);
    const [{ serve }, { readConfig }, { default: pino }] = await Promise.all([
      import('../../http/index.ts'),
      import('../../app/system/index.ts'),
      import('pino'),
    ]);
    const config = readConfig(options, defaultDataFolder(env));
    const { host, port, publicUrl, tls, trustedProxies, access } = config;
    const { data, database, evidenceDays, erasures, watch } = config;
    const log = pino({ level: env.FLEETWARD_LOG || 'warn' }, pino.destination(2));
    const serving = await serve({
      ...{ version, log, host, port, publicUrl, tls },
      ...(trustedProxies ? { trustedProxies } : {}),
      system: { data, database, evidenceDays, erasures, watch, access },
    });
    try {
      const { passkeys, enrolment } = serving.system.access;
      const stranded = await passkeys.strandedCount();
      if (stranded > 0)
        err.print(
          `warning: ${stranded} passkeys belong to another name than ${new URL(serving.url).hostname} and end with it. Their owners sign in by password and authenticator app or a recovery code; without one, an administrator resets them, or you do by fleetward access recover. Start with the former --public-url to keep them.`,
        );
      const link = await enrolment.setupLink();
      if (json) out.json({ url: serving.url, setup: link?.url ?? null, data });
      else {
        out.print(`Fleetward is up at ${serving.url} (data in ${data}).`);
        if (link) out.print(`Open this within 15 minutes to become administrator: ${link.url}`);
      }
      if (!signal.aborted) await once(signal, 'abort');
      err.print('stopping');
    } finally {
      await serving.stop();
    }
    return ExitCode.fine;
  },
});
