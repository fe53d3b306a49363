/**
 * For tests: what hostile input does to a decoder and its observer. Every sample is cut at each offset, mutated, and
 * mixed with random bytes; nothing may throw, and every event must be of the decoder's protocols.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { Feed, testFlow } from '../../src/capture/decode/testing.ts';
import type { Decoder, Flow } from '../../src/capture/decoder.ts';
import type { Observer } from '../../src/capture/observe/observer.ts';

export interface HostileOptions {
  readonly decoder: Decoder;
  readonly flow: Partial<Flow>;
  readonly observer: Observer;
  /** Well-formed messages, or beginnings of streams. */
  readonly samples: readonly Uint8Array[];
  readonly runs?: number;
}

export function expectUnharmed({
  decoder,
  flow,
  observer,
  samples,
  runs = 1_500,
}: HostileOptions): void {
  const offer = (bytes: Uint8Array, direction: 0 | 1): void => {
    decoder.recognise(bytes, 0, bytes.length, direction, testFlow(flow));
    const feed = new Feed(decoder, flow, observer);
    feed
      .data(bytes, direction)
      .data(bytes, direction === 0 ? 1 : 0)
      .gap(10, 0)
      .close();
    for (const event of feed.printed) expect(observer.protocols).toContain(event.protocol);
  };
  for (const sample of samples)
    for (let cut = 0; cut <= sample.length; cut++) offer(sample.subarray(0, cut), 0);
  const mutated = fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { minLength: 1, maxLength: 12 }),
      fc.nat(2_000),
    )
    .map(([sample, changes, cut]) => {
      const bytes = Uint8Array.from(sample);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, cut % 4 === 0 ? cut % (bytes.length + 1) : bytes.length);
    });
  const input = fc.oneof({ weight: 4, arbitrary: mutated }, fc.uint8Array({ maxLength: 400 }));
  fc.assert(fc.property(input, fc.constantFrom(0 as const, 1 as const), offer), { numRuns: runs });
}

/** First bytes of other protocols, which a recogniser must leave alone on a port that is not its own. */
export const OTHERS: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  Object.entries({
    http: 'GET / HTTP/1.1\r\nHost: a.example\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n',
    ssh: 'SSH-2.0-OpenSSH_9.2\r\n',
    ftp: '220 ready\r\n',
    telnet: '\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27',
    mqtt: '\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04lamp',
    tls: `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\x5a\xc3'.repeat(40)}`,
    dtls: `\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x3e\x01\x00\x00\x32${'\x5a\xc3'.repeat(40)}`,
    ssdp: 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 3\r\nST: ssdp:all\r\n\r\n',
    coap: '\x40\x01\x7d\x34\xbb.well-known\x04core',
    sip: 'REGISTER sip:a.example SIP/2.0\r\nVia: SIP/2.0/UDP a.example\r\n\r\n',
    rtsp: 'OPTIONS rtsp://a.example/ RTSP/1.0\r\nCSeq: 1\r\n\r\n',
    quic: `\xc3\x00\x00\x00\x01\x08${'\x9d\x41'.repeat(60)}`,
    snmp: '\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00',
    stun: '\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x04test',
    rtp: `\x80\x60\x12\x34\x00\x00\x10\x00\x11\x22\x33\x44${'\x77\x13'.repeat(80)}`,
    tftp: '\x00\x01firmware.bin\x00octet\x00',
    zeros: '\x00'.repeat(64),
  }).map(([name, text]) => [name, Buffer.from(text, 'latin1')]),
);

/**
 * How many of a million runs of noise a recogniser claims, on a port that is not its own. Lengths are those of small and
 * of full datagrams; the noise is the same in every run.
 */
export function claimsOfNoise(decoder: Decoder, flow: Partial<Flow>, tries = 1_000_000): number {
  const noise = Buffer.alloc(1 << 20);
  let state = 0x9e3779b9;
  for (let i = 0; i < noise.length; i++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    noise[i] = state >>> 24;
  }
  const lengths = [12, 20, 48, 120, 300, 1250];
  const strange = testFlow({ clientPort: 51_234, serverPort: 50_999, ...flow });
  let claims = 0;
  for (let i = 0; i < tries; i++) {
    const start = (i * 7) % (noise.length - 1250);
    const end = start + lengths[i % lengths.length]!;
    if (decoder.recognise(noise, start, end, 0, strange) === 'yes') claims++;
  }
  return claims;
}
