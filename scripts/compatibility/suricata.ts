/**
 * Suricata's verification tests: how many of their checks on events the decoders meet. EVE has one record an exchange
 * or connection where ours are the messages, so records are put together here. Nothing is forgiven: a check counts as
 * met when every field of it has Suricata's value.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { captureIn, dissect, type EventLine } from '../../test/support/dissect.ts';
import { valueAt } from '../../test/support/suricata.ts';

type Fields = Readonly<Record<string, unknown>>;
interface Filter {
  readonly count: number;
  readonly match: Fields;
  readonly filename?: string;
  readonly requires?: Fields;
}
interface Test {
  readonly checks?: readonly { readonly filter?: Filter }[];
}

/** A protocol of EVE, and our events as records of it. */
const RECORDS: Readonly<Record<string, (events: readonly EventLine[]) => readonly object[]>> = {
  mqtt: (events) =>
    of(events, 'mqtt').map((event) => ({ ...event, mqtt: { [event.event]: event } })),
  tls: (events) => connections(events, ['tls', 'dtls']).map(asTls),
  ssh: (events) => connections(events, ['ssh']).map(asSsh),
  dns: (events) => dnsRecords(events).map((event) => ({ ...event, dns: event })),
  dhcp: (events) => of(events, 'dhcp').map((event) => ({ ...event, dhcp: event })),
  ntp: (events) => of(events, 'ntp').map((event) => ({ ...event, ntp: event })),
  ftp: (events) => of(events, 'ftp').map((event) => ({ ...event, ftp: event })),
  modbus: (events) => exchanges(of(events, 'modbus')).map((modbus) => ({ modbus })),
  rfb: (events) => connections(of(events, 'rfb'), ['rfb']).map(asRfb),
  quic: (events) => connections(of(events, 'quic'), ['quic']).flatMap(asQuic),
  snmp: (events) => of(events, 'snmp').map((event) => ({ ...event, snmp: event })),
  tftp: (events) => of(events, 'tftp').flatMap(asTftp),
  ike: (events) => of(events, 'ike').map((event) => ({ ...event, ike: { _v: 2, ...event } })),
  krb5: (events) => of(events, 'krb5').flatMap(asKrb5),
  sip: (events) => of(events, 'sip').map((event) => ({ ...event, sip: event })),
  enip: (events) =>
    exchanges(
      of(events, 'enip').map((event) => ({
        ...event,
        command: event.event,
        event: event.response ? 'response' : 'request',
      })),
    ).map((enip) => ({ enip })),
  dnp3: (events) => applicationMessages(events).map((dnp3) => ({ dnp3 })),
  ftp_data: (events) => of(events, 'ftp_data').map((event) => ({ ...event, ftp_data: event })),
};

/** Names of EVE's version 2, which some cases still use. */
const OLD_DNS_TYPES: Fields = { query: 'request', answer: 'response' };
/** EVE's record of a connection, and of DNP3, has the packet at which it was logged; of old DNS, the flow's ends. */
const ENDS = /^(src|dest)_(ip|port)$/;
const PLACE = /^((src|dest)_(ip|port)|pcap_cnt)$/;
/** Of the engine and its format rather than of the message. */
const OF_THE_ENGINE = /^(event_type|proto|pkt_src|dns\.(tx_id|version))$/;

function of(events: readonly EventLine[], protocol: string): readonly EventLine[] {
  return events.filter((event) => event.protocol === protocol && event.event !== 'malformed');
}

function connections(events: readonly EventLine[], protocols: readonly string[]): EventLine[][] {
  const own = events.filter(({ protocol }) => protocols.includes(protocol));
  const ends = ({ src_ip, src_port, dest_ip, dest_port }: EventLine): string =>
    [`${src_ip}:${src_port}`, `${dest_ip}:${dest_port}`].sort().join(' ');
  return [...Map.groupBy(own, ends).values()];
}

/** EVE has a record of a request alone. */
function asTftp(event: EventLine): object[] {
  const { operation: packet, file, mode } = event;
  return event.event.endsWith('_request') ? [{ ...event, tftp: { packet, file, mode } }] : [];
}

/** EVE has a record of an answer alone, and words for what is missing. */
function asKrb5(event: EventLine): object[] {
  if (event.event.endsWith('_req')) return [];
  const missing = { cname: '<empty>', realm: '<empty>', sname: '<empty>', encryption: '<none>' };
  return [{ ...event, krb5: { ...missing, weak_encryption: false, ...event } }];
}

/** EVE's records of Modbus and EtherNet/IP: a request with its response, or either alone. */
function exchanges(events: readonly EventLine[]): object[] {
  const key = (event: EventLine): string =>
    `${[event.src_ip, event.src_port, event.dest_ip, event.dest_port].sort().join(' ')} ${event.id}`;
  return [...Map.groupBy(events, key).values()].map((both) => ({
    id: both[0]!.id,
    ...Object.fromEntries(both.map((event) => [event.event, event])),
  }));
}

/** EVE has no record of frames without user data, nor of confirmations. */
function applicationMessages(events: readonly EventLine[]): object[] {
  return of(events, 'dnp3').flatMap((event) => {
    const { application } = event as { application?: { function_code: number } };
    return application === undefined || application.function_code === 0
      ? []
      : [{ ...event, type: event.event }];
  });
}

/** Over HTTP/2 EVE has one record for a query and its answer. */
function dnsRecords(events: readonly EventLine[]): EventLine[] {
  const ends = (event: EventLine): string =>
    [event.src_port, event.dest_port].sort((a, b) => a - b).join(' ');
  const connections = new Set(of(events, 'http2').map(ends));
  const asked = new Set(
    of(events, 'dns')
      .filter(({ event }) => event === 'response')
      .map((event) => `${ends(event)} ${event.rrname} ${event.rrtype}`),
  );
  return of(events, 'dns').filter(
    (event) =>
      event.event === 'response' ||
      !connections.has(ends(event)) ||
      !asked.has(`${ends(event)} ${event.rrname} ${event.rrtype}`),
  );
}

function asTls(events: readonly EventLine[]): object {
  const one = (name: string) => events.find(({ event }) => event === name);
  const client = one('client_hello');
  const server = one('server_hello');
  const port = client?.src_port ?? events[0]!.src_port;
  const certificate = (ofClient: boolean) =>
    events.find((each) => each.event === 'certificate' && (each.src_port === port) === ofClient);
  return {
    tls: {
      ...certificate(false),
      version: server?.version ?? client?.version,
      sni: client?.server_name,
      ja3: { hash: client?.ja3, string: client?.ja3_string },
      ja3s: { hash: server?.ja3s, string: server?.ja3s_string },
      ja4: client?.ja4,
      client_alpns: client?.alpn,
      server_alpns: server?.alpn,
      client_handshake: {
        version: client?.version,
        ciphers: client?.ciphers,
        exts: client?.extensions,
        sig_algs: client?.signature_algorithms,
      },
      server_handshake: {
        version: server?.legacy_version,
        cipher: server?.cipher,
        exts: server?.extensions,
      },
      client: certificate(true),
    },
  };
}

/** EVE has a record for each packet in clear, with what of a hello is in it. */
function asQuic(events: readonly EventLine[]): object[] {
  const one = (own: readonly EventLine[], name: string) =>
    own.find((event) => event[name] !== undefined)?.[name];
  const version = one(events, 'version');
  return [...Map.groupBy(events, ({ packet }) => packet).values()].map((own) => ({
    ...own[0],
    quic: {
      version,
      sni: one(own, 'server_name') ?? one(own, 'sni'),
      ua: one(own, 'ua') ?? one(own, 'user_agent'),
      ja3: { hash: one(own, 'ja3'), string: one(own, 'ja3_string') },
      ja3s: { hash: one(own, 'ja3s'), string: one(own, 'ja3s_string') },
      ja4: one(own, 'ja4'),
      cyu: one(own, 'cyu') && [{ hash: one(own, 'cyu'), string: one(own, 'cyu_string') }],
    },
  }));
}

function asRfb(events: readonly EventLine[]): object {
  const one = (name: string) => events.find(({ event }) => event === name);
  const [server, client] = events.filter(({ event }) => event === 'protocol_version');
  const { name, width, height, pixel_format }: Partial<EventLine> = one('server_init') ?? {};
  const { challenge, response }: Partial<EventLine> = one('vnc_authentication') ?? {};
  const result = one('security_result');
  return {
    rfb: {
      server_protocol_version: server && { major: server.major, minor: server.minor },
      client_protocol_version: client && { major: client.major, minor: client.minor },
      authentication: {
        security_type: one('security_type')?.security_type,
        security_result: result?.security_result,
        vnc: { challenge, response },
      },
      server_security_failure_reason:
        one('failure')?.server_security_failure_reason ?? result?.reason,
      screen_shared: one('client_init')?.screen_shared,
      framebuffer: { name, width, height, pixel_format },
    },
  };
}

function asSsh(events: readonly EventLine[]): object {
  const side = (isClient: boolean): object => {
    const own = events.filter((event) => (event.dest_port === 22) === isClient);
    const init = own.find(({ event }) => event === 'kexinit');
    const hash = init?.hassh ?? init?.hassh_server;
    const string = init?.hassh_string ?? init?.hassh_server_string;
    return { ...own.find(({ event }) => event === 'banner'), hassh: { hash, string } };
  };
  return { ssh: { client: side(true), server: side(false) } };
}

/** The check's own fields; a check on several MQTT messages is one for each. */
function partsOf(type: string, match: Fields): Fields[] {
  const old = type === 'dns' && OLD_DNS_TYPES[String(match['dns.type'])] !== undefined;
  const ofConnection = type === 'tls' || type === 'ssh' || type === 'dnp3' || type === 'rfb';
  const fields = Object.entries(match)
    .filter(([path]) => !OF_THE_ENGINE.test(path))
    .filter(([path]) => !(ofConnection && PLACE.test(path)) && !(old && ENDS.test(path)))
    .map(
      ([path, value]) =>
        [path, path === 'dns.type' ? (OLD_DNS_TYPES[String(value)] ?? value) : value] as const,
    );
  if (type !== 'mqtt') return [Object.fromEntries(fields)];
  const byMessage = Map.groupBy(
    fields,
    ([path, value]) => (path === 'has-key' ? String(value) : path).split('.')[1],
  );
  return [...byMessage.values()].map((part) => Object.fromEntries(part));
}

/** Whether a record has the fields; `sealed` counts a keyed hash for a secret. */
function matches(record: object, fields: Fields, sealed: boolean): boolean {
  return Object.entries(fields).every(([path, value]) => {
    if (path === 'has-key') return valueAt(record, String(value)) !== undefined;
    if (path === 'not-has-key') return valueAt(record, String(value)) === undefined;
    const actual = path === 'pcap_cnt' ? valueAt(record, 'packet') : valueAt(record, path);
    if (path.endsWith('.__len')) return (actual as string | undefined)?.length === value;
    if (sealed && /^hmac-sha256:[0-9a-f]{32}$/.test(String(actual))) return true;
    return isDeepStrictEqual(actual, value);
  });
}

/** The protocol that a check is about, or why it is not taken. */
function kindOf({ match, filename, requires }: Filter): { type?: string; not?: string } {
  if (filename !== undefined) return { not: 'contents of a log file that settings choose' };
  if (requires?.['lt-version']) return { not: 'for older versions of Suricata only' };
  const paths = Object.keys(match).map((path) => (path === 'has-key' ? String(match[path]) : path));
  const named = String(match.event_type ?? paths.find((path) => path.includes('.'))?.split('.')[0]);
  if (named === 'alert' || paths.some((path) => path.startsWith('alert.')))
    return { not: 'alert: needs rules' };
  if (named in RECORDS) return { type: named };
  return { not: named === 'undefined' ? 'records of any type' : `${named} records` };
}

function casesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === 'test.yaml')
    .map(({ parentPath }) => parentPath)
    .sort();
}

export interface Tally {
  cases: Set<string>;
  checks: number;
  met: number;
  sealed: number;
  missed: string[];
}

export interface Tallies {
  /** By type of EVE's record. */
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Checks that are not taken, by the reason. */
  readonly notTaken: ReadonlyMap<string, number>;
}

/** @param folder - test cases (a capture and its test.yaml), at any depth. */
export async function tallySuricata(folder: string): Promise<Tallies> {
  const tallies = new Map<string, Tally>();
  const notTaken = new Map<string, number>();
  for (const path of casesBelow(folder)) {
    const name = relative(folder, path);
    const { checks = [] } = parse(readFileSync(join(path, 'test.yaml'), 'utf8')) as Test;
    let events: readonly EventLine[] | undefined;
    for (const { filter } of checks) {
      if (!filter) continue;
      const { type, not = '' } = kindOf(filter);
      if (type === undefined) {
        notTaken.set(not, (notTaken.get(not) ?? 0) + 1);
        continue;
      }
      events ??= (await dissect(captureIn(path))).events;
      const tally = tallies.get(type) ?? emptyTally();
      tallies.set(type, tally);
      judge(filter, type, name, RECORDS[type]!(events), tally);
    }
  }
  return { tallies, notTaken };
}

/** @returns Markdown. */
export async function suricata(folder: string): Promise<string[]> {
  const { tallies, notTaken } = await tallySuricata(folder);
  return [
    '| records | cases | checks | met | met, with a keyed hash for the secret | missed |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...tallies]
      .sort()
      .map(
        ([type, { cases, checks, met, sealed, missed }]) =>
          `| ${type} | ${cases.size} | ${checks} | ${met} | ${sealed} | ${missed.length} |`,
      ),
    '',
    'Missed:',
    ...[...tallies.values()].flatMap(({ missed }) => missed.map((line) => `- ${line}`)),
    '',
    'Not taken:',
    ...[...notTaken].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `- ${reason}: ${count}`),
  ];
}

function judge(
  { count, match }: Filter,
  type: string,
  name: string,
  records: readonly object[],
  tally: Tally,
): void {
  tally.cases.add(name);
  tally.checks++;
  const isMet = (sealed: boolean): boolean =>
    partsOf(type, match).every(
      (part) => records.filter((record) => matches(record, part, sealed)).length === count,
    );
  if (isMet(false)) tally.met++;
  else if (isMet(true)) tally.sealed++;
  else tally.missed.push(`${name}: ${JSON.stringify(match)} × ${count}`);
}

function emptyTally(): Tally {
  return { cases: new Set(), checks: 0, met: 0, sealed: 0, missed: [] };
}
