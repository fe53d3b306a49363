import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { rdpObserver } from '../observe/rdp.ts';
import { rdpDecoder } from './rdp.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { serverPort: 3389 } as const;
const packet = (code: number, rest: Buffer): Buffer => {
  const length = 11 + rest.length;
  return Buffer.concat([
    Buffer.from([3, 0, length >> 8, length & 255, length - 5, code, 0, 0, 0, 0, 0]),
    rest,
  ]);
};
const negotiation = (type: number, value: number): Buffer =>
  Buffer.from([type, 0, 8, 0, value, 0, 0, 0]);
const request = packet(
  0xe0,
  Buffer.concat([Buffer.from('Cookie: mstshash=ada\r\n'), negotiation(1, 3)]),
);
const confirm = (type: number, value: number): Buffer => packet(0xd0, negotiation(type, value));
const recognise = (bytes: Uint8Array, serverPort = 9_999): string =>
  rdpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ serverPort }));

describe('recognition', () => {
  it('knows request and confirmation on any port', () => {
    expect(recognise(request)).toBe('yes');
    expect(recognise(confirm(2, 1))).toBe('yes');
    expect(recognise(confirm(3, 5))).toBe('yes');
    expect(recognise(request.subarray(0, 20))).toBe('more');
  });

  it('takes a request without anything on its port only, since others have it too', () => {
    const bare = packet(0xe0, Buffer.alloc(0));
    expect(recognise(bare)).toBe('no');
    expect(recognise(bare, 3389)).toBe('yes');
  });

  it('leaves S7 and MMS alone, which are built upon the same', () => {
    const s7 = Buffer.from('0300001611e00000000100c0010ac1020100c2020102', 'hex');
    expect(recognise(s7)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!, 3389)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(rdpDecoder, {})).toBe(0);
  });
});

describe('the connection sequence', () => {
  const run = (...said: [Buffer, 0 | 1][]) => {
    const feed = new Feed(rdpDecoder, flow, rdpObserver);
    for (const [bytes, direction] of said) feed.data(bytes, direction);
    return feed;
  };

  it('names what is asked for and what is agreed on, and hands TLS on', () => {
    const feed = run([request, 0], [confirm(2, 2), 1]).close();
    expect(feed.printed).toEqual([
      {
        ...{ protocol: 'rdp', event: 'connection_request', cookie: 'ada' },
        requested_protocols: ['SSL', 'HYBRID'],
      },
      { protocol: 'rdp', event: 'connection_confirm', security_protocol: 'HYBRID' },
    ]);
    expect(feed.parser.handover).toBe(true);
    expect([...feed.into.of('administration')]).toMatchObject([
      { protocol: 'rdp', answered: true, security: 'nla', access: 'unknown', client: 1, server: 2 },
    ]);
  });

  it('tells why it was refused', () => {
    const feed = run([request, 0], [confirm(3, 5), 1]).close();
    expect(feed.printed[1]).toMatchObject({ failure: 'HYBRID_REQUIRED_BY_SERVER' });
    expect(feed.parser.done).toBe(true);
    expect([...feed.into.of('administration')]).toMatchObject([{ access: 'refused' }]);
  });

  it('reports a negotiation that contradicts its length', () => {
    const feed = run([request, 0], [packet(0xd0, Buffer.from('0203000001000000', 'hex')), 1]);
    expect(feed.printed.slice(1)).toMatchObject([
      { event: 'malformed', reason: 'invalid negotiation', readable: true },
      { event: 'connection_confirm' },
    ]);
    expect(feed.events[2]).toMatchObject({ security_protocol: undefined });
  });

  it('that nobody answered is only an attempt', () => {
    const feed = run([request, 0]).close();
    expect([...feed.into.of('administration')]).toMatchObject([{ answered: false }]);
  });

  it('reads a token for a load balancer', () => {
    const routed = packet(0xe0, Buffer.from('Cookie: msts=3640205228.15629.0000\r\n'));
    expect(run([routed, 0]).printed).toMatchObject([
      { routing_token: '3640205228.15629.0000', requested_protocols: ['RDP'] },
    ]);
  });

  it('survives anything', () => {
    const data = Buffer.concat([
      Buffer.from('0300006402f0807f6582004004', 'hex'),
      Buffer.from('Duca'),
      Buffer.alloc(100, 3),
    ]);
    const samples = [request, confirm(2, 0), Buffer.concat([confirm(2, 0), data]), data];
    expectUnharmed({ decoder: rdpDecoder, flow, observer: rdpObserver, samples });
  });
});
