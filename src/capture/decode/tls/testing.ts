/** For tests: messages and records built from their parts, and a stand-in for the dissector that collects events. */
import { SecretSealer } from '../../../base/index.ts';
import type { AppEvent, Decoder, Direction, Flow, PacketRef } from '../../decoder.ts';
import { Observations } from '../../observations.ts';
import { tlsObserver } from '../../observe/tls.ts';
import type { TlsEvent } from './events.ts';

export const u8 = (value: number): Buffer => Buffer.from([value]);
export const be16 = (value: number): Buffer => Buffer.from([value >>> 8, value & 255]);
export const be24 = (value: number): Buffer =>
  Buffer.from([value >>> 16, (value >>> 8) & 255, value & 255]);
const list16 = (values: readonly number[]): Buffer => Buffer.concat(values.map(be16));
/** A vector behind its length. */
export const vector8 = (body: Buffer): Buffer => Buffer.concat([u8(body.length), body]);
export const vector16 = (body: Buffer): Buffer => Buffer.concat([be16(body.length), body]);
export const vector24 = (body: Buffer): Buffer => Buffer.concat([be24(body.length), body]);

export interface HelloParts {
  readonly version?: number;
  readonly random?: Buffer;
  readonly sessionId?: Buffer;
  /** DTLS only. */
  readonly cookie?: Buffer;
  readonly ciphers?: readonly number[];
  /** Type and data, in order; none: no extensions at all. */
  readonly extensions?: readonly (readonly [number, Buffer])[];
}

export const extension = {
  serverName: (name: string): [number, Buffer] => [
    0,
    vector16(Buffer.concat([u8(0), vector16(Buffer.from(name))])),
  ],
  groups: (...values: number[]): [number, Buffer] => [10, vector16(list16(values))],
  pointFormats: (...values: number[]): [number, Buffer] => [11, vector8(Buffer.from(values))],
  signatureAlgorithms: (...values: number[]): [number, Buffer] => [13, vector16(list16(values))],
  alpn: (...names: (string | Buffer)[]): [number, Buffer] => [
    16,
    vector16(Buffer.concat(names.map((name) => vector8(Buffer.from(name as string))))),
  ],
  versions: (...values: number[]): [number, Buffer] => [43, vector8(list16(values))],
  keyShares: (...groups: number[]): [number, Buffer] => [
    51,
    vector16(Buffer.concat(groups.flatMap((group) => [be16(group), vector16(Buffer.alloc(32))]))),
  ],
};

/** The body of a ClientHello. */
export function clientHello(parts: HelloParts = {}): Buffer {
  const { version = 0x0303, random = Buffer.alloc(32, 1), sessionId = Buffer.alloc(0) } = parts;
  return Buffer.concat([
    be16(version),
    random,
    vector8(sessionId),
    parts.cookie ? vector8(parts.cookie) : Buffer.alloc(0),
    vector16(list16(parts.ciphers ?? [0xc02f])),
    vector8(u8(0)),
    extensionsOf(parts),
  ]);
}

/** The body of a ServerHello that chooses `cipher`. */
export function serverHello(cipher: number, parts: HelloParts = {}): Buffer {
  const { version = 0x0303, random = Buffer.alloc(32, 2), sessionId = Buffer.alloc(0) } = parts;
  return Buffer.concat([
    be16(version),
    random,
    vector8(sessionId),
    be16(cipher),
    u8(0),
    extensionsOf(parts),
  ]);
}

function extensionsOf({ extensions }: HelloParts): Buffer {
  if (!extensions) return Buffer.alloc(0);
  return vector16(
    Buffer.concat(extensions.flatMap(([type, data]) => [be16(type), vector16(data)])),
  );
}

/** A handshake message of TLS. */
export const message = (type: number, body: Buffer): Buffer =>
  Buffer.concat([u8(type), vector24(body)]);

/** A record of TLS. */
export const record = (type: number, body: Buffer, version = 0x0303): Buffer =>
  Buffer.concat([u8(type), be16(version), vector16(body)]);

/** A flow that is fed by hand, as the dissector would: streams in pieces, datagrams whole. */
export class FedFlow implements Flow {
  readonly id = 1;
  readonly carrier;
  readonly client = 1;
  readonly server = 2;
  readonly clientPort: number;
  readonly serverPort = 443;
  readonly clientAddress = '192.0.2.1';
  readonly serverAddress = '192.0.2.2';
  readonly clientMac = undefined;
  readonly serverMac = undefined;
  readonly multicast = false;
  readonly openingSeen = true;
  readonly established = true;
  session: unknown;
  readonly events: TlsEvent[] = [];
  readonly observations: Observations;
  readonly #decoder: Decoder;
  readonly #parser;
  readonly #seconds: number;
  readonly #payload = [0, 0];
  readonly #waiting = [Buffer.alloc(0), Buffer.alloc(0)];
  readonly #skip = [0, 0];
  #packet: number;

  constructor(
    decoder: Decoder,
    options: { observations?: Observations; seconds?: number; clientPort?: number } = {},
  ) {
    this.#decoder = decoder;
    this.carrier = decoder.carriers[0];
    this.clientPort = options.clientPort ?? 50_000;
    this.observations = options.observations ?? new Observations();
    this.#seconds = options.seconds ?? 0;
    // A hundred packets a second.
    this.#packet = this.#seconds * 100;
    this.#parser = decoder.open(this, {
      secrets: new SecretSealer(Buffer.alloc(32)),
      emit: (event: AppEvent, direction: Direction, at: PacketRef) => {
        this.events.push(event as TlsEvent);
        tlsObserver.event(event, direction, this, at, this.observations);
      },
    });
  }

  payloadBytes(direction: Direction): number {
    return this.#payload[direction];
  }

  get done(): boolean {
    return this.#parser.done === true;
  }

  get names(): string[] {
    return this.events.map(({ event }) => event);
  }

  /** Bytes of a direction as one packet. */
  feed(direction: Direction, bytes: Buffer): this {
    const at = this.#next();
    this.#payload[direction] += bytes.length;
    if (this.done) return this;
    if (this.carrier === 'udp') {
      this.#parser.data(bytes, 0, bytes.length, direction, at);
      return this;
    }
    let rest = Buffer.concat([this.#waiting[direction], bytes]);
    const skipped = Math.min(this.#skip[direction], rest.length);
    this.#skip[direction] -= skipped;
    rest = rest.subarray(skipped);
    const consumed = rest.length > 0 ? this.#parser.data(rest, 0, rest.length, direction, at) : 0;
    if (consumed < 0) throw new Error('consumed less than nothing');
    this.#skip[direction] += Math.max(0, consumed - rest.length);
    this.#waiting[direction] = Buffer.from(rest.subarray(consumed));
    if (this.#waiting[direction].length > 65_536) this.gap(direction, 0);
    return this;
  }

  gap(direction: Direction, missing: number): this {
    this.#waiting[direction] = Buffer.alloc(0);
    this.#parser.gap?.(missing, direction, this.#next());
    return this;
  }

  recognise(direction: Direction, bytes: Buffer): string {
    return this.#decoder.recognise(bytes, 0, bytes.length, direction, this);
  }

  /** Ends the flow; returns the handshakes noted until now. */
  close() {
    const at = this.#next();
    this.#parser.close?.(at);
    tlsObserver.close?.(this, at, this.observations);
    return [...this.observations.of('tls')];
  }

  #next(): PacketRef {
    return { file: 0, packet: ++this.#packet, seconds: this.#seconds, nanos: this.#packet };
  }
}
