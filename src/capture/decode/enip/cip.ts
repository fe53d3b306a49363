/** CIP messages (The CIP Networks Library, volume 1, 2-4) and the paths that they are sent along (appendix C). */
import { u16le, u32le } from '../integers.ts';
import { hexRun, wireText } from '../wire-text.ts';
import {
  CONNECTION_MANAGER,
  className,
  EXECUTE_PCCC,
  MULTIPLE_SERVICE_PACKET,
  PCCC,
  serviceName,
  statusName,
  UNCONNECTED_SEND,
} from './names.ts';

export interface CipSegment {
  /** `class`, `instance`, `attribute`, `member`, `connection_point`, `symbol`, `port` or a number. */
  readonly segment_type: string;
  /** Of a symbol its name, of a port its number. */
  readonly value: number | string;
}

export interface CipMessage {
  /** e.g. `Get Attribute List`. */
  readonly service: string;
  readonly service_id: number;
  /** Of a request, at most 16. */
  readonly path?: readonly CipSegment[];
  readonly class_name?: string;
  /** Of a response. */
  readonly status?: string;
  readonly status_id?: number;
  /** In hexadecimal. */
  readonly status_extended?: string;
  /** Of a packet of services, at most 128. */
  readonly multiple?: readonly CipMessage[];
  /** What is sent on by an unconnected send. */
  readonly embedded?: CipMessage;
  /** Command and function of a PCCC request, as of PLC-5 and SLC 500. */
  readonly pccc?: { readonly command: number; readonly function?: number };
  /** Bytes of data. */
  readonly data_length: number;
}

/** A message, and where its data stands. */
export interface ReadCip {
  readonly message: CipMessage;
  readonly data: number;
  readonly end: number;
}

const RESPONSE = 0x80;
const SEGMENTS_MAX = 16;
const MULTIPLE_MAX = 128;
const DEPTH_MAX = 3;
const SYMBOL_BYTES_MAX = 128;
const STATUS_BYTES_MAX = 32;

/** @returns undefined where its parts do not fit into [start, end). */
export function readCip(
  bytes: Uint8Array,
  start: number,
  end: number,
  depth = 0,
): ReadCip | undefined {
  if (end - start < 2 || depth > DEPTH_MAX) return undefined;
  const service_id = bytes[start] & 0x7f;
  return (bytes[start] & RESPONSE) === 0
    ? readRequest(bytes, start, end, service_id, depth)
    : readResponse(bytes, start, end, service_id, depth);
}

function readRequest(
  bytes: Uint8Array,
  start: number,
  end: number,
  service_id: number,
  depth: number,
): ReadCip | undefined {
  const data = start + 2 + 2 * bytes[start + 1];
  if (data > end) return undefined;
  const path = readPath(bytes, start + 2, data);
  if (path === undefined) return undefined;
  const classId = classOf(path);
  const head = {
    service: serviceName(service_id, classId),
    service_id,
    path,
    ...(classId === undefined ? {} : { class_name: className(classId) }),
    data_length: end - data,
  };
  if (service_id === MULTIPLE_SERVICE_PACKET) {
    const multiple = readMultiple(bytes, data, end, depth);
    return multiple && { message: { ...head, multiple }, data, end };
  }
  if (service_id === UNCONNECTED_SEND && classId === CONNECTION_MANAGER) {
    const embedded = readEmbedded(bytes, data, end, depth);
    return embedded && { message: { ...head, embedded }, data, end };
  }
  const pccc =
    service_id === EXECUTE_PCCC && classId === PCCC ? readPccc(bytes, data, end) : undefined;
  return { message: pccc ? { ...head, pccc } : head, data, end };
}

function readResponse(
  bytes: Uint8Array,
  start: number,
  end: number,
  service_id: number,
  depth: number,
): ReadCip | undefined {
  if (end - start < 4) return undefined;
  const extended = start + 4;
  const data = extended + 2 * bytes[start + 3];
  if (data > end) return undefined;
  const status_id = bytes[start + 2];
  const head = {
    service: serviceName(service_id, undefined),
    service_id,
    status: statusName(status_id),
    status_id,
    ...(data > extended
      ? { status_extended: hexRun(bytes, extended, data, STATUS_BYTES_MAX) }
      : {}),
    data_length: end - data,
  };
  if (service_id !== MULTIPLE_SERVICE_PACKET || end === data) return { message: head, data, end };
  const multiple = readMultiple(bytes, data, end, depth);
  return multiple && { message: { ...head, multiple }, data, end };
}

/** Count, where each begins, and the services (2-4.4). */
function readMultiple(
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): CipMessage[] | undefined {
  if (end - start < 2) return undefined;
  const count = u16le(bytes, start);
  if (start + 2 + 2 * count > end) return undefined;
  const messages: CipMessage[] = [];
  for (let i = 0; i < Math.min(count, MULTIPLE_MAX); i++) {
    const from = start + u16le(bytes, start + 2 + 2 * i);
    const to = i + 1 < count ? start + u16le(bytes, start + 4 + 2 * i) : end;
    if (from < start || to > end || from >= to) return undefined;
    const read = readCip(bytes, from, to, depth + 1);
    if (!read) return undefined;
    messages.push(read.message);
  }
  return messages;
}

/** Priority, ticks, length, the message, and the path to whom it is for (3-5.5.4). */
function readEmbedded(
  bytes: Uint8Array,
  start: number,
  end: number,
  depth: number,
): CipMessage | undefined {
  if (end - start < 4) return undefined;
  const stop = start + 4 + u16le(bytes, start + 2);
  return stop > end ? undefined : readCip(bytes, start + 4, stop, depth + 1)?.message;
}

/** Requester's identification with its own length, then command, status, transaction and, of some, a function. */
function readPccc(bytes: Uint8Array, start: number, end: number): CipMessage['pccc'] {
  const at = start + bytes[start];
  if (start >= end || at >= end) return undefined;
  const command = bytes[at];
  // Only these have functions.
  const hasFunction = (command & 0x0f) === 0x0f || (command & 0x0f) === 0x06;
  return hasFunction && at + 4 < end ? { command, function: bytes[at + 4] } : { command };
}

const LOGICAL: Readonly<Record<number, string>> = {
  0: 'class',
  1: 'instance',
  2: 'member',
  3: 'connection_point',
  4: 'attribute',
};
const KEY = 0x34;
const KEY_BYTES = 10;
const EXTENDED_SYMBOL = 0x91;

/** @returns undefined where a segment reaches beyond the path. */
function readPath(bytes: Uint8Array, start: number, end: number): CipSegment[] | undefined {
  const path: CipSegment[] = [];
  let at = start;
  while (at < end && path.length < SEGMENTS_MAX) {
    const next = readSegment(bytes, at, end, path);
    if (next === undefined) return undefined;
    at = next;
  }
  return path;
}

/** @returns where the next one begins. */
function readSegment(
  bytes: Uint8Array,
  at: number,
  end: number,
  path: CipSegment[],
): number | undefined {
  const type = bytes[at];
  if (type === KEY) return at + KEY_BYTES > end ? undefined : at + KEY_BYTES;
  if (type >> 5 === 1) {
    const width = [1, 2, 4][type & 3];
    // Wider values are padded to even places.
    const value = width === 1 ? at + 1 : at + 2;
    if (width === undefined || value + width > end) return undefined;
    const segment_type = LOGICAL[(type >> 2) & 7] ?? `unknown-${type}`;
    const read =
      width === 1 ? bytes[value] : width === 2 ? u16le(bytes, value) : u32le(bytes, value);
    path.push({ segment_type, value: read });
    return value + width;
  }
  if (type === EXTENDED_SYMBOL && at + 2 <= end) {
    const stop = at + 2 + bytes[at + 1];
    if (stop > end) return undefined;
    const text = wireText(bytes, at + 2, Math.min(stop, at + 2 + SYMBOL_BYTES_MAX));
    path.push({ segment_type: 'symbol', value: text });
    return stop + (bytes[at + 1] & 1);
  }
  if (type >> 5 === 0 && (type & 0x10) === 0 && (type & 0x0f) !== 15) {
    path.push({ segment_type: 'port', value: type & 0x0f });
    return at + 2;
  }
  // Others are rare: what follows them cannot be placed.
  path.push({ segment_type: `unknown-${type}`, value: 0 });
  return end;
}

/** Number of the class that a path leads to. */
export function classOf(path: readonly CipSegment[]): number | undefined {
  const segment = path.findLast(({ segment_type }) => segment_type === 'class');
  return segment && Number(segment.value);
}
