/**
 * EtherNet/IP (The CIP Networks Library, volume 2, chapter 2) over TCP and UDP: recognition, the encapsulation's
 * header and items, and which response belongs to which request.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { type CipMessage, classOf, type ReadCip, readCip } from './enip/cip.ts';
import type {
  EnipData,
  EnipListIdentity,
  EnipListServices,
  EnipMessage,
  EnipRegisterSession,
} from './enip/events.ts';
import { readIdentity, readListed } from './enip/identity.ts';
import {
  commandName,
  encapsulationStatus,
  GET_ATTRIBUTES_ALL,
  IDENTITY,
  isEncapsulationStatus,
} from './enip/names.ts';
import { u16le, u32le, u48le } from './integers.ts';
import { wireText } from './wire-text.ts';

export type { CipMessage } from './enip/cip.ts';
export type * from './enip/events.ts';

const PORT = 44_818;
const HEADER_BYTES = 24;
/** Of the body (2-3.1). */
const LENGTH_MAX = 65_511;
const PENDING_MAX = 64;
/** Malformed messages in a row after which a direction is not worth reading. */
const MALFORMED_MAX = 16;

const LIST_SERVICES = 0x04;
const LIST_IDENTITY = 0x63;
const REGISTER_SESSION = 0x65;
const SEND_RR_DATA = 0x6f;
const SEND_UNIT_DATA = 0x70;

const LISTED_SERVICE = 0x100;
const LISTED_IDENTITY = 0x0c;
const CONNECTED_ADDRESS = 0xa1;
const CONNECTED_DATA = 0xb1;
const UNCONNECTED_DATA = 0xb2;
/** Interface handle and timeout. */
const DATA_PREFIX_BYTES = 6;
/** Requests on connections are told apart from others by this. */
const CONNECTED_KEY = 2 ** 48;

export const enipDecoder: Decoder = {
  protocol: 'enip',
  carriers: ['tcp', 'udp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, flow): Recognition {
    const length = end - start;
    const stream = flow.carrier === 'tcp';
    // Commands are below 256, and doing nothing proves nothing.
    if (length > 0 && (bytes[start] === 0 || commandName(bytes[start]) === undefined)) return 'no';
    if (length > 1 && bytes[start + 1] !== 0) return 'no';
    if (length < HEADER_BYTES) return stream ? 'more' : 'no';
    if (!isHeader(bytes, start) || u32le(bytes, start + 20) !== 0) return 'no';
    return stream || HEADER_BYTES + u16le(bytes, start + 2) === length ? 'yes' : 'no';
  },
  open: (flow, context) => new EnipParser(flow, context),
};

function isHeader(bytes: Uint8Array, at: number): boolean {
  return (
    commandName(u16le(bytes, at)) !== undefined &&
    u16le(bytes, at + 2) <= LENGTH_MAX &&
    isEncapsulationStatus(u32le(bytes, at + 8))
  );
}

/** What is remembered of a request. */
interface Asked {
  readonly id: number;
  readonly cip: CipMessage | undefined;
}

class EnipParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;
  #exchanges = 0;
  readonly #pending = new Map<number, Asked>();
  readonly #lost: [boolean, boolean] = [false, false];
  readonly #malformedInARow: [number, number] = [0, 0];

  constructor(flow: Flow, context: DecodeContext) {
    this.#context = context;
    this.#datagrams = flow.carrier === 'udp';
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let position = start;
    if (this.#lost[direction]) {
      if (end - start < HEADER_BYTES || !isHeader(bytes, start)) return end - start;
      this.#lost[direction] = false;
    }
    while (end - position >= HEADER_BYTES) {
      if (!isHeader(bytes, position)) {
        this.#lost[direction] = true;
        this.#malformed('command, length or status', 0, false, direction, at);
        return end - start;
      }
      const next = position + HEADER_BYTES + u16le(bytes, position + 2);
      if (next > end) break;
      this.#message(bytes, position, next, direction, at);
      position = next;
    }
    if (this.#datagrams && position < end)
      this.#malformed('length of the message', 2, false, direction, at);
    return position - start;
  }

  gap(_missing: number, direction: Direction): void {
    this.#lost[direction] = true;
  }

  #message(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const command = u16le(bytes, start);
    const body = start + HEADER_BYTES;
    const options = u32le(bytes, start + 20);
    const name = commandName(command);
    const header = {
      protocol: 'enip' as const,
      event: name as EnipData['event'],
      status: encapsulationStatus(u32le(bytes, start + 8)),
      session_handle: u32le(bytes, start + 4),
      ...(options === 0 ? {} : { options }),
    };
    const context = u48le(bytes, start + 12);
    let event: EnipMessage | undefined;
    if (command === SEND_RR_DATA || command === SEND_UNIT_DATA)
      event = this.#data(bytes, body, end, context, header);
    else {
      const isList = command === LIST_SERVICES || command === LIST_IDENTITY;
      const response =
        command === REGISTER_SESSION ? header.session_handle !== 0 : isList && end > body;
      const { id } = this.#exchange(response, context, undefined);
      event = {
        ...header,
        event: name as EnipListIdentity['event'],
        id,
        response,
        ...(command === REGISTER_SESSION ? registration(bytes, body, end) : {}),
        ...(response && isList ? listed(bytes, body, end) : {}),
      };
    }
    if (!event) {
      this.#malformed('items longer than the message', HEADER_BYTES, false, direction, at);
      return;
    }
    if (options !== 0) this.#malformed('options other than 0', 20, true, direction, at);
    else this.#malformedInARow[direction] = 0;
    this.#context.emit(event, direction, at);
  }

  /** @returns undefined where items or CIP do not fit. */
  #data(
    bytes: Uint8Array,
    start: number,
    end: number,
    context: number,
    header: Omit<EnipData, 'id' | 'response'>,
  ): EnipData | undefined {
    // An error comes alone.
    if (end === start)
      return { ...header, ...this.#answer(header.status !== 'success', context, undefined) };
    if (end - start < DATA_PREFIX_BYTES) return undefined;
    const items = readItems(bytes, start + DATA_PREFIX_BYTES, end);
    const data = items?.find(({ type }) => type === CONNECTED_DATA || type === UNCONNECTED_DATA);
    if (!items) return undefined;
    if (!data) return { ...header, ...this.#answer(false, context, undefined) };
    const connected = data.type === CONNECTED_DATA;
    if (connected && data.end - data.start < 2) return undefined;
    const read = readCip(bytes, connected ? data.start + 2 : data.start, data.end);
    // On a connection there may be what is no message.
    if (!read && !connected) return undefined;
    const address = items.find(
      ({ type, start: from, end: to }) => type === CONNECTED_ADDRESS && to - from >= 4,
    );
    const sequence = connected ? u16le(bytes, data.start) : undefined;
    const isResponse = read?.message.status !== undefined;
    const key = sequence === undefined ? context : CONNECTED_KEY + sequence;
    const asked = this.#exchange(isResponse, key, read?.message);
    const identity = read && isResponse ? identityOf(bytes, read, asked.cip) : undefined;
    return {
      ...header,
      id: asked.id,
      response: isResponse,
      ...(read ? { cip: read.message } : {}),
      ...(address ? { connection_id: u32le(bytes, address.start) } : {}),
      ...(sequence === undefined ? {} : { sequence }),
      ...(identity ? { identity } : {}),
    };
  }

  #answer(
    response: boolean,
    key: number,
    cip: CipMessage | undefined,
  ): { id: number; response: boolean } {
    return { id: this.#exchange(response, key, cip).id, response };
  }

  /** The exchange that a message belongs to: of a response its request's, where that was seen. */
  #exchange(response: boolean, key: number, cip: CipMessage | undefined): Asked {
    if (response) {
      const asked = this.#pending.get(key);
      this.#pending.delete(key);
      return asked ?? { id: ++this.#exchanges, cip: undefined };
    }
    this.#pending.delete(key);
    if (this.#pending.size >= PENDING_MAX) {
      for (const oldest of this.#pending.keys()) {
        this.#pending.delete(oldest);
        break;
      }
    }
    const asked = { id: ++this.#exchanges, cip };
    this.#pending.set(key, asked);
    return asked;
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: MalformedEvent = {
      protocol: 'enip',
      event: 'malformed',
      reason,
      offset,
      readable,
    };
    this.#context.emit(event, direction, at);
    if (++this.#malformedInARow[direction] >= MALFORMED_MAX) this.done = true;
  }
}

interface Item {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

const ITEMS_MAX = 16;

/** The common packet format (2-6): a count, then items of type, length and data. */
function readItems(bytes: Uint8Array, start: number, end: number): Item[] | undefined {
  if (end - start < 2) return undefined;
  const count = Math.min(u16le(bytes, start), ITEMS_MAX);
  const items: Item[] = [];
  let at = start + 2;
  for (let i = 0; i < count; i++) {
    if (end - at < 4) return undefined;
    const from = at + 4;
    const to = from + u16le(bytes, at + 2);
    if (to > end) return undefined;
    items.push({ type: u16le(bytes, at), start: from, end: to });
    at = to;
  }
  return items;
}

function registration(
  bytes: Uint8Array,
  start: number,
  end: number,
): Pick<EnipRegisterSession, 'register_session'> {
  if (end - start < 4) return {};
  return {
    register_session: { protocol_version: u16le(bytes, start), options: u16le(bytes, start + 2) },
  };
}

function listed(
  bytes: Uint8Array,
  start: number,
  end: number,
): Pick<EnipListIdentity, 'identity'> | Pick<EnipListServices, 'list_services'> {
  const item = readItems(bytes, start, end)?.[0];
  if (item?.type === LISTED_IDENTITY) {
    const identity = readListed(bytes, item.start, item.end);
    return identity ? { identity } : {};
  }
  if (item?.type !== LISTED_SERVICE || item.end - item.start < 4) return {};
  let stop = item.start + 4;
  while (stop < item.end && bytes[stop] !== 0) stop++;
  return {
    list_services: {
      protocol_version: u16le(bytes, item.start),
      capabilities: u16le(bytes, item.start + 2),
      service_name: wireText(bytes, item.start + 4, stop),
    },
  };
}

/** All attributes of the Identity object, asked for directly or through another device. */
function identityOf(
  bytes: Uint8Array,
  { message, data, end }: ReadCip,
  asked: CipMessage | undefined,
): EnipData['identity'] {
  const request = asked?.embedded ?? asked;
  if (request?.service_id !== GET_ATTRIBUTES_ALL || message.service_id !== GET_ATTRIBUTES_ALL)
    return undefined;
  if (message.status_id !== 0 || classOf(request.path ?? []) !== IDENTITY) return undefined;
  return readIdentity(bytes, data, end);
}
