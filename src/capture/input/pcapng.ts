/**
 * The pcapng format (draft-ietf-opsawg-pcapng): any number of sections and interfaces, every time resolution and
 * offset; enhanced, simple and obsolete packet blocks; other blocks are passed over.
 */
import { type FormatReader, FRAME_BYTES_MAX, type FrameSink } from './frames.ts';

export const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BLOCK_HEADER_BYTES = 8;
/** Blocks up to this length are held whole; a longer one is passed over unless it would be a packet. */
const HELD_BLOCK_BYTES_MAX = FRAME_BYTES_MAX + 65_536;
const INTERFACES_MAX = 65_536;
const WARNINGS_MAX = 100;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Units a second. */
  readonly unitsPerSecond: bigint;
  /** unitsPerSecond where it is a power of ten up to 10^9, so that doubles are exact; else 0. */
  readonly decimalUnits: number;
  readonly offsetSeconds: number;
}

export class PcapngReader implements FormatReader {
  needed = 12;
  skip = 0;
  broken: string | undefined;
  readonly warnings: { position: number; message: string }[] = [];
  #littleEndian = true;
  #interfaces: Interface[] = [];
  #seconds = 0;
  #nanos = 0;

  consume(buffer: Buffer, start: number, end: number, sink: FrameSink): number {
    let position = start;
    while (end - position >= 12) {
      const type = this.#u32(buffer, position);
      if (type === SECTION_HEADER && !this.#beginSection(buffer, position)) return position;
      const length = this.#u32(buffer, position + 4);
      if (length < 12 || length % 4 !== 0) {
        this.broken = `a block has the impossible length ${length}: the file is damaged from here on`;
        return position;
      }
      if (length > HELD_BLOCK_BYTES_MAX) {
        if (type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === OBSOLETE_PACKET) {
          this.warnings.push({
            position,
            message: `a packet block of ${length} bytes is passed over`,
          });
        }
        this.skip = length;
        this.needed = 12;
        return position;
      }
      if (end - position < length) {
        this.needed = length;
        return position;
      }
      this.#block(buffer, type, position, position + length - 4, sink);
      position += length;
    }
    this.needed = 12;
    return position;
  }

  #u32(buffer: Buffer, at: number): number {
    return this.#littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
  }

  #u16(buffer: Buffer, at: number): number {
    return this.#littleEndian ? buffer.readUInt16LE(at) : buffer.readUInt16BE(at);
  }

  #beginSection(buffer: Buffer, at: number): boolean {
    if (buffer.readUInt32LE(at + 8) === BYTE_ORDER_MAGIC) this.#littleEndian = true;
    else if (buffer.readUInt32BE(at + 8) === BYTE_ORDER_MAGIC) this.#littleEndian = false;
    else {
      this.broken = 'a section header has no byte-order mark: the file is damaged from here on';
      return false;
    }
    this.#interfaces = [];
    return true;
  }

  #block(buffer: Buffer, type: number, at: number, bodyEnd: number, sink: FrameSink): void {
    const body = at + BLOCK_HEADER_BYTES;
    let problem: string | undefined;
    if (type === ENHANCED_PACKET) {
      problem = this.#packet(buffer, this.#u32(buffer, body), body, bodyEnd, sink);
    } else if (type === OBSOLETE_PACKET) {
      problem = this.#packet(buffer, this.#u16(buffer, body), body, bodyEnd, sink);
    } else if (type === SIMPLE_PACKET) {
      problem = this.#simplePacket(buffer, body, bodyEnd, sink);
    } else if (type === INTERFACE_DESCRIPTION) {
      if (bodyEnd - body < 8) problem = 'an interface description is too short';
      else if (this.#interfaces.length < INTERFACES_MAX) {
        this.#interfaces.push(this.#interface(buffer, body, bodyEnd));
      }
    }
    if (problem !== undefined && this.warnings.length < WARNINGS_MAX) {
      this.warnings.push({ position: at, message: problem });
    }
  }

  /** @returns what is wrong with the block, if anything. */
  #packet(
    buffer: Buffer,
    interfaceId: number,
    body: number,
    bodyEnd: number,
    sink: FrameSink,
  ): string | undefined {
    if (bodyEnd - body < 20) return 'a packet block is too short for its header';
    const source = this.#interfaces[interfaceId];
    if (!source) return `a packet names interface ${interfaceId}, which was not described`;
    const captured = this.#u32(buffer, body + 12);
    if (captured > bodyEnd - body - 20) return 'a packet is longer than its block';
    this.#setTime(source, this.#u32(buffer, body + 4), this.#u32(buffer, body + 8));
    const start = body + 20;
    const original = this.#u32(buffer, body + 16);
    const end = start + captured;
    sink.frame(buffer, start, end, original, source.linkType, this.#seconds, this.#nanos);
    return undefined;
  }

  /** A simple packet has no time: it gets that of the packet before it. */
  #simplePacket(
    buffer: Buffer,
    body: number,
    bodyEnd: number,
    sink: FrameSink,
  ): string | undefined {
    const source = this.#interfaces[0];
    if (!source || bodyEnd - body < 4) return 'a simple packet has no interface';
    const original = this.#u32(buffer, body);
    const start = body + 4;
    const end = start + Math.min(original, source.snapLength || original, bodyEnd - start);
    sink.frame(buffer, start, end, original, source.linkType, this.#seconds, this.#nanos);
    return undefined;
  }

  #interface(buffer: Buffer, body: number, bodyEnd: number): Interface {
    let unitsPerSecond = 1_000_000n;
    let decimalUnits = 1_000_000;
    let offsetSeconds = 0;
    let at = body + 8;
    while (bodyEnd - at >= 4) {
      const code = this.#u16(buffer, at);
      const length = this.#u16(buffer, at + 2);
      const value = at + 4;
      if (code === 0 || value + length > bodyEnd) break;
      if (code === OPTION_TIME_RESOLUTION && length === 1) {
        const exponent = buffer[value] & 0x7f;
        const binary = (buffer[value] & 0x80) !== 0;
        if (binary ? exponent <= 63 : exponent <= 19) {
          unitsPerSecond = (binary ? 2n : 10n) ** BigInt(exponent);
          decimalUnits = !binary && exponent <= 9 ? 10 ** exponent : 0;
        }
      } else if (code === OPTION_TIME_OFFSET && length === 8) {
        const offset = this.#littleEndian
          ? buffer.readBigInt64LE(value)
          : buffer.readBigInt64BE(value);
        offsetSeconds = Number(offset);
      }
      at = value + ((length + 3) & ~3);
    }
    const snapLength = this.#u32(buffer, body + 4);
    return {
      linkType: this.#u16(buffer, body),
      snapLength,
      unitsPerSecond,
      decimalUnits,
      offsetSeconds,
    };
  }

  #setTime(source: Interface, high: number, low: number): void {
    const { decimalUnits } = source;
    if (decimalUnits > 0) {
      // high * 2^32 is exact in a double, its remainder too, and the quotient has few enough bits: no BigInt needed.
      const upper = high * 4_294_967_296;
      const remainder = upper % decimalUnits;
      const rest = remainder + low;
      const carry = Math.floor(rest / decimalUnits);
      this.#seconds = (upper - remainder) / decimalUnits + carry + source.offsetSeconds;
      this.#nanos = (rest - carry * decimalUnits) * (1e9 / decimalUnits);
    } else {
      const units = (BigInt(high) << 32n) | BigInt(low);
      this.#seconds = Number(units / source.unitsPerSecond) + source.offsetSeconds;
      this.#nanos = Number(
        ((units % source.unitsPerSecond) * 1_000_000_000n) / source.unitsPerSecond,
      );
    }
  }
}
