import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine, type Reading } from '../support/dissect.ts';
import { checksOf, valueAt } from '../support/suricata.ts';
import { readZeekLog } from '../support/zeek.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const zeek = join(import.meta.dirname, '../vectors/zeek/tls');
const trace = (name: string): Promise<Reading> => dissect(join(zeek, `${name}.pcap`));

/** The messages of one connection, as both oracles tell them: one record each. */
class Connection {
  readonly client: string;
  readonly events: EventLine[] = [];

  constructor({ src_ip, src_port }: EventLine) {
    this.client = `${src_ip}:${src_port}`;
  }

  one(name: string): EventLine | undefined {
    return this.events.find(({ event }) => event === name);
  }

  certificate(ofClient: boolean): EventLine | undefined {
    return this.events.find(
      ({ event, src_ip, src_port }) =>
        event === 'certificate' && (`${src_ip}:${src_port}` === this.client) === ofClient,
    );
  }
}

function connections({ events }: Reading): Connection[] {
  const found = new Map<string, Connection>();
  for (const event of events) {
    if (event.protocol !== 'tls' && event.protocol !== 'dtls') continue;
    const ends = [`${event.src_ip}:${event.src_port}`, `${event.dest_ip}:${event.dest_port}`];
    const key = ends.sort().join(' ');
    const known = found.get(key) ?? new Connection(event);
    known.events.push(event);
    found.set(key, known);
  }
  return [...found.values()];
}

/** One connection as EVE's event of the type tls. */
function asEve(connection: Connection): object {
  const client = connection.one('client_hello');
  const server = connection.one('server_hello');
  return {
    tls: {
      ...connection.certificate(false),
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
      client: connection.certificate(true),
    },
  };
}

describe('Suricata’s tls cases', () => {
  /** Of the packet at which Suricata logs, which is the handshake's end and not a message's. */
  const ENVELOPE = /^(event_type|(src|dest)_(ip|port)|pcap_cnt|proto)$/;
  for (const name of readdirSync(suricata).filter((each) => each !== 'LICENSE')) {
    const folder = join(suricata, name);
    const checks = checksOf(folder, 'tls');
    if (checks.length === 0) continue;
    it(`${name}: ${checks.length} checks`, async () => {
      const eve = connections(await dissect(captureIn(folder))).map(asEve);
      for (const { count, match } of checks) {
        const wanted = Object.entries(match).filter(([path]) => !ENVELOPE.test(path));
        const matching = eve.filter((event) =>
          wanted.every(([path, value]) => {
            const actual = valueAt(event, path);
            return JSON.stringify(actual) === JSON.stringify(value);
          }),
        );
        expect(matching.length, JSON.stringify(match)).toBe(count);
      }
    });
  }

  const events = async (name: string, event: string): Promise<EventLine[]> =>
    (await dissect(captureIn(join(suricata, name)))).events.filter((each) => each.event === event);

  it('shows the certificates of server and client', async () => {
    const chains = await events('tls-store-02', 'certificate');
    expect(chains.map(({ chain_length }) => chain_length)).toEqual([2, 1]);
    expect(await events('tls-store-02', 'certificate_request')).toHaveLength(1);
  });

  it('shows whole chains', async () => {
    const [server] = await events('tls-certs-alert', 'certificate');
    expect((server!.chain as object[]).length).toBe(3);
  });

  it.each(['tls-subject-zero', 'tls-issuer-zero'])(
    'keeps the zero in the name: %s',
    async (name) => {
      const [server] = await events(name, 'certificate');
      expect(`${server!.subject} ${server!.issuerdn}`).toContain('\0');
    },
  );

  it('tells an alert in words', async () => {
    expect(await events('tls-extra-alert', 'alert')).toMatchObject([
      { level: 'fatal', description: 'handshake_failure', code: 40 },
    ]);
  });
});

const CURVES: Readonly<Record<number, string>> = {
  23: 'secp256r1',
  24: 'secp384r1',
  29: 'x25519',
};
const ZEEK_VERSIONS: Readonly<Record<string, string>> = {
  TLSv1: 'TLSv10',
  'TLS 1.2': 'TLSv12',
  'TLS 1.3': 'TLSv13',
  'TLS 1.3 draft-23': 'TLSv13-draft23',
  'DTLS 1.2': 'DTLSv12',
  '0x7e01': 'unknown-32257',
};

function asZeekSsl(connection: Connection): Record<string, string> {
  const client = connection.one('client_hello');
  const server = connection.one('server_hello');
  const group = (server?.group ?? connection.one('server_key_exchange')?.group) as number;
  const established = connection.one('established');
  // Zeek tells none where TLS 1.3 hides them, and an empty list where none was sent.
  const fingerprints = (certificate: EventLine | undefined): string =>
    ((certificate?.chain ?? []) as { sha256: string }[]).map(({ sha256 }) => sha256).join(',');
  return {
    'id.orig_p': connection.client.slice(connection.client.lastIndexOf(':') + 1),
    version: ZEEK_VERSIONS[String(server?.version)] ?? String(server?.version),
    cipher: String(server?.cipher_name),
    curve: CURVES[group] ?? '-',
    server_name: String(client?.server_name ?? '-'),
    last_alert: String(
      connection.events.findLast(({ event }) => event === 'alert')?.description ?? '-',
    ),
    next_protocol: (server?.alpn as string[] | undefined)?.[0] ?? '-',
    established: established ? 'T' : 'F',
    cert_chain_fps: fingerprints(connection.certificate(false)) || '-',
    client_cert_chain_fps: fingerprints(connection.certificate(true)) || '-',
  };
}

/** RFC 2253’s order, and other names of two attributes. */
function zeekName(subject: string): string {
  return subject
    .replaceAll(/(^|, )Email=/g, '$1emailAddress=')
    .replaceAll(/(^|, )streetAddress=/g, '$1street=')
    .split(', ')
    .reverse()
    .join(',');
}

describe('Zeek’s tls traces', () => {
  for (const file of readdirSync(zeek).filter((name) => name.endsWith('.ssl.log'))) {
    const name = file.slice(0, -'.ssl.log'.length);
    it(`${name}: connections`, async () => {
      const rows = readZeekLog(readFileSync(join(zeek, file), 'utf8'));
      const ours = connections(await trace(name)).filter((each) => each.one('server_hello'));
      expect(ours.length).toBe(rows.length);
      for (const [i, row] of rows.entries()) {
        const own = asZeekSsl(ours[i]!);
        const theirs = { ...row };
        for (const key of ['cert_chain_fps', 'client_cert_chain_fps'])
          if (theirs[key] === '(empty)') theirs[key] = '-';
        expect(theirs).toMatchObject(own);
      }
    });
  }

  for (const file of readdirSync(zeek).filter((name) => name.endsWith('.x509.log'))) {
    const name = file.slice(0, -'.x509.log'.length);
    it(`${name}: certificates`, async () => {
      const rows = readZeekLog(readFileSync(join(zeek, file), 'utf8'));
      const { events } = await trace(name);
      const chain = events
        .filter(({ event }) => event === 'certificate')
        .flatMap(({ chain }) => chain as Record<string, string>[]);
      for (const row of rows) {
        const own = chain.find(({ sha256 }) => sha256 === row.fingerprint)!;
        const seconds = (time: string): string => `${Date.parse(`${time}Z`) / 1000}.000000`;
        expect(row).toMatchObject({
          'certificate.not_valid_before': seconds(own.not_before!),
          'certificate.not_valid_after': seconds(own.not_after!),
          'certificate.sig_alg': own.signature,
          'certificate.key_type': own.key_type === 'ec' ? 'ecdsa' : own.key_type,
          'certificate.key_length': String(own.key_bits),
          'certificate.subject': zeekName(own.subject!),
        });
        const serial = own.serial!.replaceAll(':', '').replace(/^00(?=.)/, '');
        expect(row['certificate.serial']).toBe(serial);
        if (row['san.dns'] !== '-') expect(row['san.dns']!.split(',')).toEqual(own.names);
      }
    });
  }

  it('tells a heartbeat that asks for more than it holds', async () => {
    const { events } = await trace('heartbleed');
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'malformed',
        reason: 'heartbeat payload longer than its record',
      }),
    );
  });

  it('follows SSL 2 to its data', async () => {
    const { events, observations } = await trace('ssl-v2');
    expect(events.map(({ event }) => event)).toEqual([
      ...['client_hello', 'server_hello', 'certificate', 'client_master_key', 'established'],
      ...['application_data', 'application_data'],
    ]);
    expect([...observations.of('tls')]).toMatchObject([
      { serverHello: { version: 2, cipher: 0x0700c0 }, established: true },
    ]);
  });

  it('tells early data and the resumption that allows it', async () => {
    const [first, second] = connections(await trace('tls-13draft19-early-data'));
    expect(first!.one('established')).toMatchObject({ session_resumed: false });
    expect(second!.one('application_data')).toMatchObject({ early: true });
    expect(second!.one('established')).toMatchObject({ session_resumed: true });
  });

  it('names an external pre-shared key, which is no resumption', async () => {
    const { events, observations } = await trace('tls13_psk_succesfull');
    expect(events[0]).toMatchObject({ psk_identities: ['Client_identity'] });
    expect([...observations.of('tls')]).toMatchObject([
      { pskIdentity: 'Client_identity', resumed: false, established: true },
    ]);
  });

  it('tells a client that went on after an alert from one that did not', async () => {
    const { observations } = await trace('tls13draft16-ff52.a01');
    expect([...observations.of('tls')]).toMatchObject([
      { alerts: [48], established: false, applicationBytes: [0, 0] },
      { alerts: [], established: true },
    ]);
  });

  it('puts a DTLS hello together from fragments', async () => {
    const { events } = await trace('dtls-sequence-number-jumps');
    expect(events.map(({ event, version }) => [event, version])).toEqual([
      ['client_hello', 'DTLS 1.3'],
      ['server_hello', 'DTLS 1.3'],
    ]);
  });

  it('notes data that flowed after an expired certificate', async () => {
    const { observations } = await trace('tls-expired-cert');
    const [spidh] = [...observations.of('tls')];
    expect(spidh!.certificates[0]!.notAfter).toBe(Date.UTC(2014, 2, 4, 23, 59, 59) / 1000);
    expect(spidh!.first.seconds).toBeGreaterThan(spidh!.certificates[0]!.notAfter);
    expect(spidh!.established).toBe(true);
    expect(spidh!.applicationBytes[0]).toBeGreaterThan(0);
  });

  it('reads on behind a message that lies about its length', async () => {
    const { events } = await trace('tls1.2-protocol-violation');
    expect(events.filter(({ event }) => event === 'malformed').length).toBe(2);
    expect(events.at(-1)).toMatchObject({ event: 'application_data' });
  });

  it('has no malformed unit where there is none', async () => {
    for (const file of readdirSync(zeek).filter((each) => each.endsWith('.pcap'))) {
      if (/heartbleed|violation|late-protocol-error/.test(file)) continue;
      const { events } = await dissect(join(zeek, file));
      const malformed = events.filter(
        ({ event, protocol }) => event === 'malformed' && /tls/.test(protocol),
      );
      expect(malformed, file).toEqual([]);
    }
  });
});
