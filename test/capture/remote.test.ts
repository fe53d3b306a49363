/** Remote access, media and tunnels as real programs speak them, beside tshark. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect, type EventLine } from '../support/dissect.ts';
import { all, data, program } from '../support/needs.ts';
import { PEERS } from '../support/peers.ts';

const peer = (name: string): string => join(PEERS, `${name}.pcap`);
const of = (events: readonly EventLine[], protocol: string, event?: string): EventLine[] =>
  events.filter((each) => each.protocol === protocol && (!event || each.event === event));

/** Rows of fields of the packets that a filter takes. */
function tshark(path: string, filter: string, ...fields: string[]): string[][] {
  const output = execFileSync(
    'tshark',
    ['-r', path, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 },
  );
  return output === ''
    ? []
    : output
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => line.split('\t'));
}

describe('GStreamer’s RTSP server and its clients', () => {
  it('are told with what guards the streams, and what carries them', async () => {
    const { events, observations } = await dissect(peer('rtsp'));
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    const described = [...observations.of('rtsp')].filter(({ method }) => method === 'DESCRIBE');
    expect(described.map((each) => [each.serverPort, each.status, each.authorization])).toEqual([
      ...[
        [8554, 200, undefined],
        [8555, 401, undefined],
        [8555, 200, 'basic'],
        [8556, 401, undefined],
      ],
      ...[
        [8556, 200, 'digest'],
        [8556, 401, 'digest'],
        [8557, 200, undefined],
      ],
    ]);
    expect(described[0]!.media).toEqual(['video RTP/AVP JPEG', 'audio RTP/AVP PCMU']);
    const logins = [...observations.of('login')].map((each) => [
      each.serverPort,
      each.method,
      each.outcome,
    ]);
    expect(logins).toEqual(
      expect.arrayContaining([
        [8555, 'basic', 'accepted'],
        [8556, 'digest', 'refused'],
        [8556, 'digest', 'accepted'],
      ]),
    );
    const streams = [...observations.of('media_stream')].map(
      ({ media, encoding, protection, carriage }) =>
        [media, encoding, protection, carriage].join(' '),
    );
    expect(new Set(streams)).toEqual(
      new Set([
        ...['video JPEG clear udp', 'audio PCMU clear udp', 'video JPEG clear rtsp'],
        ...['audio PCMU clear rtsp', 'video JPEG encrypted udp', 'audio PCMU encrypted udp'],
      ]),
    );
    expect(JSON.stringify(events)).not.toMatch(/12345@|YWRtaW46MTIzNDU/);
  });

  it('send as many packets as tshark counts', program('tshark'), async () => {
    const { events } = await dissect(peer('rtsp'));
    const streams = of(events, 'rtp', 'stream').filter(({ profile }) => profile === 'RTP/AVP');
    const counts = new Map<string, number>();
    for (const [ssrc] of tshark(peer('rtsp'), 'rtp && udp', 'rtp.ssrc'))
      counts.set(ssrc!, (counts.get(ssrc!) ?? 0) + 1);
    expect(streams.length).toBe(4);
    // Not every stream is one to tshark.
    const known = streams.flatMap(({ ssrc, packets }) => {
      const count = counts.get(`0x${(ssrc as number).toString(16).padStart(8, '0')}`);
      return count === undefined ? [] : [[packets, count]];
    });
    expect(known.length).toBeGreaterThanOrEqual(2);
    for (const [own, theirs] of known) expect(own).toBe(theirs);
  });
});

describe('a call between two SIPp', () => {
  it('has the streams that SIP announced, in clear', async () => {
    const { observations } = await dissect(peer('call'));
    const streams = [...observations.of('media_stream')].map(
      ({ media, encoding, profile, protection }) => [media, encoding, profile, protection],
    );
    const speech = ['audio', 'PCMA', 'RTP/AVP', 'clear'];
    const keys = ['audio', 'telephone-event', 'RTP/AVP', 'clear'];
    expect(streams).toEqual([speech, keys, speech, keys]);
  });

  it('has as many packets as tshark counts', program('tshark'), async () => {
    const { events } = await dissect(peer('call'));
    const own = of(events, 'rtp', 'stream').reduce(
      (sum, { packets }) => sum + (packets as number),
      0,
    );
    expect(own).toBe(tshark(peer('call'), 'rtp', 'rtp.ssrc').length);
  });
});

/** What each port said, in order; what a capture holds several times over counts once. */
function inOrder(messages: readonly string[][]): Map<string, string[]> {
  const said = new Map<string, string[]>();
  for (const [port, message] of messages) {
    const known = said.get(port!) ?? [];
    said.set(port!, known);
    if (known.at(-1) !== message) known.push(message!);
  }
  return said;
}

const captures = data('ndpi-iot/pcap/rtsp.pcap');
describe('RTSP beside tshark', all(captures, program('tshark')), () => {
  it.each(['peers', 'ndpi'])('has the same requests and responses: %s', async (which) => {
    const path = which === 'peers' ? peer('rtsp') : captures.path;
    const { events } = await dissect(path);
    const own = inOrder(
      of(events, 'rtsp')
        .filter(({ event }) => event !== 'interleaved_data')
        .map((each) => [String(each.src_port), String(each.method ?? each.status)]),
    );
    const theirs = inOrder(
      tshark(
        path,
        'rtsp.request || rtsp.response',
        'tcp.srcport',
        'rtsp.method',
        'rtsp.status',
      ).map(([port, method, status]) => [port!, method || status!]),
    );
    // tshark knows RTSP by its ports.
    expect(theirs.size).toBeGreaterThanOrEqual(3);
    for (const [port, messages] of theirs) expect(own.get(port)).toEqual(messages);
  });
});

describe('coturn', () => {
  it('gives relays to those with a password, over UDP and TCP', async () => {
    const { events, observations } = await dissect(peer('turn'));
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    const allocations = [...observations.of('stun')].filter(({ method }) => method === 'allocate');
    const granted = allocations.filter(({ outcome }) => outcome === 'granted');
    expect(new Set(granted.map(({ carrier }) => carrier))).toEqual(new Set(['udp', 'tcp']));
    for (const each of granted)
      expect(each).toMatchObject({
        serverSoftware: expect.stringContaining('Coturn'),
        relayedAddress: expect.stringMatching(/^10\.9\.0\.1:/),
      });
    expect(allocations.filter(({ errorCode }) => errorCode === 401).length).toBeGreaterThan(0);
    expect(JSON.stringify(events)).not.toContain('"cam"');
  });

  it('says the same to tshark', program('tshark'), async () => {
    const { events } = await dissect(peer('turn'));
    const own = of(events, 'stun').filter(({ event }) => event !== 'channel_data');
    const theirs = tshark(
      peer('turn'),
      'stun.type && !stun.channel',
      'frame.number',
      'stun.id',
      'stun.att.ipv4',
    );
    const ids = new Set(own.map(({ transaction_id }) => transaction_id));
    for (const [, id] of theirs)
      for (const one of id!.split(',')) expect(ids).toContain(one.replace(/^0x/, ''));
    expect(own.length).toBeGreaterThanOrEqual(theirs.length);
  });
});

it('x11vnc: a desktop that is open, and one with a password', async () => {
  const { observations } = await dissect(peer('vnc'));
  const sessions = [...observations.of('administration')];
  expect(
    sessions.map((each) => [each.serverPort, each.security, each.access, each.anonymous]),
  ).toEqual([
    [5900, 'none', 'granted', true],
    [5901, 'vnc_authentication', 'granted', false],
  ]);
  expect([...observations.of('identification')].map(({ name }) => name)).toContain('panel 7');
});

it('miniupnpd: mappings by NAT-PMP and PCP', async () => {
  const { observations } = await dissect(peer('natpmp'));
  const mappings = [...observations.of('port_mapping')].map((each) => [
    each.protocol,
    each.internalPort,
    each.outcome,
    each.lease_s,
  ]);
  expect(mappings).toEqual(
    expect.arrayContaining([
      ['nat_pmp', 8080, 'granted', 3600],
      ['pcp', 8443, 'granted', 3600],
      ['pcp', 23, 'unknown', 3600],
    ]),
  );
});

describe('SMB beside tshark', program('tshark'), () => {
  it('finds the same names, users and shares', async () => {
    const { events } = await dissect(peer('smb'));
    const users = tshark(
      peer('smb'),
      'ntlmssp.messagetype == 3',
      'frame.number',
      'ntlmssp.auth.hostname',
      'ntlmssp.auth.username',
    );
    const own = of(events, 'smb', 'session_setup_request').filter(
      ({ mechanism }) => mechanism === 'ntlmssp_authenticate',
    );
    expect(own.map((each) => [String(each.packet), each.user !== undefined])).toEqual(
      users.map(([frame, , user]) => [frame, user !== 'NULL' && user !== '']),
    );
    const shares = tshark(
      peer('smb'),
      'smb2.tree && smb2.cmd == 3 && smb2.flags.response == 0',
      'frame.number',
      'smb2.tree',
    );
    const paths = of(events, 'smb', 'tree_connect_request').filter(({ version }) => version === 2);
    expect(paths.map(({ packet, path }) => [String(packet), path])).toEqual(shares);
  });
});

const zeek = data('zeek-traces-iot/traces/krb');
describe('Zeek’s smb traces', zeek, () => {
  it.each([
    // The ticket's service and cipher as kerberos.log has them.
    ['smb_gssapi', 'NT LM 0.12', 'cifs/EDISK03A.housing.hksarg', 'rc4-hmac'],
    ['smb2_krb', '2.1', 'cifs/phxlabbal821.techlab.susq.com', 'aes256-cts-hmac-sha1-96'],
  ])('%s: Kerberos', async (name, dialect, sname, encryption) => {
    const { events, observations } = await dissect(join(zeek.path, `${name}.pcap`));
    expect([...observations.of('administration')]).toMatchObject([
      {
        protocol: 'smb',
        version: dialect,
        security: 'kerberos',
        access: 'granted',
        anonymous: false,
      },
    ]);
    expect(of(events, 'smb', 'session_setup_request')).toMatchObject([
      { mechanism: 'kerberos', kerberos: { sname, encryption } },
    ]);
  });
});
