import { describe, expect, it } from 'vitest';
import { conversations } from '../../../test/support/peers.ts';
import { Observations } from '../observations.ts';
import { natsObserver } from '../observe/nats.ts';
import { natsDecoder } from './nats.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const text = (lines: string) => Buffer.from(lines.replaceAll('\n', '\r\n'));
const info = text('INFO {"server_id":"A","version":"2.9.10","auth_required":true}\n');
const connect = (fields: object) => text(`CONNECT ${JSON.stringify(fields)}\n`);
const recognise = (bytes: string, flow = {}) => {
  const buffer = Buffer.from(bytes);
  return natsDecoder.recognise(
    buffer,
    0,
    buffer.length,
    0,
    testFlow({ serverPort: 4222, ...flow }),
  );
};

describe('recognition', () => {
  it('knows how both sides begin, on any port', () => {
    expect(recognise('INFO {"server_id":', { serverPort: 9 })).toBe('yes');
    expect(recognise('CONNECT {"verbose":', { serverPort: 9 })).toBe('yes');
    expect(recognise('INFO', { serverPort: 9 })).toBe('more');
    expect(recognise('CONNECT a.example:443 HTTP/1.1\r\n')).toBe('no');
    expect(recognise('INFO sip:a@b SIP/2.0\r\n')).toBe('no');
  });

  it('takes up a running connection on its port only', () => {
    const midstream = { openingSeen: false };
    expect(recognise('PUB a.b 3\r\nabc\r\n', midstream)).toBe('yes');
    expect(recognise('PUB a.b 3\r\nabc\r\n')).toBe('no');
    expect(recognise('PUB a.b 3\r\nabc\r\n', { ...midstream, serverPort: 9 })).toBe('no');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(natsDecoder, { openingSeen: false, serverPort: 4222 })).toBe(0);
  });
});

describe('lines', () => {
  it('are read by their verbs, payloads stepped over', () => {
    const feed = new Feed(natsDecoder).data(info, 1).data(connect({ name: 'gate', lang: 'go' }), 0);
    feed.data(
      text('SUB gate.* workers 7\nPUB gate.open 0\n\npub gate.open reply 5\nPUB x\nHPUB a 12 14\n'),
      0,
    );
    feed.data(text('NATS/1.0\n\n\n12\nPING\n'), 0);
    feed.data(text("+OK\nMSG gate.open 7 3\nabc\n-ERR 'Slow Consumer'\n"), 1);
    expect(
      feed.printed.map(({ event, subject, payload_length, queue_group, reason }) =>
        [event, subject, payload_length ?? queue_group ?? reason].join(' ').trim(),
      ),
    ).toEqual([
      'info',
      'connect',
      'sub gate.* workers',
      'pub gate.open 0',
      'pub gate.open 5',
      'hpub a 14',
      'ping',
      'ok',
      'msg gate.open 3',
      'err  Slow Consumer',
    ]);
  });

  it('seals passwords and tokens', () => {
    const feed = new Feed(natsDecoder).data(info, 1);
    feed
      .data(connect({ user: 'ada', pass: 'lovelace' }), 0)
      .data(connect({ auth_token: 'tok-12345' }), 0);
    expect(feed.printed.slice(1)).toMatchObject([
      { username: 'ada', password: feed.secrets.seal('lovelace').hash },
      { auth_token: feed.secrets.seal('tok-12345').hash },
    ]);
    expect(JSON.stringify(feed.events)).not.toMatch(/lovelace|tok-12345/);
  });

  it('turn to TLS where the client begins a handshake', () => {
    const feed = new Feed(natsDecoder).data(info, 1).data(Buffer.from([0x16, 3, 1, 0, 5]), 0);
    expect((feed.parser as { handover?: boolean }).handover).toBe(true);
  });

  it.each([
    ['no JSON', 'CONNECT {"a":\n', 'no JSON'],
    ['an unknown verb', 'GET / HTTP/1.1\n', 'unknown verb'],
    ['a payload without length', 'PUB a.b c\n', 'payload length'],
  ])('report %s', (_, line, reason) => {
    expect(new Feed(natsDecoder).data(info, 1).data(text(line), 0).printed[1]).toMatchObject({
      event: 'malformed',
      reason,
    });
  });
});

describe('observations', () => {
  it('tells whether a sign-in was accepted', () => {
    const into = new Observations();
    for (const [fields, answer] of [
      [{ user: 'a', pass: 'pw-of-a' }, 'PONG\n'],
      [{ user: 'a', pass: 'guess' }, "-ERR 'Authorization Violation'\n"],
      [{ jwt: 'eyJ', nkey: 'UABC' }, '+OK\n'],
      [{ verbose: false }, 'PONG\n'],
    ] as const) {
      const feed = new Feed(natsDecoder, {}, natsObserver, into).data(info, 1);
      feed.data(connect(fields), 0).data(text(answer), 1).close();
    }
    expect(into.of('login').map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'user_pass accepted',
      'user_pass refused',
      'jwt accepted',
      'anonymous accepted',
    ]);
  });
});

describe('hostile input', () => {
  it('never throws', () => {
    for (const conversation of conversations('nats'))
      expect(endure(natsDecoder, conversation, {}, natsObserver)).toBeGreaterThan(0);
  });
});
