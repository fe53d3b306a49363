/** Frames for the tests of this room: Ethernet, IPv4, IPv6, TCP and UDP, built from the inside out. */
import type { Dissector } from './dissect.ts';

export const ETHERNET = 1;

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function udp(sourcePort: number, targetPort: number, payload: Uint8Array): Buffer {
  return Buffer.concat([
    u16(sourcePort),
    u16(targetPort),
    u16(8 + payload.length),
    u16(0),
    payload,
  ]);
}

export interface TcpFields {
  readonly from: number;
  readonly to: number;
  readonly sequence?: number;
  readonly acknowledges?: number;
  /** Letters of S, A, F, R. */
  readonly flags?: string;
  readonly payload?: Uint8Array;
}

export function tcp({
  from,
  to,
  sequence = 0,
  acknowledges = 0,
  flags = 'A',
  payload,
}: TcpFields): Buffer {
  const bits =
    (flags.includes('F') ? 1 : 0) | (flags.includes('S') ? 2 : 0) | (flags.includes('R') ? 4 : 0);
  const control = Buffer.from([0x50, bits | (flags.includes('A') ? 16 : 0)]);
  const header = [u16(from), u16(to), u32(sequence), u32(acknowledges), control, u16(1024), u32(0)];
  return Buffer.concat([...header, payload ?? Buffer.alloc(0)]);
}

export interface Ipv4Options {
  readonly id?: number;
  /** In bytes, a multiple of 8. */
  readonly offset?: number;
  readonly more?: boolean;
}

export function ipv4(
  source: string,
  target: string,
  protocol: number,
  payload: Uint8Array,
  options: Ipv4Options = {},
): Buffer {
  const fragment = ((options.more ? 0x2000 : 0) | ((options.offset ?? 0) >>> 3)) & 0xffff;
  return Buffer.concat([
    Buffer.from([0x45, 0]),
    u16(20 + payload.length),
    u16(options.id ?? 0),
    u16(fragment),
    Buffer.from([64, protocol]),
    u16(0),
    Buffer.from(source.split('.').map(Number)),
    Buffer.from(target.split('.').map(Number)),
    payload,
  ]);
}

/** @param extensions - headers between the fixed one and the payload, each [type, bytes after its first]. */
export function ipv6(
  source: Uint8Array,
  target: Uint8Array,
  protocol: number,
  payload: Uint8Array,
  extensions: readonly (readonly [number, Uint8Array])[] = [],
): Buffer {
  const chain = extensions.map(([, bytes], index) =>
    Buffer.concat([Buffer.from([extensions[index + 1]?.[0] ?? protocol]), bytes]),
  );
  const body = Buffer.concat([...chain, payload]);
  const first = extensions[0]?.[0] ?? protocol;
  return Buffer.concat([
    u32(0x60000000),
    u16(body.length),
    Buffer.from([first, 64]),
    source,
    target,
    body,
  ]);
}

/** A link-local address with the given last byte. */
export function linkLocal(last: number): Buffer {
  return Buffer.concat([Buffer.from([0xfe, 0x80]), Buffer.alloc(13), Buffer.from([last])]);
}

export function mac(last: number): Buffer {
  return Buffer.from([0x02, 0, 0, 0, 0, last]);
}

export function ethernet(
  source: Uint8Array,
  target: Uint8Array,
  type: number,
  payload: Uint8Array,
): Buffer {
  return Buffer.concat([target, source, u16(type), payload]);
}

/** Hands frames to a dissector, a second apart unless a time is given. */
export class Feed {
  #second = 1_700_000_000;
  readonly #dissector: Dissector;

  constructor(dissector: Dissector) {
    this.#dissector = dissector;
    dissector.beginFile(0);
  }

  frame(
    bytes: Uint8Array,
    linkType = ETHERNET,
    original = bytes.length,
    second = this.#second++,
  ): void {
    this.#dissector.frame(bytes, 0, bytes.length, original, linkType, second, 0);
  }
}
