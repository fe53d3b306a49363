import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { adbObserver } from '../observe/adb.ts';
import { adbDecoder } from './adb.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { serverPort: 5555 } as const;
const message = (command: string, first: number, second: number, text = ''): Buffer => {
  const data = Buffer.from(text, 'latin1');
  const head = Buffer.alloc(24);
  head.write(command);
  head.writeUInt32LE(first, 4);
  head.writeUInt32LE(second, 8);
  head.writeUInt32LE(data.length, 12);
  head.writeUInt32LE((head.readUInt32LE(0) ^ 0xffff_ffff) >>> 0, 20);
  return Buffer.concat([head, data]);
};
const VERSION = 0x0100_0001;
const host = message('CNXN', VERSION, 1 << 20, 'host::features=cmd,shell_v2');
const device = message(
  ...(['CNXN', VERSION, 1 << 20] as const),
  'device::ro.product.name=box;ro.product.model=TV Box 4;ro.product.device=p281;features=cmd\0',
);
const token = message('AUTH', 1, 0, 'x'.repeat(20));
const recognise = (bytes: Uint8Array): string =>
  adbDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ serverPort: 9_999 }));
const talk = (...said: (readonly [Buffer, 0 | 1])[]): Feed => {
  const feed = new Feed(adbDecoder, flow, adbObserver);
  for (const [bytes, direction] of said) feed.data(bytes, direction);
  return feed;
};
const sessions = (feed: Feed) => [...feed.close().into.of('administration')];

describe('recognition', () => {
  it('knows the first message on any port by its two marks', () => {
    expect(recognise(host)).toBe('yes');
    expect(recognise(message('STLS', 0x0100_0000, 0))).toBe('yes');
    expect(recognise(host.subarray(0, 10))).toBe('more');
    expect(recognise(message('OPEN', 1, 0, 'shell:'))).toBe('no');
    const wrong = Buffer.from(host);
    wrong[20]! ^= 1;
    expect(recognise(wrong)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(adbDecoder, {})).toBe(0);
  });
});

describe('a session', () => {
  it('without a key is open to anybody', () => {
    const feed = talk(
      [host, 0],
      [device, 1],
      [message('OPEN', 1, 0, 'shell:id; curl -H token=abcdef1234\0'), 0],
    );
    expect(feed.printed).toMatchObject([
      { event: 'connect', version: '1000001', system_type: 'host', features: ['cmd', 'shell_v2'] },
      {
        event: 'connect',
        system_type: 'device',
        product: 'box',
        model: 'TV Box 4',
        device: 'p281',
      },
      { event: 'open', service: expect.stringMatching(/^shell:id; curl -H token=hmac/) },
    ]);
    expect(JSON.stringify(feed.printed)).not.toContain('abcdef1234');
    expect(sessions(feed)).toMatchObject([
      {
        ...{ protocol: 'adb', answered: true, security: 'none', access: 'granted' },
        anonymous: true,
        target: 'shell',
      },
    ]);
    expect([...feed.into.of('identification')]).toMatchObject([
      { server: 2, model: 'TV Box 4', more: { product: 'box', device: 'p281' } },
    ]);
  });

  it('with a key is let in, or not', () => {
    const key = [message('AUTH', 2, 0, 's'.repeat(256)), 0] as const;
    expect(sessions(talk([host, 0], [token, 1], key, [device, 1]))).toMatchObject([
      { security: 'adb_key', access: 'granted', anonymous: false },
    ]);
    expect(sessions(talk([host, 0], [token, 1], key))).toMatchObject([
      { security: 'adb_key', access: 'unknown', answered: true },
    ]);
    expect(sessions(talk([host, 0]))).toMatchObject([{ answered: false, access: 'unknown' }]);
  });

  it('goes over to TLS when both say so', () => {
    const tls = message('STLS', 0x0100_0000, 0);
    const feed = talk([host, 0], [tls, 1], [tls, 0]);
    expect(feed.parser.handover).toBe(true);
    expect(sessions(feed)).toMatchObject([{ security: 'tls', answered: true }]);
  });

  it('skips what is carried, and reports what is no message', () => {
    const feed = talk(
      [host, 0],
      [device, 1],
      [message('WRTE', 1, 2, 'z'.repeat(9_000)), 1],
      [device, 1],
    );
    expect(feed.events).toHaveLength(3);
    expect(talk([host, 0], [Buffer.alloc(30, 0x41), 0]).printed.at(-1)).toMatchObject({
      reason: 'not a message',
    });
  });

  it('survives anything', () => {
    const samples = [host, Buffer.concat([device, token, message('OPEN', 1, 0, 'sync:\0')])];
    expectUnharmed({ decoder: adbDecoder, flow, observer: adbObserver, samples });
  });
});
