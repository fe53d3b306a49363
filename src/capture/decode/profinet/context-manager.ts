/**
 * PROFINET's context manager over connectionless DCE/RPC (IEC 61158-6-10, 4.10; C706, 12.5): which service, on which
 * record, and the identification (I&M0) that a device gives.
 */
import type { ByteReader } from '../byte-reader.ts';
import { u16be, u32be } from '../integers.ts';
import type { ProfinetIdentification, ProfinetService } from './events.ts';

export const RPC_HEADER_BYTES = 80;
const INTERFACE = 24;
/** DEA000xx-6C97-11D1-8271-00A02442DF7D behind its first four bytes, as it stands in either order. */
const UUID_LITTLE = [0x97, 0x6c, 0xd1, 0x11, 0x82, 0x71, 0x00, 0xa0, 0x24, 0x42, 0xdf, 0x7d];
const UUID_BIG = [0x6c, 0x97, 0x11, 0xd1, 0x82, 0x71, 0x00, 0xa0, 0x24, 0x42, 0xdf, 0x7d];
const REQUEST = 0;
const RESPONSE = 2;
const SERVICES = ['connect', 'release', 'read', 'write', 'control', 'read_implicit'];
const FIRST_FRAGMENT_OR_WHOLE = 0;
/** Bytes of the header of a read or write, and what of it is before its index. */
const RECORD_HEADER_BYTES = 64;
const READS_AND_WRITES = new Set(['read', 'write', 'read_implicit']);
const IM0_BLOCK = 0x0020;
const IM0_BYTES = 6 + 54;

/** Whether a datagram is a call of one of PROFINET's interfaces (device, controller, supervisor, parameter server). */
export function isProfinetCall(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < RPC_HEADER_BYTES || bytes[start] !== 4 || bytes[start + 1] > 10) return false;
  const at = start + INTERFACE;
  const little = bytes[start + 4] >> 4 === 1;
  const first = little ? 3 : 0;
  if (bytes[at + first] !== 0xde || bytes[at + (little ? 2 : 1)] !== 0xa0) return false;
  const rest = little ? UUID_LITTLE : UUID_BIG;
  for (let i = 0; i < rest.length; i++) if (bytes[at + 4 + i] !== rest[i]) return false;
  return true;
}

/** Reads a call or its answer; undefined for acknowledgements, pings and the like, and for later fragments. */
export function readCall(reader: ByteReader, start: number): ProfinetService | undefined {
  const { bytes } = reader;
  const little = bytes[start + 4] >> 4 === 1;
  const u16 = (at: number): number =>
    little ? bytes[at] | (bytes[at + 1] << 8) : u16be(bytes, at);
  const u32 = (at: number): number =>
    little ? (u16(at) + u16(at + 2) * 65_536) >>> 0 : u32be(bytes, at);
  const type = bytes[start + 1];
  const service = SERVICES[u16(start + 68)];
  if ((type !== REQUEST && type !== RESPONSE) || service === undefined) return undefined;
  if (u16(start + 76) !== FIRST_FRAGMENT_OR_WHOLE) return undefined;
  const isRequest = type === REQUEST;
  const event = `${service}_${isRequest ? 'request' : 'response'}`;
  const base = { protocol: 'profinet', event, sequence: u32(start + 64) } as const;
  // A maximum or a status, then four lengths of NDR.
  const body = start + RPC_HEADER_BYTES;
  if (reader.end - body < 20) return base;
  const status = isRequest ? {} : { status: u32(body) };
  const record = body + 20;
  if (!READS_AND_WRITES.has(service) || reader.end - record < RECORD_HEADER_BYTES)
    return { ...base, ...status };
  const slot = u16be(bytes, record + 28);
  const subslot = u16be(bytes, record + 30);
  const index = u16be(bytes, record + 34);
  const said = isRequest
    ? undefined
    : identificationAt(bytes, record + RECORD_HEADER_BYTES, reader.end);
  return { ...base, index, slot, subslot, ...status, ...(said && { identification: said }) };
}

function identificationAt(
  bytes: Uint8Array,
  at: number,
  end: number,
): ProfinetIdentification | undefined {
  if (end - at < IM0_BYTES || u16be(bytes, at) !== IM0_BLOCK) return undefined;
  const text = (from: number, length: number): string =>
    Buffer.from(bytes.subarray(from, from + length))
      .toString('latin1')
      .replaceAll('\0', ' ')
      .trim();
  const prefix = text(at + 46, 1);
  return {
    vendor_id: u16be(bytes, at + 6),
    order_id: text(at + 8, 20),
    serial_number: text(at + 28, 16),
    hardware_revision: u16be(bytes, at + 44),
    software_revision: `${prefix}${bytes[at + 47]}.${bytes[at + 48]}.${bytes[at + 49]}`,
  };
}
