/** Services of an office's network between real programs: mail, SNMP, TFTP, syslog, RADIUS, Kerberos, SIP and IKE. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ethernet, ipv4, mac, udp } from '../../src/capture/testing.ts';
import { dissect } from '../support/dissect.ts';
import { failures, fleetward, pcapOf, scanned } from '../support/fleetward.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const NAMES = 'smtp imap pop3 tftp snmp syslog radius krb5 sip ike'.split(' ');
const pathOf = (name: string): string => join(PEERS, `${name}.pcap`);
const TCP_SYSLOG = ['-d', 'tcp.port==514,syslog'];
const SERVER = 'mac:02:00:00:00:09:01';
const CLIENT = 'mac:02:00:00:00:09:02';

describe.each(NAMES)('the recording of %s', (name) => {
  it('is read without fault, by its own decoder from end to end', async () => {
    const { events } = await dissect(pathOf(name));
    expect(events.length).toBeGreaterThan(3);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    const protocols = new Set(events.map(({ protocol }) => protocol));
    const mail = ['smtp', 'imap', 'pop3'].includes(name);
    expect([...protocols].sort()).toEqual(mail ? [name, 'tls'].sort() : [name]);
  });

  it('gives away no secret and no letter', () => {
    const printed = ['decode', 'scan'].map((command) => {
      const { stdout, stderr } = fleetward([command, '--json', pathOf(name)]);
      return stdout + stderr;
    });
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const secrets = [
      's3cret-of-cam',
      'wrong-of-cam',
      's3cret-community',
      's3cret-of-door',
      'guess',
    ];
    const wire = ['\0cam\0s3cret-of-cam', 's3cret-of-cam', '\0cam\0wrong-of-cam'].map(base64);
    for (const secret of [...secrets, ...wire, 'at the door', 'in the cellar', 'counted by'])
      expect(printed.join('')).not.toContain(secret);
  });
});

describe('sign-ins at mail servers', () => {
  it.each([
    ['smtp', ['plain accepted', 'login accepted', 'cram-md5 accepted', 'plain refused']],
    ['imap', ['plain accepted', 'login accepted 2', 'cram-md5 accepted', 'plain refused']],
    [
      'pop3',
      [
        ...['plain accepted', 'cram-md5 accepted', 'apop accepted', 'plain refused'],
        'user_pass accepted',
      ],
    ],
  ])('%s: are told by their mechanism and outcome', async (name, expected) => {
    const { observations } = await dissect(pathOf(name));
    const seen = observations
      .of('login')
      .map(({ method, outcome, count }) => `${method} ${outcome}${count > 1 ? ` ${count}` : ''}`);
    expect(seen.sort()).toEqual([...expected].sort());
    expect(observations.of('login').every(({ user }) => user === 'cam')).toBe(true);
    const proof = observations.of('tls');
    expect(proof.map(({ established }) => established)).toEqual([true]);
    expect(observations.of('mail').filter(({ secured }) => secured).length).toBe(1);
  });

  it.each(['smtp', 'imap', 'pop3'])('%s: have the greeting without what changes', async (name) => {
    const { observations } = await dissect(pathOf(name));
    const greetings = new Set(observations.of('mail').map(({ banner }) => banner));
    const product = /^mail\.example\.com ESMTP Exim [\d.]+$|Dovecot \(Debian\) ready\.$/;
    expect([...greetings]).toEqual([expect.stringMatching(product)]);
  });

  it.each(['smtp', 'imap', 'pop3'])('%s: fail CH-02', (name) => {
    expect(failures(scanned([pathOf(name)]))).toContain(`${SERVER} CH-02 critical`);
  });
});

describe('Wireshark agrees', tshark, () => {
  // It takes lines of a letter and answers to a challenge for commands as well.
  it.each([
    ['smtp', 'smtp.req.command matches "^[A-Za-z]+$"'],
    ['imap', 'imap.request.command and imap.request_tag matches "[0-9]$"'],
    ['pop3', 'pop.request.command matches "^[A-Z]{4}$"'],
    ['snmp', 'snmp'],
    ['krb5', 'kerberos.msg_type'],
    ['radius', 'radius'],
    ['sip', 'sip'],
    ['ike', 'isakmp'],
    ['syslog', 'syslog'],
  ])('on every message of %s', async (name, filter) => {
    const theirs = tsharkFields(pathOf(name), filter, ['frame.number'], TCP_SYSLOG);
    const { events } = await dissect(pathOf(name));
    const own = events.filter(
      ({ protocol, command }) =>
        protocol === name && (command !== undefined || !filter.includes('command')),
    );
    expect(own.map(({ packet }) => packet)).toEqual(theirs.map(([frame]) => Number(frame)));
  });

  it('on every block of TFTP', async () => {
    const theirs = tsharkFields(pathOf('tftp'), 'tftp.opcode == 3', ['tftp.block']);
    const { events } = await dissect(pathOf('tftp'));
    const blocks = events.filter(({ event }) => event === 'transfer').map((event) => event.blocks);
    expect(blocks).toEqual([18, 1, 9]);
    expect(theirs.length).toBe(18 + 1 + 9);
  });
});

describe('SNMP', () => {
  it('is told by version, operation and outcome', async () => {
    const { observations } = await dissect(pathOf('snmp'));
    const seen = observations
      .of('snmp')
      .map(
        ({ version, operation, wellKnown = '', user = '', outcome }) =>
          `${version} ${operation} ${wellKnown}${user} ${outcome}`,
      );
    expect(seen.sort()).toEqual([
      ...['1 notify public unanswered', '1 read public accepted'],
      ...['2 notify public unanswered', '2 read  unanswered', '2 read public accepted'],
      ...['2 write  accepted', '2 write public refused'],
      ...['3 read cam accepted', '3 read cam refused', '3 read nobody refused'],
    ]);
  });

  it('gives its agent a name, a description and a type, and fails AN-08 for it', () => {
    const report = scanned([pathOf('snmp')]);
    const agent = report.devices.find(({ id }) => id === SERVER)!;
    expect(agent).toMatchObject({ type: 'printer', names: ['printer-7'] });
    expect(failures(report)).toEqual([`${SERVER} AN-08 high`, `${SERVER} SG-09 low`]);
  });
});

describe('TFTP', () => {
  it('fails CH-17 on both sides', () => {
    expect(failures(scanned([pathOf('tftp')]))).toEqual([
      `${SERVER} CH-17 high`,
      `${CLIENT} CH-17 high`,
    ]);
  });

  it('fails UP-01 where it carries an image', () => {
    const image = Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(90_000, 1)]);
    const datagram = (from: number, payload: Buffer) => {
      const [source, target] = from === 1 ? [1, 2] : [2, 1];
      const [port, other] = from === 1 ? [40_001, 50_001] : [50_001, 40_001];
      const to = payload[1] === 1 ? 69 : other;
      const packet = ipv4(`10.9.0.${source}`, `10.9.0.${target}`, 17, udp(port, to, payload));
      return ethernet(mac(source), mac(target), 0x0800, packet);
    };
    const frames = [datagram(2, Buffer.from('\0\x01fw.bin\0octet\0blksize\x001428\0'))];
    frames.push(datagram(1, Buffer.from('\0\x06blksize\x001428\0')));
    frames.push(datagram(2, Buffer.from([0, 4, 0, 0])));
    for (let block = 1; block <= Math.floor(image.length / 1428) + 1; block++) {
      const data = image.subarray((block - 1) * 1428, block * 1428);
      frames.push(datagram(1, Buffer.concat([Buffer.from([0, 3, 0, block]), data])));
      frames.push(datagram(2, Buffer.from([0, 4, 0, block])));
    }
    const folder = mkdtempSync(join(tmpdir(), 'tftp-'));
    try {
      writeFileSync(join(folder, 'a.pcap'), pcapOf(frames));
      expect(failures(scanned([folder]))).toContain('mac:02:00:00:00:00:02 UP-01 high');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('syslog', () => {
  it('names the device that logs, by either transport and framing', async () => {
    const { observations } = await dissect(pathOf('syslog'));
    expect([...observations.of('syslog')]).toMatchObject([
      { carrier: 'udp', hostName: 'cam-7', apps: ['camd'], messages: 2, severity: 3 },
      { carrier: 'tcp', hostName: 'cam-7', apps: ['camd'], messages: 2, severity: 6 },
    ]);
    const { devices } = scanned([pathOf('syslog')]);
    expect(devices.find(({ id }) => id === CLIENT)!.names).toEqual(['cam-7']);
  });
});

describe('RADIUS', () => {
  it('is told by method and outcome', async () => {
    const { observations } = await dissect(pathOf('radius'));
    const seen = observations
      .of('radius')
      .map(({ request, authentication, eapType, outcome }) =>
        [request, authentication, eapType, outcome].filter(Boolean).join(' '),
      );
    expect(seen).toEqual([
      ...['access pap accepted', 'access chap accepted', 'access mschap accepted'],
      ...['access eap md5 challenged', 'access eap md5 accepted', 'access pap refused'],
      'accounting accepted',
    ]);
  });
});

describe('Kerberos', () => {
  it('is told by request, ticket and outcome, by UDP and TCP', async () => {
    const { observations } = await dissect(pathOf('krb5'));
    const seen = observations
      .of('kerberos')
      .map(({ carrier, request, user, ticketEncryption, error, count }) =>
        [carrier, request, user, ticketEncryption ?? `error ${error}`, count].join(' '),
      );
    expect(seen).toEqual([
      ...['udp as cam error 25 1', 'udp as cam 18 1', 'udp tgs cam 23 1'],
      ...['tcp as cam error 25 2', 'tcp as cam 18 1', 'tcp tgs cam 23 1'],
      ...['tcp as cam error 24 1', 'tcp as nobody error 6 1'],
    ]);
  });
});

describe('SIP', () => {
  it('has a call and a registration that was accepted after its challenge', async () => {
    const { observations } = await dissect(pathOf('sip'));
    expect(observations.of('sip').map(({ method, status }) => `${method} ${status}`)).toEqual([
      ...['INVITE 200', 'BYE 200', 'REGISTER 401', 'REGISTER 200'],
    ]);
    expect([...observations.of('login')]).toMatchObject([
      { protocol: 'sip', method: 'digest', user: 'door-7', outcome: 'accepted' },
    ]);
  });
});

describe('IKE', () => {
  it('fails CH-09 for weak tunnels alone, of the side that asked for them', async () => {
    const { observations } = await dissect(pathOf('ike'));
    const seen = observations
      .of('ike')
      .map(({ version, chosen }) => `${version} ${chosen?.encryption} ${chosen?.group}`);
    expect(seen).toEqual([
      ...['2 ENCR_AES_CBC Modp2048', '2 ENCR_AES_CBC Modp1024'],
      '1 EncAesCbc GroupAlternate1024BitModpGroup',
    ]);
    expect(failures(scanned([pathOf('ike')]))).toEqual([`${CLIENT} CH-09 high`]);
  });
});
