/**
 * IKE version 1 (RFC 2408, 2409) and 2 (RFC 7296), on port 500 and behind the four zeros of port 4500 (RFC 3948): what
 * is offered and chosen, which is in clear. ESP that shares the flow is left alone.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { EXCHANGE_NAMES, type IkeEvent, type IkeMessageEvent, type IkeSide } from './ike/events.ts';
import { EXCHANGES, EXCHANGES_2, isWeak, PAYLOADS, PAYLOADS_2, payloadName } from './ike/names.ts';
import { Payloads } from './ike/walk.ts';
import { u32be } from './integers.ts';
import { hexRun } from './wire-text.ts';

export type { IkeEvent, IkeMessageEvent } from './ike/events.ts';

const protocol = 'ike';
const PORT = 500;
const NAT_PORT = 4_500;
const HEADER_BYTES = 28;
const MARKER_BYTES = 4;

const ENCRYPTED = 1;
const INITIATOR = 8;
/** Flags that are none: of version 1 (RFC 2408, 3.1), of version 2 (RFC 7296, 3.1). */
const NO_FLAGS = 0xf8;
const NO_FLAGS_2 = 0xc7;

export const ikeDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: [PORT, NAT_PORT],
  recognise(bytes, start, end, _direction, flow) {
    const at = headerAt(bytes, start, end);
    if (end - at < HEADER_BYTES) return 'no';
    const version = bytes[at + 17];
    if (version !== 0x10 && version !== 0x20) return 'no';
    if (!isHeader(bytes, at, version >> 4)) return 'no';
    const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
    return onPort || u32be(bytes, at + 24) === end - at ? 'yes' : 'no';
  },
  open: (_flow: Flow, context) => new IkeParser(context),
};

/** Behind the marker that tells IKE from ESP, where there is one: an initiator's SPI does not begin with zeros. */
function headerAt(bytes: Uint8Array, start: number, end: number): number {
  return end - start > MARKER_BYTES && u32be(bytes, start) === 0 ? start + MARKER_BYTES : start;
}

function isHeader(bytes: Uint8Array, at: number, version: number): boolean {
  if (u32be(bytes, at) === 0 && u32be(bytes, at + 4) === 0) return false;
  const flags = bytes[at + 19];
  if ((flags & (version === 1 ? NO_FLAGS : NO_FLAGS_2)) !== 0) return false;
  const exchanges = version === 1 ? EXCHANGES : EXCHANGES_2;
  const payloads = version === 1 ? PAYLOADS : PAYLOADS_2;
  return exchanges[bytes[at + 18]] !== undefined && payloads[bytes[at + 16]] !== undefined;
}

class IkeParser implements Parser {
  readonly #context: DecodeContext;
  /** Version 1: what is known of either side, which later messages repeat in EVE. */
  #doi: number | undefined;
  readonly #sides: [IkeSide, IkeSide] = [{}, {}];
  #attributes: IkeMessageEvent['attributes'];
  /** Version 2: by type of transform, what the responder chose. */
  #chosen: ReadonlyMap<number, string> = new Map();

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const length = end - start;
    const header = headerAt(bytes, start, end);
    const version = bytes[header + 17] >> 4;
    // ESP, or a byte that keeps an address translation alive (RFC 3948, 2).
    if (end - header < HEADER_BYTES || (version !== 1 && version !== 2)) return length;
    if (!isHeader(bytes, header, version)) return length;
    const own = u32be(bytes, header + 24);
    const stop = Math.min(end, header + own);
    if (own !== end - header) {
      const readable = own >= HEADER_BYTES;
      this.#malformed('wrong length', header + 24 - start, readable, direction, at);
      if (!readable) return length;
    }
    const encrypted = version === 1 && (bytes[header + 19] & ENCRYPTED) !== 0;
    const payloads = new Payloads(bytes, version);
    if (encrypted) payloads.types.push(bytes[header + 16]);
    else payloads.walk(bytes[header + 16], header + HEADER_BYTES, stop);
    if (payloads.fault !== '')
      this.#malformed(payloads.fault, payloads.faultAt - start, true, direction, at);
    const event =
      version === 1
        ? this.#version1(bytes, header, payloads, encrypted, direction)
        : this.#version2(bytes, header, payloads);
    this.#context.emit(event, direction, at);
    return length;
  }

  #version1(
    bytes: Uint8Array,
    header: number,
    payloads: Payloads,
    encrypted: boolean,
    direction: Direction,
  ): IkeMessageEvent {
    const { transforms, vendorIds } = payloads;
    if (!encrypted) this.#learn(payloads, direction);
    const [client, server] = this.#sides;
    const offers = direction === 0 && transforms.length > 0;
    return {
      ...blank(bytes, header, payloads, PAYLOADS),
      event: nameOf(EXCHANGES, bytes[header + 18]),
      attributes: this.#attributes,
      ikev1: {
        doi: this.#doi,
        encrypted_payloads: encrypted,
        client: encrypted
          ? undefined
          : { ...client, ...(offers ? { proposals: transforms.flat() } : {}) },
        server: encrypted ? undefined : { ...server },
        vendor_ids: vendorIds.length > 0 ? vendorIds : undefined,
      },
    };
  }

  #learn(payloads: Payloads, direction: Direction): void {
    const { transforms, keyExchange, keyExchangeBytes, nonce, nonceBytes } = payloads;
    this.#doi = payloads.doi ?? this.#doi;
    // A new association begins anew.
    if (payloads.types.includes(1)) this.#sides[direction] = {};
    const side = this.#sides[direction];
    if (keyExchange !== undefined) {
      side.key_exchange_payload = keyExchange;
      side.key_exchange_payload_length = keyExchangeBytes;
    }
    if (nonce !== undefined) {
      side.nonce_payload = nonce;
      side.nonce_payload_length = nonceBytes;
    }
    if (direction === 1 && transforms.length > 0) this.#attributes = transforms[0];
  }

  #version2(bytes: Uint8Array, header: number, payloads: Payloads): IkeMessageEvent {
    const role = (bytes[header + 19] & INITIATOR) !== 0 ? 'initiator' : 'responder';
    const responds = role === 'responder';
    if (responds && payloads.chosen.size > 0) this.#chosen = payloads.chosen;
    const chosen = (type: number): string | undefined =>
      responds ? this.#chosen.get(type) : undefined;
    const { errors, notifications } = payloads;
    return {
      ...blank(bytes, header, payloads, PAYLOADS_2),
      event: nameOf(EXCHANGES_2, bytes[header + 18]),
      role,
      alg_enc: chosen(1),
      alg_auth: chosen(3),
      alg_prf: chosen(2),
      alg_dh: chosen(4),
      alg_esn: chosen(5),
      ikev2: { errors, notify: notifications.length > 0 ? notifications : undefined },
    };
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: IkeEvent = { protocol, event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

function nameOf(names: Readonly<Record<number, string>>, type: number): IkeMessageEvent['event'] {
  return EXCHANGE_NAMES.find((name) => name === names[type]) ?? 'informational';
}

function blank(
  bytes: Uint8Array,
  header: number,
  payloads: Payloads,
  names: Readonly<Record<number, string>>,
): IkeMessageEvent {
  const algorithms = [...payloads.algorithms];
  const weak = algorithms.filter(isWeak);
  return {
    protocol,
    event: 'informational',
    version_major: bytes[header + 17] >> 4,
    version_minor: bytes[header + 17] & 15,
    init_spi: hexRun(bytes, header, header + 8),
    resp_spi: hexRun(bytes, header + 8, header + 16),
    message_id: u32be(bytes, header + 20),
    exchange_type: bytes[header + 18],
    role: undefined,
    alg_enc: undefined,
    alg_auth: undefined,
    alg_prf: undefined,
    alg_dh: undefined,
    alg_esn: undefined,
    attributes: undefined,
    payload: payloads.types.map((type) => payloadName(names, type)),
    algorithms: algorithms.length > 0 ? algorithms : undefined,
    weak_algorithms: weak.length > 0 ? weak : undefined,
    ikev1: undefined,
    ikev2: undefined,
  };
}
