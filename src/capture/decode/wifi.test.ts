import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { wifiObserver } from '../observe/wifi.ts';
import { ETHERTYPE_WIFI } from '../wifi.ts';
import { ETHERTYPE_EAPOL, eapolDecoder } from './eapol.ts';
import { endure, Feed } from './testing.ts';
import { wifiDecoder } from './wifi.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const STATION = '02 00 00 00 00 07';
const ACCESS_POINT = '02 00 00 00 00 01';
const SSID = '00 04 486f6d65';
/** RSN: version 1, group, pairwise, key management, capabilities. */
const rsn = (group: number, pairwise: number, akm: number, capabilities = '0000'): string =>
  `30 14 0100 000fac0${group} 0100 000fac0${pairwise} 0100 000fac${akm.toString(16).padStart(2, '0')} ${capabilities}`;
/** WPA: TKIP for both, a password. */
const WPA = 'dd 16 0050f201 0100 0050f202 0100 0050f202 0100 0050f202';

const up = (subtype: number, body: string, flags = 0): Buffer =>
  hex(
    `${(subtype << 4).toString(16).padStart(2, '0')} ${flags.toString(16).padStart(2, '0')} 0000 ${ACCESS_POINT} ${STATION} ${ACCESS_POINT} 1000 ${body}`,
  );
const down = (subtype: number, body: string): Buffer =>
  hex(
    `${(subtype << 4).toString(16).padStart(2, '0')} 00 0000 ${STATION} ${ACCESS_POINT} ${ACCESS_POINT} 1000 ${body}`,
  );
const asks = (capabilities: string, elements: string): Buffer =>
  up(0, `${capabilities} 0a00 ${SSID} ${elements}`);
const LET_IN = down(1, '3104 0000 01c0');
const TURNED_AWAY = down(1, '3104 1100 0000');
const BEACON = hex(
  `80 00 0000 ffffffffffff ${ACCESS_POINT} ${ACCESS_POINT} 1000 0000000000000000 6400 1104 ${SSID} ${rsn(4, 4, 2, '8000')} dd 07 0050f204 104a00`,
);

const flow = { carrier: 'other', serverPort: ETHERTYPE_WIFI, clientPort: ETHERTYPE_WIFI } as const;
const macs = { clientMac: '02:00:00:00:00:07', serverMac: '02:00:00:00:00:01' };

function read(frame: Buffer): Record<string, unknown> | undefined {
  return new Feed(wifiDecoder, flow).data(frame, 0).printed[0];
}

function joined(...frames: readonly (readonly [Buffer, Direction])[]) {
  const into = new Observations();
  const feed = new Feed(wifiDecoder, { ...flow, ...macs }, wifiObserver, into);
  // Frames are datagrams: each is offered whole.
  for (const [bytes, direction] of frames)
    feed.parser.data(bytes, 0, bytes.length, direction, {
      file: 0,
      packet: 1,
      seconds: 1,
      nanos: 0,
    });
  feed.close();
  return [...into.of('association')];
}

describe('management frames', () => {
  it('tell how a network is protected', () => {
    expect(read(BEACON)).toMatchObject({
      event: 'beacon',
      bssid: '02:00:00:00:00:01',
      ssid: 'Home',
      privacy: true,
      wps: true,
      rsn: {
        kind: 'rsn',
        group_cipher: 'ccmp-128',
        pairwise_ciphers: ['ccmp-128'],
        akm_suites: ['psk'],
        pmf: 'capable',
      },
    });
  });

  it('leave a check sequence out, where it is one', () => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32LE(crc32(BEACON));
    expect(read(Buffer.concat([BEACON, sum]))).toEqual(read(BEACON));
  });

  it('tell algorithm, status and reason', () => {
    expect(read(up(11, '0300 0100 0000'))).toMatchObject({
      event: 'authentication',
      algorithm: 'sae',
      transaction: 1,
      status: 0,
    });
    expect(read(down(12, '0f00'))).toMatchObject({ event: 'deauthentication', reason: 15 });
    expect(read(up(12, '0011223344556677', 0x40))).toMatchObject({ protected: true });
    expect(read(up(11, '0300 0100'))).toMatchObject({ event: 'malformed' });
    expect(read(up(13, '0400'))).toBeUndefined();
  });

  it('tell a hidden name from none', () => {
    const hidden = up(0, `1104 0a00 00 04 00000000 ${rsn(4, 4, 2)}`);
    expect(read(hidden)).toMatchObject({ ssid: '' });
  });
});

describe('associations', () => {
  it('are what the station asked for, once it is let in', () => {
    const request = asks('1104', rsn(4, 4, 8, 'c000'));
    expect(joined([request, 0], [LET_IN, 1])).toMatchObject([
      {
        ssid: 'Home',
        bssid: '02:00:00:00:00:01',
        security: 'rsn',
        pairwiseCiphers: ['ccmp-128'],
        keyManagement: ['sae'],
        pmf: 'required',
        seenIn: 'association',
        outcome: 'accepted',
        client: 1,
        server: 2,
      },
    ]);
    expect(joined([request, 0], [TURNED_AWAY, 1])).toMatchObject([{ outcome: 'refused' }]);
    expect(joined([request, 0])).toMatchObject([{ outcome: 'unknown' }]);
  });

  it.each([
    ['open', '0104', ''],
    ['wep', '1104', ''],
    ['wpa', '1104', WPA],
    ['owe', '1104', rsn(4, 4, 18)],
  ])('of a network that is %s', (security, capabilities, elements) => {
    expect(joined([asks(capabilities, elements), 0], [LET_IN, 1])).toMatchObject([{ security }]);
  });

  it('are told by data under WEP, whoever sends it', () => {
    const sent = hex(`08 41 0000 ${ACCESS_POINT} ${STATION} ${ACCESS_POINT} 1000 010203 00 a1a2`);
    const received = hex(`08 42 0000 ${STATION} ${ACCESS_POINT} ${ACCESS_POINT} 1000 010203 00 a1`);
    expect(joined([sent, 0], [received, 1])).toMatchObject([
      { security: 'wep', seenIn: 'data', outcome: 'accepted', client: 1, server: 2, count: 2 },
    ]);
  });
});

describe('EAPOL', () => {
  const port = {
    carrier: 'other',
    serverPort: ETHERTYPE_EAPOL,
    clientPort: ETHERTYPE_EAPOL,
  } as const;
  const key = (information: string, data: string, descriptor = '02'): Buffer => {
    const content = hex(data);
    const length = content.length.toString(16).padStart(4, '0');
    const head = hex(
      `${descriptor} ${information} 0010 0000000000000001 ${'11'.repeat(32)} ${'00'.repeat(32)} ${'22'.repeat(16)} ${length}`,
    );
    const size = Buffer.alloc(2);
    size.writeUInt16BE(head.length + content.length);
    return Buffer.concat([hex('01 03'), size, head, content]);
  };
  const messages = [
    key('008a', ''),
    key('010a', rsn(2, 4, 2)),
    key('13ca', 'aabbccdd'),
    key('030a', ''),
  ];

  it('numbers the messages of the handshake and reads what the station asked for', () => {
    const feed = new Feed(eapolDecoder, port);
    for (const message of messages) feed.data(message, 0);
    expect(feed.printed.map(({ message }) => message)).toEqual([1, 2, 3, 4]);
    expect(feed.printed[1]).toMatchObject({
      descriptor: 'rsn',
      key_version: 2,
      rsn: { group_cipher: 'tkip', pairwise_ciphers: ['ccmp-128'], akm_suites: ['psk'] },
    });
  });

  it('folds them into an association, from messages of the station alone as well', () => {
    for (const kept of [
      [0, 1, 2, 3],
      [1, 3],
    ]) {
      const into = new Observations();
      const feed = new Feed(eapolDecoder, { ...port, ...macs }, wifiObserver, into);
      for (const index of kept) feed.data(messages[index]!, (index + 1) % 2 === 0 ? 0 : 1);
      feed.close();
      expect([...into.of('association')]).toMatchObject([
        {
          security: 'rsn',
          seenIn: 'handshake',
          outcome: 'accepted',
          pairwiseCiphers: ['ccmp-128'],
          groupCipher: 'tkip',
          client: 1,
        },
      ]);
    }
  });

  it('knows WPA’s messages, whose last has no secure bit', () => {
    const feed = new Feed(eapolDecoder, port)
      .data(key('0109', WPA, 'fe'), 0)
      .data(key('0109', '', 'fe'), 0);
    expect(feed.printed).toMatchObject([
      { descriptor: 'wpa', message: 2, rsn: { kind: 'wpa', pairwise_ciphers: ['tkip'] } },
      { message: 4 },
    ]);
  });

  it('names sign-ins by EAP', () => {
    const identity = hex('02 00 0009 02 01 0009 01 616c6963');
    const success = hex('02 00 0004 03 02 0004');
    expect(new Feed(eapolDecoder, port).data(identity, 0).data(success, 1).printed).toMatchObject([
      { event: 'eap', eap_code: 'response', eap_type: 'identity' },
      { event: 'eap', eap_code: 'success' },
    ]);
  });

  it('calls lengths that contradict each other malformed', () => {
    const broken = Buffer.from(messages[1]!);
    broken.writeUInt16BE(broken.length, 2);
    expect(new Feed(eapolDecoder, port).data(broken, 0).printed).toMatchObject([
      { event: 'malformed', reason: 'body longer than its frame' },
    ]);
  });

  it('endures changed and cut frames, as Wi-Fi’s decoder does', () => {
    const handshake = messages.map((message) => [message, 0] as [Uint8Array, Direction]);
    expect(endure(eapolDecoder, handshake, port, wifiObserver)).toBeGreaterThan(0);
    const frames = [BEACON, asks('1104', WPA), LET_IN];
    const conversation = frames.map((each) => [each, 0] as [Uint8Array, Direction]);
    expect(endure(wifiDecoder, conversation, flow, wifiObserver)).toBeGreaterThan(0);
  });
});
