/**
 * Zeek's ssl.log: how many connections of its traces the decoders tell as Zeek does. A log may cover several traces,
 * so a row is looked for in each of its log's traces, and counts once.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dissect, type EventLine } from '../../test/support/dissect.ts';
import { readZeekLog } from '../../test/support/zeek.ts';

type Row = Readonly<Record<string, string>>;

const CURVES: Readonly<Record<string, string>> = {
  23: 'secp256r1',
  24: 'secp384r1',
  29: 'x25519',
  25497: 'X25519Kyber768Draft00',
};
const VERSIONS: Readonly<Record<string, string>> = {
  TLSv1: 'TLSv10',
  'TLS 1.1': 'TLSv11',
  'TLS 1.2': 'TLSv12',
  'TLS 1.3': 'TLSv13',
  'DTLS 1.2': 'DTLSv12',
  '0x7e01': 'unknown-32257',
};

function zeekVersion(version: string): string {
  return VERSIONS[version] ?? version.replace('TLS 1.3 draft-', 'TLSv13-draft');
}

/** @param folder - with traces/, expected/ and trace-to-expected.json. @returns Markdown. */
export async function zeek(folder: string): Promise<string[]> {
  const index = JSON.parse(readFileSync(join(folder, 'trace-to-expected.json'), 'utf8')) as Record<
    string,
    string[]
  >;
  const rows = new Map<string, { log: string; differences: string[] | undefined }>();
  let fields = 0;
  for (const [trace, logs] of Object.entries(index)) {
    const own = logs.filter((log) => /\/ssl[^/]*\.log$/.test(log));
    if (own.length === 0 || !existsSync(join(folder, 'traces', trace))) continue;
    const { events } = await dissect(join(folder, 'traces', trace));
    for (const log of own) {
      for (const row of readZeekLog(readFileSync(join(folder, 'expected', log), 'utf8'))) {
        const port = row['id.orig_p'];
        if (port === undefined || row.cipher === '-') continue;
        const key = `${row['id.orig_h']}:${port} ${row['id.resp_h']}`;
        const known = rows.get(key);
        const told = asZeek(events, Number(port), row);
        if (known?.differences !== undefined || (known && !told)) continue;
        if (told) fields += Object.keys(told).length;
        const differences =
          told &&
          Object.entries(told).flatMap(([name, value]) =>
            row[name] === undefined || plain(row[name]) === value ? [] : [`${name}: ${value}`],
          );
        rows.set(key, { log: `${trace}, ${key}`, differences });
      }
    }
  }
  const told = [...rows.values()].filter(({ differences }) => differences !== undefined);
  const equal = told.filter(({ differences }) => differences!.length === 0);
  return [
    `ssl.log: ${rows.size} connections; ${equal.length} told alike, in ${fields} fields`,
    ...told.flatMap(({ log, differences }) => differences!.map((line) => `- ${log}: ${line}`)),
    ...[...rows.values()]
      .filter(({ differences }) => differences === undefined)
      .map(({ log }) => `- not seen here, or its trace is not: ${log}`),
  ];
}

function plain(value: string): string {
  return value === '(empty)' ? '-' : value;
}

/** A connection as Zeek's row; undefined when no handshake of that client was seen. */
function asZeek(events: readonly EventLine[], port: number, row: Row): Row | undefined {
  const own = events.filter(
    (each) =>
      /^d?tls$/.test(each.protocol) &&
      ((each.src_port === port && each.src_ip === row['id.orig_h']) ||
        (each.dest_port === port && each.dest_ip === row['id.orig_h'])),
  );
  const one = (name: string) => own.find(({ event }) => event === name);
  const client = one('client_hello');
  const server = one('server_hello');
  if (!server) return undefined;
  const chain = (ofClient: boolean): string => {
    const certificate = own.find(
      (each) => each.event === 'certificate' && (each.src_port === port) === ofClient,
    );
    const all = (certificate?.chain ?? []) as { sha256: string }[];
    return all.map(({ sha256 }) => sha256).join(',') || '-';
  };
  const alert = own.findLast(({ event }) => event === 'alert');
  return {
    version: zeekVersion(String(server.version)),
    cipher: String(server.cipher_name),
    curve: CURVES[String(server.group ?? one('server_key_exchange')?.group)] ?? '-',
    server_name: String(client?.server_name ?? '-'),
    last_alert: String(alert?.description ?? '-'),
    next_protocol: (server.alpn as string[] | undefined)?.[0] ?? '-',
    established: one('established') ? 'T' : 'F',
    cert_chain_fps: chain(false),
    client_cert_chain_fps: chain(true),
  };
}
