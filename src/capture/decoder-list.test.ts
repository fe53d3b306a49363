/** Which decoders a payload is offered to: likeliest first, and only those that may begin so. */
import { describe, expect, test } from 'vitest';
import { testFlow } from './decode/testing.ts';
import type { Carrier, Decoder } from './decoder.ts';
import { byCarrier } from './decoder-list.ts';
import { decoders } from './decoders.ts';

describe('the list', () => {
  const decoder = (protocol: string, ports: number[], firstBytes?: number[]): Decoder => ({
    protocol,
    carriers: ['tcp'],
    ports,
    ...(firstBytes && { firstBytes }),
    recognise: () => 'no',
    open: () => ({ data: () => 0 }),
  });
  const list = byCarrier([
    decoder('a', [1], [0x41]),
    decoder('b', [2]),
    decoder('c', [3], [0x42, 0x43]),
  ]).get('tcp');
  const offered = (target: number, source: number, byte: number) =>
    list
      ?.likeliestFirst(target, source)
      .startingWith(byte)
      .map(({ protocol }) => protocol);

  test('begins with those of the port, of either end', () => {
    expect(offered(9, 9, 0x41)).toEqual(['a', 'b']);
    expect(offered(2, 9, 0x41)).toEqual(['b', 'a']);
    expect(offered(9, 3, 0x42)).toEqual(['c', 'b']);
  });

  test('leaves out those that cannot begin with the byte', () => {
    expect(offered(9, 9, 0x43)).toEqual(['b', 'c']);
    expect(offered(1, 9, 0x00)).toEqual(['b']);
  });
});

describe('a decoder that tells its first bytes says no to all others', () => {
  const lengths = [1, 2, 4, 8, 12, 20, 44, 300];

  for (const decoder of decoders.filter(({ firstBytes }) => firstBytes)) {
    test(decoder.protocol, () => {
      const foreign = Array.from({ length: 256 }, (_, byte) => byte).filter(
        (byte) => !decoder.firstBytes?.includes(byte),
      );
      expect(foreign.length).toBeGreaterThan(0);
      for (const carrier of decoder.carriers) {
        for (const serverPort of [40_001, ...decoder.ports]) {
          const flow = testFlow({ carrier, serverPort });
          for (const byte of foreign) expect(answers(decoder, carrier, byte, flow)).toEqual(['no']);
        }
      }
    });
  }

  /** What it says to payloads with that first byte: all alike, counting up, and of every length. */
  function answers(
    decoder: Decoder,
    carrier: Carrier,
    byte: number,
    flow: ReturnType<typeof testFlow>,
  ): string[] {
    const said = new Set<string>();
    for (const fill of [0, byte, 0x20, 0xff]) {
      for (const step of [0, 1]) {
        const bytes = Uint8Array.from({ length: 300 }, (_, i) => fill + step * i);
        bytes[0] = byte;
        for (const length of lengths) {
          said.add(decoder.recognise(bytes, 0, length, 0, flow));
          if (carrier === 'tcp') said.add(decoder.recognise(bytes, 0, length, 1, flow));
        }
      }
    }
    return [...said];
  }
});
