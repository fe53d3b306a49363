/** `fleetward decode` as a program: the form of its lines, its counts against tshark's, its options. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CAPTURES, fleetward, pcapRecords, SITE } from './support/fleetward.ts';
import { program } from './support/needs.ts';

interface Line {
  readonly packet: number;
  readonly time: string;
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

const captures = [
  SITE,
  ...readdirSync(CAPTURES)
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => join(CAPTURES, name)),
];
const named = captures.map((path) => [basename(path), path] as const);

const known = new Map<string, Line[]>();

function decoded(path: string, ...options: string[]): Line[] {
  const key = [path, ...options].join(' ');
  const lines = known.get(key) ?? decodedAnew(path, ...options);
  known.set(key, lines);
  return lines;
}

function decodedAnew(path: string, ...options: string[]): Line[] {
  const { status, stdout, stderr } = fleetward(['decode', path, '--json', ...options]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout === ''
    ? []
    : stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
}

const counted = (items: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
};

describe('a line', () => {
  const ENDPOINT = /^((\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]+\]):\d{1,5}$/;

  test.each(named)('of %s is one object that says when, who, to whom and what', (_, path) => {
    const lines = decoded(path);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(Object.keys(line).slice(0, 6)).toEqual([
        ...['packet', 'time', 'src', 'dst', 'protocol', 'event'],
      ]);
      expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      expect(line.src).toMatch(ENDPOINT);
      expect(line.dst).toMatch(ENDPOINT);
      expect(line.protocol).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(line.event).toMatch(/^[a-z][a-z0-9_]*$/);
      for (const field of Object.keys(line)) expect(field).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });

  test('has the time of its packet, to the nanosecond', () => {
    const records = pcapRecords(SITE);
    const lines = decoded(SITE);
    for (const { packet, time } of lines) {
      const record = records[packet - 1];
      expect(Date.parse(`${time.slice(0, 19)}Z`) / 1000).toBe(record.readUInt32LE(0));
      expect(Number(time.slice(20, 29))).toBe(record.readUInt32LE(4));
    }
  });

  test('comes in the order of the capture; what is complete with its answer only comes with the answer', () => {
    const late = new Set(['ftp', 'telnet', 'ftp_data']);
    const packets = decoded(SITE)
      .filter(({ protocol }) => !late.has(protocol))
      .map(({ packet }) => packet);
    expect(packets).toEqual([...packets].sort((a, b) => a - b));
  });

  test('refuses a protocol that nothing reads, and names the nearest', () => {
    const done = fleetward(['decode', CAPTURES, '--protocol', 'mqt']);
    expect(done.status).toBe(2);
    expect(done.stderr).toContain('did you mean mqtt?');
  });

  test('names its file when there are several', () => {
    const { stdout } = fleetward(['decode', CAPTURES, '--json', '--protocol', 'mqtt']);
    const files = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).file);
    expect(new Set(files)).toEqual(
      new Set(['mqtt311-user-password.pcap', 'mqtt5-publish-qos2.pcap']),
    );
  });
});

describe('counts as tshark has them', () => {
  const tshark = program('tshark');
  const FIELDS = [
    ...['frame.protocols', 'mqtt.msgtype', 'tls.handshake.type', 'dtls.handshake.type'],
    ...['dtls.handshake.fragment_offset', 'dns.flags.response'],
  ];

  // MQTT 5, table 2-1.
  const MQTT = ['', 'connect', 'connack', 'publish', 'puback', 'pubrec', 'pubrel', 'pubcomp'];
  MQTT.push('subscribe', 'suback', 'unsubscribe', 'unsuback', 'pingreq', 'pingresp', 'disconnect');

  // RFC 8446, B.3; those that are in clear up to TLS 1.2.
  const HANDSHAKE: Readonly<Record<string, string>> = {
    '1': 'client_hello',
    '2': 'server_hello',
    '3': 'hello_verify_request',
    '11': 'certificate',
    '14': 'server_hello_done',
    '16': 'client_key_exchange',
  };
  const handshakes = new Set(Object.values(HANDSHAKE));

  /** `protocol event` of everything that tshark sees of these protocols. */
  function theirs(path: string): string[] {
    const args = ['-r', path, '-T', 'fields', ...FIELDS.flatMap((field) => ['-e', field])];
    const lines = execFileSync(tshark.path, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return lines.split('\n').flatMap((line) => {
      const [layers = '', mqtt, tls, dtls, offsets, dns] = line.split('\t');
      // ICMP errors quote what could not be delivered.
      if (layers.includes(':icmp')) return [];
      const values = (field = ''): string[] => field.split(',').filter((value) => value !== '');
      const messages = values(dtls).filter((_, number) => values(offsets)[number] === '0');
      const name = /:(mdns|llmnr|nbns)/.exec(layers)?.[1] ?? 'dns';
      return [
        ...values(mqtt).map((type) => `mqtt ${MQTT[Number(type)]}`),
        ...values(tls).map((type) => `tls ${HANDSHAKE[type]}`),
        ...messages.map((type) => `dtls ${HANDSHAKE[type]}`),
        ...values(dns).map((flag) => `${name} ${/^(1|True)$/.test(flag) ? 'response' : 'query'}`),
      ];
    });
  }

  test.each(named)('MQTT, TLS, DTLS and DNS of %s', tshark, (_, path) => {
    const ours = decoded(path).flatMap(({ protocol, event, message_type }) => {
      if (event === 'malformed') return [`${protocol} ${message_type}`];
      const isHandshake = protocol === 'tls' || protocol === 'dtls';
      return isHandshake && !handshakes.has(event) ? [] : [`${protocol} ${event}`];
    });
    const compared = (events: readonly string[]): Record<string, number> =>
      counted(events.filter((event) => /^(mqtt|tls|dtls|m?dns) (?!undefined)/.test(event)));
    expect(compared(ours)).toEqual(compared(theirs(path)));
  });
});

describe('secrets', () => {
  const hashes = (...options: string[]): string[] =>
    [...JSON.stringify(decodedAnew(SITE, ...options)).matchAll(/hmac-sha256:[0-9a-f]{32}/g)].map(
      String,
    );

  test('are hashes, the same in two runs with one --hash-key, and others with another or none', () => {
    const one = hashes('--hash-key', 'night');
    expect(one.length).toBeGreaterThan(10);
    expect(hashes('--hash-key', 'night')).toEqual(one);
    const others = [hashes('--hash-key', 'day'), hashes(), hashes()];
    for (const other of others) {
      expect(other).toHaveLength(one.length);
      expect(other.filter((hash) => one.includes(hash))).toEqual([]);
    }
    expect(others[1].filter((hash) => others[2].includes(hash))).toEqual([]);
  });

  test.each(['--json', '--no-color'])('are in no line of decode %s', (form) => {
    const { stdout } = fleetward(['decode', SITE, form]);
    for (const secret of ['xc3511', 'vizxv', 'h3ating-4-all', 'ftp-guess1', 'password=guess1'])
      expect(stdout).not.toContain(secret);
    for (const pair of ['admin:admin', 'root:xc3511'])
      expect(stdout).not.toContain(Buffer.from(pair).toString('base64'));
  });
});

describe('--protocol', () => {
  test('shows those protocols and no other', () => {
    const all = decoded(SITE);
    const some = decoded(SITE, '--protocol', 'mqtt,dhcp');
    expect(some).not.toEqual([]);
    const plain = (lines: readonly Line[]): string[] =>
      lines.map(({ packet, protocol, event }) => `${packet} ${protocol} ${event}`);
    expect(plain(some)).toEqual(
      plain(all.filter(({ protocol }) => protocol === 'mqtt' || protocol === 'dhcp')),
    );
  });

  test('shows link protocols when they are asked for', () => {
    const unasked = new Set(decoded(SITE).map(({ protocol }) => protocol));
    for (const protocol of ['arp', 'ndp']) {
      expect(unasked).not.toContain(protocol);
      expect(decoded(SITE, '--protocol', protocol).length).toBeGreaterThan(10);
    }
  });
});
