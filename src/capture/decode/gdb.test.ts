import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { conversations } from '../../../test/support/peers.ts';
import { gdbObserver } from '../observe/gdb.ts';
import { gdbDecoder } from './gdb.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { serverPort: 2345 } as const;
const packet = (text: string): Buffer => {
  const sum = [...Buffer.from(text)].reduce((total, byte) => (total + byte) & 255, 0);
  return Buffer.from(`$${text}#${sum.toString(16).padStart(2, '0')}`);
};
const recognise = (text: string | Buffer): string => {
  const bytes = Buffer.from(text as string);
  return gdbDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ serverPort: 9_999 }));
};

describe('recognition', () => {
  it('knows a debugger’s first words on any port, by their sum', () => {
    expect(recognise(packet('qSupported:multiprocess+;swbreak+'))).toBe('yes');
    expect(recognise(`+${packet('vMustReplyEmpty')}`)).toBe('yes');
    expect(recognise(packet('?'))).toBe('yes');
    expect(recognise('$qSupported#00')).toBe('no');
    expect(recognise('+$qSuppor')).toBe('more');
    expect(recognise('$24#62 and more')).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(Buffer.from(OTHERS[protocol]!))).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(gdbDecoder, {})).toBe(0);
  });
});

it('follows gdb and gdbserver, each command named once', () => {
  const [said] = conversations('gdb');
  const feed = new Feed(gdbDecoder, flow, gdbObserver);
  for (const [bytes, direction] of said!) feed.data(bytes, direction);
  feed.close();
  const commands = feed.printed
    .filter(({ event }) => event === 'command')
    .map((each) => each.packet);
  expect(commands.slice(0, 3)).toEqual(['qSupported', 'vMustReplyEmpty', 'QStartNoAckMode']);
  expect(commands).toContain('m');
  expect(commands).toContain('vKill');
  expect(new Set(commands).size).toBe(commands.length);
  expect(feed.printed.find(({ event }) => event === 'reply')).toMatchObject({
    packet: expect.stringContaining('PacketSize='),
  });
  expect(feed.printed.filter(({ event }) => event === 'malformed')).toEqual([]);
  expect([...feed.into.of('administration')]).toMatchObject([
    {
      protocol: 'gdb',
      client: 1,
      answered: true,
      security: 'none',
      access: 'granted',
      anonymous: true,
    },
  ]);
});

it('an attempt without an answer is none', () => {
  const feed = new Feed(gdbDecoder, flow, gdbObserver).data(packet('qSupported'), 0).close();
  expect([...feed.into.of('administration')]).toMatchObject([
    { answered: false, access: 'unknown' },
  ]);
});

it('reports a wrong sum', () => {
  const feed = new Feed(gdbDecoder, flow)
    .data(packet('qSupported'), 0)
    .data(Buffer.from('$OK#00'), 1);
  expect(feed.printed[1]).toMatchObject({ event: 'malformed', reason: 'wrong checksum' });
});

it('survives anything', () => {
  const samples = [Buffer.concat([packet('qSupported'), packet('m1000,4'), packet('?')])];
  expectUnharmed({ decoder: gdbDecoder, flow, observer: gdbObserver, samples });
});
