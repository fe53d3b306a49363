/**
 * RDP, Windows' remote desktop (MS-RDPBCGR): the connection request with its cookie, the security protocol that is agreed
 * on, and with RDP's own encryption the settings of both sides. TLS is handed on to its decoder.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { u16be, u16le, u32le } from './integers.ts';
import { asBuffer } from './payload.ts';
import type { RdpEvent } from './rdp/events.ts';
import { readClientData, readServerData } from './rdp/settings.ts';
import { wireText } from './wire-text.ts';

export type { RdpEvent } from './rdp/events.ts';

const protocol = 'rdp';
const PORT = 3389;
/** TPKT (RFC 1006): version, reserved, length of the whole. */
const TPKT_BYTES = 4;
/** X.224: length of the header without itself, code, and of a request two references and the class. */
const X224_BYTES = 7;
const CONNECTION_REQUEST = 0xe0;
const CONNECTION_CONFIRM = 0xd0;
const DATA = 0xf0;
const NEGOTIATION_REQUEST = 1;
const NEGOTIATION_RESPONSE = 2;
const NEGOTIATION_FAILURE = 3;
const NEGOTIATION_BYTES = 8;
const COOKIE_BYTES_MAX = 128;
/** Packets after the confirmation in which settings are looked for. */
const DATA_PACKETS_MAX = 4;
/** Settings with a chain of certificates; what is longer is none. */
const DATA_BYTES_MAX = 16_384;

const PROTOCOLS: readonly (readonly [number, string])[] = [
  [0x01, 'SSL'],
  [0x02, 'HYBRID'],
  [0x04, 'RDSTLS'],
  [0x08, 'HYBRID_EX'],
  [0x10, 'RDSAAD'],
];
const FAILURES = [
  '',
  'SSL_REQUIRED_BY_SERVER',
  'SSL_NOT_ALLOWED_BY_SERVER',
  'SSL_CERT_NOT_ON_SERVER',
  'INCONSISTENT_FLAGS',
  'HYBRID_REQUIRED_BY_SERVER',
  'SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER',
];
const COOKIE = Buffer.from('Cookie: mst');

export const rdpDecoder: Decoder = {
  protocol,
  carriers: ['tcp'],
  ports: [PORT],
  firstBytes: [0x03],
  recognise,
  open: (_flow, context) => new RdpParser(context),
};

/** S7, MMS and others begin alike, but for what follows X.224's header. */
function recognise(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  { serverPort }: Flow,
): Recognition {
  if (bytes[start] !== 3 || (end - start > 1 && bytes[start + 1] !== 0)) return 'no';
  const body = start + TPKT_BYTES + X224_BYTES;
  if (end < body) return 'more';
  const length = u16be(bytes, start + 2);
  const code = bytes[start + 5];
  if (bytes[start + 4] !== length - TPKT_BYTES - 1 || bytes[start + 10] !== 0) return 'no';
  if (code !== CONNECTION_REQUEST && code !== CONNECTION_CONFIRM) return 'no';
  // Before negotiation was thought of, nothing followed.
  if (start + length === body) return serverPort === PORT ? 'yes' : 'no';
  if (end < start + length) return 'more';
  const type = bytes[body];
  if (code === CONNECTION_CONFIRM) {
    if (type !== NEGOTIATION_RESPONSE && type !== NEGOTIATION_FAILURE) return 'no';
    if (length !== TPKT_BYTES + X224_BYTES + NEGOTIATION_BYTES) return 'no';
    return u16le(bytes, body + 2) === NEGOTIATION_BYTES ? 'yes' : 'no';
  }
  if (type === NEGOTIATION_REQUEST)
    return u16le(bytes, body + 2) === NEGOTIATION_BYTES ? 'yes' : 'no';
  return startsWithCookie(bytes, body, start + length) ? 'yes' : 'no';
}

function startsWithCookie(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < COOKIE.length) return false;
  for (let i = 0; i < COOKIE.length; i++) if (bytes[start + i] !== COOKIE[i]) return false;
  return true;
}

class RdpParser implements Parser {
  done = false;
  handover = false;
  readonly #context: DecodeContext;
  #dataPackets = 0;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let place = start;
    while (!this.done && !this.handover && end - place >= TPKT_BYTES) {
      const length = u16be(bytes, place + 2);
      if (bytes[place] !== 3 || length < TPKT_BYTES + 3) {
        this.#break('not a TPKT packet', direction, at);
        break;
      }
      if (length > DATA_BYTES_MAX) {
        this.done = true;
        break;
      }
      if (place + length > end) break;
      this.#packet(bytes, place + TPKT_BYTES, place + length, direction, at);
      place += length;
    }
    return place - start;
  }

  gap(): void {
    this.done = true;
  }

  #packet(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const code = bytes[start + 1];
    const body = Math.min(end, start + X224_BYTES);
    if (code === DATA) this.#settings(bytes, start + 3, end, direction, at);
    else if (code === CONNECTION_REQUEST) this.#request(bytes, body, end, direction, at);
    else if (code === CONNECTION_CONFIRM) this.#confirm(bytes, body, end, direction, at);
    else this.#break('unknown X.224 packet', direction, at);
  }

  #request(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    let place = start;
    let cookie: string | undefined;
    let token: string | undefined;
    if (startsWithCookie(bytes, start, end)) {
      let stop = start;
      while (stop < end && bytes[stop] !== 0x0d && bytes[stop] !== 0x0a) stop++;
      const text = wireText(bytes, start + 8, Math.min(stop, start + 8 + COOKIE_BYTES_MAX));
      if (text.startsWith('mstshash=')) cookie = text.slice(9);
      else if (text.startsWith('msts=')) token = text.slice(5);
      place = Math.min(end, stop + 2);
    }
    const negotiation = negotiationAt(bytes, place, end, NEGOTIATION_REQUEST);
    const asked = negotiation ? u32le(bytes, place + 4) : 0;
    const requested_protocols = PROTOCOLS.flatMap(([bit, name]) => (asked & bit ? [name] : []));
    this.#emit(
      {
        protocol,
        event: 'connection_request',
        cookie,
        routing_token: token,
        requested_protocols: requested_protocols.length > 0 ? requested_protocols : ['RDP'],
      },
      direction,
      at,
    );
  }

  #confirm(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const failed = negotiationAt(bytes, start, end, NEGOTIATION_FAILURE);
    const agreed = negotiationAt(bytes, start, end, NEGOTIATION_RESPONSE);
    if (end > start && !failed && !agreed)
      this.#malformed('invalid negotiation', X224_BYTES, true, direction, at);
    const value = failed || agreed ? u32le(bytes, start + 4) : 0;
    const chosen = PROTOCOLS.find(([bit]) => bit === value)?.[1];
    this.#emit(
      {
        protocol,
        event: 'connection_confirm',
        security_protocol: agreed || end === start ? (chosen ?? nameOf(value)) : undefined,
        failure: failed ? (FAILURES[value] ?? String(value)) : undefined,
      },
      direction,
      at,
    );
    if (agreed && value !== 0) this.handover = true;
    else this.done = failed;
  }

  /** MCS Connect-Initial and Connect-Response; then both go over to what is encrypted. */
  #settings(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    // T.125's connect messages are BER of application 101 and 102.
    const kind = end - start > 2 && bytes[start] === 0x7f ? bytes[start + 1] : 0;
    const read = kind === 0x65 ? readClientData : kind === 0x66 ? readServerData : undefined;
    const event = read?.(asBuffer(bytes), start, end);
    if (event) this.#emit(event, direction, at);
    this.done = kind === 0x66 || ++this.#dataPackets >= DATA_PACKETS_MAX;
  }

  #emit(event: RdpEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    this.#emit({ protocol, event: 'malformed', reason, offset, readable }, direction, at);
  }

  #break(reason: string, direction: Direction, at: PacketRef): void {
    this.#malformed(reason, 0, false, direction, at);
    this.done = true;
  }
}

const nameOf = (value: number): string => (value === 0 ? 'RDP' : String(value));

/** RDP_NEG_REQ, RDP_NEG_RSP or RDP_NEG_FAILURE (2.2.1.1.1, 2.2.1.2.1, 2.2.1.2.2). */
function negotiationAt(bytes: Uint8Array, at: number, end: number, type: number): boolean {
  return (
    end - at >= NEGOTIATION_BYTES &&
    bytes[at] === type &&
    u16le(bytes, at + 2) === NEGOTIATION_BYTES
  );
}
