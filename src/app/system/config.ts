/** The configuration of the running system: what a file says (YAML), what the command line says over it, and what follows. */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { accessConfig } from '../../access/index.ts';
import { UsageError } from '../../base/index.ts';
import { parseYaml, readYamlText } from '../../base/yaml/index.ts';

const PORT_DEFAULT = 8321;

const path = z.string().min(1).max(4096);

const tlsSchema = z.strictObject({
  cert: path,
  key: path,
  /** 1.3 unless old clients must be served. */
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.3'),
});

const watchSchema = z.strictObject({
  /** Captures that appear here are audited. */
  folder: path,
  /** Name of the site that they are of. */
  site: z.string().trim().min(1).max(200),
  /** As they appear, or when a schedule says so. */
  when: z.enum(['arrival', 'schedule']).default('arrival'),
});

const configSchema = z.strictObject({
  data: path.optional(),
  listen: z.string().max(300).optional(),
  publicUrl: z.string().max(300).optional(),
  database: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'expected a URL such as postgres://user@host/fleetward')
    .optional(),
  tls: tlsSchema.optional(),
  trustedProxies: z.array(z.string().min(1).max(100)).max(100).optional(),
  evidenceDays: z.int().min(1).max(3650).optional(),
  /** Where erasures of people are noted down, outside of what a restore replaces. */
  erasures: path.optional(),
  access: accessConfig.omit({ origin: true }).optional(),
  watch: z.array(watchSchema).max(100).optional(),
});
type ConfigFile = z.output<typeof configSchema>;

/** What the command line says; it wins over the file. */
export interface ConfigFlags {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly listen?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly database?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

export interface Config extends Omit<ConfigFile, 'data' | 'listen' | 'publicUrl'> {
  readonly data: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Undefined: `http://localhost:PORT`. */
  readonly publicUrl: string | undefined;
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(configSchema.shape),
  tls: Object.keys(tlsSchema.shape),
  watch: Object.keys(watchSchema.shape),
  access: Object.keys(accessConfig.shape).filter((key) => key !== 'origin'),
};

/**
 * @param source - the text of the file `file`; paths in it are relative to its folder.
 * @throws InputError `configuration-wrong` with line and column.
 */
function parseConfig(source: string, file: string): ConfigFile {
  const parsed = parseYaml(source, file, {
    name: 'configuration',
    schema: configSchema.nullable(),
    keysAt: ([section]) => KEYS[String(section ?? '')] ?? [],
  });
  const { data, tls, watch, erasures, access, ...rest } = parsed ?? {};
  const from = (relative: string) => resolve(dirname(file), relative);
  return {
    ...rest,
    ...(data === undefined ? {} : { data: from(data) }),
    ...(erasures === undefined ? {} : { erasures: from(erasures) }),
    ...(tls ? { tls: { ...tls, cert: from(tls.cert), key: from(tls.key) } } : {}),
    ...(watch
      ? { watch: watch.map(({ folder, ...rest }) => ({ folder: from(folder), ...rest })) }
      : {}),
    ...(access
      ? { access: access.breachList ? { ...access, breachList: from(access.breachList) } : access }
      : {}),
  };
}

/**
 * File and flags together, and whether they make sense.
 *
 * @param fallback - the data folder when neither names one.
 * @throws UsageError `listen-invalid`, `listen-public`, `tls-incomplete`, `public-url-invalid`; InputError `configuration-…`.
 */
export function readConfig(flags: ConfigFlags, fallback: string): Config {
  const file =
    flags.config === undefined
      ? {}
      : parseConfig(readYamlText(flags.config, 'configuration', '--config'), flags.config);
  const { host, port } = address(flags.listen ?? file.listen ?? `127.0.0.1:${PORT_DEFAULT}`);
  const publicUrl = flags.publicUrl ?? file.publicUrl;
  const tls = tlsOf(flags, file);
  if (publicUrl !== undefined) demandPublicUrl(publicUrl);
  if (!isLoopback(host) && (tls === undefined || !publicUrl?.startsWith('https:')))
    throw new UsageError(
      'listen-public',
      `other machines can reach ${host}, so passkeys and sessions need HTTPS there: add --public-url https://NAME --tls-cert FILE --tls-key FILE, or listen on 127.0.0.1.`,
    );
  if (tls !== undefined && !publicUrl?.startsWith('https:'))
    throw new UsageError(
      'public-url-invalid',
      'with a certificate people come by its name: add --public-url https://NAME.',
    );
  return {
    ...file,
    data: resolve(flags.data ?? file.data ?? fallback),
    host,
    port,
    publicUrl: publicUrl === undefined ? undefined : new URL(publicUrl).origin,
    database: flags.database ?? file.database,
    tls,
  };
}

function tlsOf({ tlsCert, tlsKey }: ConfigFlags, file: ConfigFile): ConfigFile['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return file.tls;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new UsageError('tls-incomplete', '--tls-cert and --tls-key belong together; give both.');
  return { cert: tlsCert, key: tlsKey, minVersion: file.tls?.minVersion ?? 'TLSv1.3' };
}

/** `HOST:PORT`, `[IPv6]:PORT`. */
function address(listen: string): { host: string; port: number } {
  const parts = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):(\d{1,5})$/i.exec(listen);
  const port = Number(parts?.[2]);
  if (parts === null || port > 65_535)
    throw new UsageError(
      'listen-invalid',
      `“${listen}” is no address like 127.0.0.1:${PORT_DEFAULT} or 0.0.0.0:443.`,
    );
  const host = parts[1].replace(/^\[|\]$/g, '');
  return { host: host === 'localhost' ? '127.0.0.1' : host, port };
}

const isLoopback = (host: string): boolean => /^127\.|^::1$/.test(host);

function demandPublicUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isName = url !== undefined && !/^[\d.]+$|^\[/.test(url.hostname);
  const isSafe = url?.protocol === 'https:' || url?.hostname === 'localhost';
  if (isName && isSafe && url.pathname === '/' && url.search === '') return;
  throw new UsageError(
    'public-url-invalid',
    `“${text}” cannot be the public URL: it is https:// and a name, such as https://fleet.example; browsers keep no passkeys for addresses.`,
  );
}
