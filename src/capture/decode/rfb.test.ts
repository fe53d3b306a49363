import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { rfbObserver } from '../observe/rfb.ts';
import { rfbDecoder } from './rfb.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { serverPort: 5900 } as const;
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32BE(value, 4 * i);
  });
  return bytes;
};
const counted = (value: string): Buffer => Buffer.concat([u32(value.length), text(value)]);
const init = (name: string): Buffer =>
  Buffer.concat([
    Buffer.from('0500032020180001 00ff00ff00ff1008 00000000'.replaceAll(' ', ''), 'hex'),
    counted(name),
  ]);
const recognise = (bytes: Uint8Array): string =>
  rfbDecoder.recognise(bytes, 0, bytes.length, 1, testFlow({ serverPort: 9_999 }));

/** The server speaks in direction 1, the client in 0; each entry is one segment. */
function talk(...said: (readonly ['server' | 'client', Buffer])[]): Feed {
  const feed = new Feed(rfbDecoder, flow, rfbObserver);
  for (const [who, bytes] of said) feed.data(bytes, who === 'server' ? 1 : 0);
  return feed;
}
const versions = (version: string, clients = version) =>
  [
    ['server', text(`RFB 003.${version}\n`)],
    ['client', text(`RFB 003.${clients}\n`)],
  ] as const;
const challenge = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const response = Buffer.from('ffeeddccbbaa99887766554433221100', 'hex');

describe('recognition', () => {
  it('knows a version on any port, and waits for all of it', () => {
    expect(recognise(text('RFB 003.008\n'))).toBe('yes');
    expect(recognise(text('RFB 003.'))).toBe('more');
    expect(recognise(text('RFB 3.8\n'))).toBe('no');
    expect(recognise(text('RFC 003.008\n'))).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(rfbDecoder, {})).toBe(0);
  });
});

describe('a handshake', () => {
  it('without any security is anonymous access', () => {
    const feed = talk(
      ...versions('007'),
      ['server', Buffer.from([2, 1, 2])],
      ['client', Buffer.from([1, 1])],
      ['server', init('panel 7')],
    ).close();
    expect(feed.printed.slice(2)).toMatchObject([
      { event: 'security_types', security_types: [1, 2], names: ['none', 'vnc_authentication'] },
      { event: 'security_type', security_type: 1, name: 'none' },
      { event: 'client_init', screen_shared: true },
      { event: 'server_init', width: 1280, height: 800, name: 'panel 7' },
    ]);
    expect([...feed.into.of('administration')]).toMatchObject([
      {
        ...{ protocol: 'rfb', answered: true, version: '3.7', security: 'none' },
        ...{ access: 'granted', anonymous: true },
      },
    ]);
    expect([...feed.into.of('identification')]).toMatchObject([{ name: 'panel 7', server: 2 }]);
  });

  it('with a password shows neither challenge nor answer, and tells whether it was right', () => {
    const steps = [
      ...versions('008'),
      ['server', Buffer.from([1, 2])],
      ['client', Buffer.from([2])],
      ['server', challenge],
      ['client', response],
    ] as const;
    const refused = talk(...steps, ['server', Buffer.concat([u32(1), counted('wrong')])]).close();
    const line = JSON.stringify(refused.printed);
    expect(line).not.toContain(challenge.toString('hex'));
    expect(line).not.toContain(response.toString('hex'));
    expect(refused.printed.slice(-2)).toMatchObject([
      { event: 'vnc_authentication', response: expect.stringMatching(/^hmac-sha256:/) },
      { event: 'security_result', security_result: 'FAIL', reason: 'wrong' },
    ]);
    expect([...refused.into.of('login')]).toMatchObject([
      { protocol: 'rfb', method: 'vnc', outcome: 'refused' },
    ]);
    expect([...refused.into.of('administration')]).toMatchObject([
      { access: 'refused', anonymous: false, security: 'vnc_authentication' },
    ]);
    const accepted = talk(...steps, ['server', u32(0)]).close();
    expect([...accepted.into.of('login')]).toMatchObject([{ outcome: 'accepted' }]);
    // The answer to the challenge can be broken offline: it is masked where packets are saved.
    const [record] = [...accepted.into.of('administration')];
    expect(record!.secrets.map((secret) => secret.reveal().length)).toEqual([16]);
  });

  it('of version 3.3 is decided by the server', () => {
    const feed = talk(...versions('003'), ['server', u32(2)], ['server', challenge]);
    expect(feed.printed[3]).toMatchObject({ event: 'security_type', security_type: 2 });
    const none = talk(...versions('008', '003'), ['server', u32(1)], ['client', Buffer.from([0])]);
    expect(none.printed.at(-1)).toMatchObject({ event: 'client_init', screen_shared: false });
  });

  it('that the server ends tells why', () => {
    const list = talk(...versions('008'), [
      'server',
      Buffer.concat([Buffer.from([0]), counted('busy')]),
    ]);
    expect(list.printed[2]).toMatchObject({ server_security_failure_reason: 'busy' });
    const old = talk(...versions('003'), ['server', Buffer.concat([u32(0), counted('busy')])]);
    expect(old.printed[2]).toMatchObject({ server_security_failure_reason: 'busy' });
  });

  it('is followed though a side speaks before its turn', () => {
    const feed = talk(
      ...versions('008'),
      ['server', Buffer.from([1, 1])],
      ['client', Buffer.from([1, 1])],
      ['server', u32(0)],
      ['server', init('late')],
      ['client', Buffer.from([2, 0, 0, 0])],
      ['server', Buffer.from([0])],
    );
    expect(feed.events.map(({ event }) => event)).toEqual([
      ...['protocol_version', 'protocol_version', 'security_types', 'security_type'],
      ...['security_result', 'client_init', 'server_init'],
    ]);
  });

  it('goes through Tight and VeNCrypt to what they choose', () => {
    const capability = (code: number) => Buffer.concat([u32(code), text('STDVVNCAUTH_')]);
    const tight = talk(
      ...versions('008'),
      ['server', Buffer.from([1, 16])],
      ['client', Buffer.from([16])],
      ['server', Buffer.concat([u32(0), u32(1), capability(2)])],
      ['client', u32(2)],
      ['server', challenge],
      ['client', response],
      ['server', u32(0)],
    );
    expect(tight.printed[3]).toMatchObject({
      security_type: 16,
      subtype_name: 'vnc_authentication',
    });
    expect(tight.printed.at(-1)).toMatchObject({ security_result: 'OK' });

    const start = [
      ...versions('008'),
      ['server', Buffer.from([1, 19])],
      ['client', Buffer.from([19])],
      ['server', Buffer.from([0, 2])],
      ['client', Buffer.from([0, 2])],
      ['server', Buffer.concat([Buffer.from([0, 2]), u32(260, 256)])],
    ] as const;
    const tls = talk(...start, ['client', u32(260)], ['server', Buffer.from([1])]);
    expect(tls.printed[3]).toMatchObject({ name: 'vencrypt', subtype_name: 'x509_none' });
    expect(tls.parser.handover).toBe(true);
    const plain = talk(
      ...start,
      ['client', Buffer.concat([u32(256), u32(5, 6), text('adminsecret')])],
      ['server', u32(0)],
    ).close();
    expect(plain.printed[4]).toMatchObject({
      username: 'admin',
      password: expect.stringMatching(/^hmac/),
    });
    expect([...plain.into.of('login')]).toMatchObject([{ user: 'admin', outcome: 'accepted' }]);
  });

  it('is of whoever greets, though it opened the connection', () => {
    const feed = new Feed(rfbDecoder, flow, rfbObserver)
      .data(text('RFB 003.008\n'), 0)
      .data(text('RFB 003.008\n'), 1)
      .close();
    expect([...feed.into.of('administration')]).toMatchObject([{ client: 2, server: 1 }]);
  });

  it('survives anything', () => {
    const samples = [
      Buffer.concat([text('RFB 003.008\n'), Buffer.from([2, 1, 2]), u32(0), init('x')]),
      Buffer.concat([text('RFB 003.003\n'), u32(2), challenge, u32(1), counted('no')]),
      Buffer.concat([text('RFB 003.008\n'), Buffer.from([1, 16]), u32(1), Buffer.alloc(40, 1)]),
    ];
    expectUnharmed({ decoder: rfbDecoder, flow, observer: rfbObserver, samples });
  });
});
