/** Writes pcapng (draft-ietf-opsawg-pcapng): one section, an interface for each capture and link type, nanoseconds. */

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_INTERFACE_NAME = 2;
const OPTION_APPLICATION = 4;
const OPTION_TIME_RESOLUTION = 9;
const NANOSECONDS = 9;
const OPTION_BYTES_MAX = 1024;

type Option = readonly [code: number, value: Uint8Array | string];

export interface SlicePacket {
  readonly interfaceId: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly bytes: Uint8Array;
  /** Length on the wire, in bytes. */
  readonly originalLength: number;
  readonly comment: string;
}

export interface SliceInterface {
  readonly name: string;
  readonly linkType: number;
}

/** A whole file. `comment` says what it is of. */
export function pcapng(
  comment: string,
  interfaces: readonly SliceInterface[],
  packets: readonly SlicePacket[],
): Buffer {
  return Buffer.concat([
    sectionHeader(comment),
    ...interfaces.map(interfaceDescription),
    ...packets.map(enhancedPacket),
  ]);
}

function sectionHeader(comment: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  body.writeUInt16LE(1, 4);
  body.writeBigInt64LE(-1n, 8); // The length of the section is not told.
  return block(SECTION_HEADER, [
    body,
    options([
      [OPTION_COMMENT, comment],
      [OPTION_APPLICATION, 'fleetward'],
    ]),
  ]);
}

function interfaceDescription({ name, linkType }: SliceInterface): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType & 0xffff, 0);
  return block(INTERFACE_DESCRIPTION, [
    body,
    options([
      [OPTION_INTERFACE_NAME, name],
      [OPTION_TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)],
    ]),
  ]);
}

function enhancedPacket(packet: SlicePacket): Buffer {
  const { bytes } = packet;
  const time = nanosecondsOf(packet);
  const body = Buffer.alloc(20);
  body.writeUInt32LE(packet.interfaceId, 0);
  body.writeUInt32LE(Number(time >> 32n), 4);
  body.writeUInt32LE(Number(time & 0xffff_ffffn), 8);
  body.writeUInt32LE(bytes.length, 12);
  body.writeUInt32LE(Math.max(bytes.length, packet.originalLength) >>> 0, 16);
  return block(ENHANCED_PACKET, [body, padded(bytes), options([[OPTION_COMMENT, packet.comment]])]);
}

/** As 64 bits hold it: a time before 1970 becomes 1970. */
function nanosecondsOf({ seconds, nanos }: SlicePacket): bigint {
  if (!Number.isFinite(seconds) || seconds < 0) return 0n;
  return BigInt.asUintN(
    64,
    BigInt(Math.floor(seconds)) * 1_000_000_000n + BigInt(Math.floor(nanos)),
  );
}

function options(list: readonly Option[]): Buffer {
  const parts = list.map(([code, value]) => {
    const bytes = Buffer.from(value as Uint8Array).subarray(0, OPTION_BYTES_MAX);
    const head = Buffer.alloc(4);
    head.writeUInt16LE(code, 0);
    head.writeUInt16LE(bytes.length, 2);
    return Buffer.concat([head, padded(bytes)]);
  });
  const end = Buffer.alloc(4);
  end.writeUInt16LE(OPTION_END, 0);
  return Buffer.concat([...parts, end]);
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, ...parts, tail]);
}

function padded(bytes: Uint8Array): Buffer {
  const whole = Buffer.alloc((bytes.length + 3) & ~3);
  whole.set(bytes);
  return whole;
}
