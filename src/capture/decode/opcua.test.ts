import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import { Observations } from '../observations.ts';
import { opcuaObserver } from '../observe/opcua.ts';
import { opcuaDecoder } from './opcua.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const text = (value: string | undefined): Buffer =>
  value === undefined
    ? u32(-1)
    : Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const service = (type: number): Buffer => Buffer.from([1, 0, type & 255, type >> 8]);
/** Null token, time, handle, no diagnostics, no audit entry, no timeout, nothing more. */
const requestHeader = Buffer.concat([
  Buffer.alloc(2 + 8 + 4 + 4),
  text(undefined),
  u32(0),
  bytesOf('000000'),
]);
const responseHeader = (status: number): Buffer =>
  Buffer.concat([Buffer.alloc(12), u32(status), Buffer.alloc(1), u32(-1), bytesOf('000000')]);
const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), u32(8 + body.length), body]);
};
const msg = (id: number, ...parts: Buffer[]): Buffer =>
  message('MSGF', u32(7), u32(1), u32(id), u32(id), ...parts);
const policy = (name: string) => text(`http://opcfoundation.org/UA/SecurityPolicy#${name}`);
const open = (name: string, mode = 1): Buffer =>
  message(
    'OPNF',
    u32(7),
    policy(name),
    text(undefined),
    text(undefined),
    u32(1),
    u32(1),
    ...(name === 'None'
      ? [service(446), requestHeader, u32(0), u32(0), u32(mode), text(undefined), u32(60_000)]
      : [Buffer.alloc(64, 0xa7)]),
  );
const hello = message('HELF', Buffer.alloc(20), text('opc.tcp://press:4840'));
const userName = (password: Buffer, algorithm: string | undefined): Buffer => {
  const token = Buffer.concat([
    text('policy'),
    text('operator'),
    u32(password.length),
    password,
    text(algorithm),
  ]);
  return Buffer.concat([
    service(467),
    requestHeader,
    text(undefined),
    text(undefined),
    u32(-1),
    u32(-1),
    service(324),
    Buffer.from([1]),
    u32(token.length),
    token,
    text(undefined),
    text(undefined),
  ]);
};
const recognise = (bytes: Uint8Array) =>
  opcuaDecoder.recognise(bytes, 0, bytes.length, 0, testFlow());

describe('recognition', () => {
  it('knows each message by its type, chunk and size, whatever the port', () => {
    expect(recognise(hello)).toBe('yes');
    expect(recognise(open('None'))).toBe('yes');
    expect(recognise(msg(1, service(631), requestHeader))).toBe('yes');
    for (let length = 0; length < 8; length++)
      expect(recognise(hello.subarray(0, length))).toBe('more');
  });

  it.each([
    'HELO mail.example\r\n',
    'MSG hello\r\n',
    'ERROR closing link\r\n',
    'OPTIONS / HTTP/1.1\r\n',
  ])('leaves %j alone', (other) => {
    expect(recognise(Buffer.from(other))).toBe('no');
  });

  it('is not taken in by noise, nor by absurd sizes', () => {
    expect(claimsOfNoise(opcuaDecoder, {})).toBe(0);
    const huge = Buffer.from(hello);
    huge.writeUInt32LE(0x7000_0000, 4);
    expect(recognise(huge)).toBe('no');
  });
});

describe('messages', () => {
  it('seals a password that travels in clear, and tells one that is encrypted', () => {
    const feed = new Feed(opcuaDecoder)
      .data(hello, 0)
      .data(open('None'), 0)
      .data(msg(3, userName(Buffer.from('hydraulics'), undefined)), 0)
      .data(msg(4, userName(Buffer.alloc(256, 1), 'http://www.w3.org/2001/04/xmlenc#rsa-oaep')), 0);
    expect(JSON.stringify(feed.events)).not.toContain('hydraulics');
    expect(feed.printed.slice(2)).toMatchObject([
      {
        event: 'activate_session_request',
        user_token: 'user_name',
        username: 'operator',
        token_encrypted: false,
        password: feed.secrets.seal('hydraulics').hash,
      },
      { user_token: 'user_name', token_encrypted: true },
    ]);
    expect(feed.printed[3]).not.toHaveProperty('password');
  });

  it('reads signed messages of a protected channel, and says of encrypted ones that they are', () => {
    const feed = new Feed(opcuaDecoder)
      .data(open('Basic256Sha256'), 0)
      .data(
        msg(2, service(631), requestHeader, Buffer.alloc(8), u32(0), u32(0), Buffer.alloc(32, 9)),
        0,
      )
      .data(msg(3, Buffer.alloc(80, 0xc5)), 0)
      .data(msg(4, Buffer.alloc(80, 0xc6)), 0);
    expect(feed.printed.map(({ event }) => event)).toEqual([
      'open_secure_channel_request',
      'read_request',
      'encrypted_message',
    ]);
    expect(feed.printed[1]).toMatchObject({ signed: true });
  });

  it('reads a message in chunks from its first, and steps over the others and what was given up', () => {
    const chunk = (kind: string, id: number, ...parts: Buffer[]) =>
      message(`MSG${kind}`, u32(7), u32(1), u32(id), u32(id), ...parts);
    const feed = new Feed(opcuaDecoder)
      .data(open('None'), 0)
      .data(chunk('C', 2, service(428), requestHeader, text('opc.tcp://press')), 0)
      .data(chunk('C', 2, Buffer.alloc(40_000, 7)), 0)
      .data(chunk('F', 2, Buffer.alloc(100, 7)), 0)
      .data(chunk('C', 3, service(631), requestHeader), 0)
      .data(chunk('A', 3, u32(0x8008_0000), text('given up')), 0)
      .data(msg(4, service(473), requestHeader, Buffer.from([1])), 0);
    expect(feed.printed.map(({ event }) => event)).toEqual([
      'open_secure_channel_request',
      'get_endpoints_request',
      'read_request',
      'close_session_request',
    ]);
  });

  it('reads a reverse hello, errors and faults', () => {
    const feed = new Feed(opcuaDecoder)
      .data(message('RHEF', text('urn:press4'), text('opc.tcp://press:4840')), 0)
      .data(message('ERRF', u32(0x8055_0000), text('no')), 1)
      .data(open('None'), 0)
      .data(msg(9, service(397), responseHeader(0x8025_0000)), 1);
    expect(feed.printed).toMatchObject([
      { event: 'reverse_hello', server_uri: 'urn:press4', endpoint_url: 'opc.tcp://press:4840' },
      { event: 'error', status: 'BadSecurityPolicyRejected', reason: 'no' },
      {},
      { event: 'service_fault', status: 'BadSessionIdInvalid', request_id: 9 },
    ]);
  });

  it('reports what breaks the specification, and goes on behind it', () => {
    const feed = new Feed(opcuaDecoder)
      .data(open('None'), 0)
      .data(message('HELF', Buffer.alloc(20), u32(1 << 20)), 0)
      .data(msg(2, Buffer.from('no service')), 0)
      .data(msg(3, service(473), requestHeader, Buffer.from([1])), 0);
    expect(feed.printed.map(({ event, reason }) => reason ?? event)).toEqual([
      'open_secure_channel_request',
      'string beyond the message',
      'unknown service',
      'close_session_request',
    ]);
  });
});

describe('observations', () => {
  it('notes a password in clear as a sign-in, with its outcome, and masks its packet', () => {
    const into = new Observations();
    new Feed(opcuaDecoder, {}, opcuaObserver, into)
      .data(open('None'), 0)
      .data(msg(3, userName(Buffer.from('hydraulics'), undefined)), 0)
      .data(msg(3, service(470), responseHeader(0x801f_0000)), 1)
      .close();
    expect(into.of('login')).toMatchObject([
      { protocol: 'opcua', user: 'operator', outcome: 'refused' },
    ]);
    const [channel] = into.of('opcua');
    expect(channel).toMatchObject({
      securityPolicy: 'None',
      securityMode: 'none',
      use: 'session',
      session: 'refused',
      userToken: 'user_name',
      passwordInClear: true,
    });
    expect(channel?.secrets.map((secret) => Buffer.from(secret.reveal()).toString())).toEqual([
      'hydraulics',
    ]);
  });
});

describe('hostile input', () => {
  const all = conversations('opcua');

  it('reads the same whatever the pieces', () => {
    const [, session] = all;
    const whole = new Feed(opcuaDecoder);
    for (const [bytes, direction] of session!) whole.data(bytes, direction);
    expect(whole.printed.length).toBeGreaterThan(15);
    const pieces = new Feed(opcuaDecoder);
    for (const [bytes, direction] of session!)
      for (let at = 0; at < bytes.length; at += 7)
        pieces.data(bytes.subarray(at, at + 7), direction);
    expect(pieces.printed).toEqual(whole.printed);
  });

  it('never throws', () => {
    for (const conversation of all) {
      expect(endure(opcuaDecoder, conversation, {}, opcuaObserver, 60)).toBeGreaterThan(0);
    }
  });
});
