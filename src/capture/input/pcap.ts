/**
 * The classic pcap format (draft-ietf-opsawg-pcap): both byte orders, micro- and nanoseconds, and the two bytes
 * longer record headers of the "modified" variant.
 */
import { type FormatReader, FRAME_BYTES_MAX, type FrameSink } from './frames.ts';

const FILE_HEADER_BYTES = 24;

interface Variant {
  readonly littleEndian: boolean;
  readonly nanosPerUnit: number;
  readonly recordHeaderBytes: number;
}

/** By the first four bytes, read as big-endian. */
const VARIANTS = new Map<number, Variant>([
  [0xa1b2c3d4, { littleEndian: false, nanosPerUnit: 1000, recordHeaderBytes: 16 }],
  [0xd4c3b2a1, { littleEndian: true, nanosPerUnit: 1000, recordHeaderBytes: 16 }],
  [0xa1b23c4d, { littleEndian: false, nanosPerUnit: 1, recordHeaderBytes: 16 }],
  [0x4d3cb2a1, { littleEndian: true, nanosPerUnit: 1, recordHeaderBytes: 16 }],
  [0xa1b2cd34, { littleEndian: false, nanosPerUnit: 1000, recordHeaderBytes: 24 }],
  [0x34cdb2a1, { littleEndian: true, nanosPerUnit: 1000, recordHeaderBytes: 24 }],
]);

export function isPcap(magic: number): boolean {
  return VARIANTS.has(magic);
}

export class PcapReader implements FormatReader {
  needed = FILE_HEADER_BYTES;
  skip = 0;
  broken: string | undefined;
  readonly warnings: { position: number; message: string }[] = [];
  #variant: Variant | undefined;
  #linkType = 0;

  consume(buffer: Buffer, start: number, end: number, sink: FrameSink): number {
    let position = start;
    if (!this.#variant) {
      if (end - position < FILE_HEADER_BYTES) return position;
      const variant = VARIANTS.get(buffer.readUInt32BE(position)) as Variant;
      this.#variant = variant;
      // The upper bits of the field tell of frame check sequences, not of the link type.
      this.#linkType =
        (variant.littleEndian
          ? buffer.readUInt32LE(position + 20)
          : buffer.readUInt32BE(position + 20)) & 0xffff;
      position += FILE_HEADER_BYTES;
    }
    const { littleEndian, nanosPerUnit, recordHeaderBytes } = this.#variant;
    const linkType = this.#linkType;
    // Byte positions of a field's four bytes, lowest first, so that one expression reads both orders.
    const b0 = littleEndian ? 0 : 3;
    const b1 = littleEndian ? 1 : 2;
    const b2 = littleEndian ? 2 : 1;
    const b3 = littleEndian ? 3 : 0;
    while (end - position >= recordHeaderBytes) {
      const p = position;
      const seconds =
        (buffer[p + b0] |
          (buffer[p + b1] << 8) |
          (buffer[p + b2] << 16) |
          (buffer[p + b3] << 24)) >>>
        0;
      let nanos =
        ((buffer[p + 4 + b0] |
          (buffer[p + 4 + b1] << 8) |
          (buffer[p + 4 + b2] << 16) |
          (buffer[p + 4 + b3] << 24)) >>>
          0) *
        nanosPerUnit;
      const captured =
        (buffer[p + 8 + b0] |
          (buffer[p + 8 + b1] << 8) |
          (buffer[p + 8 + b2] << 16) |
          (buffer[p + 8 + b3] << 24)) >>>
        0;
      if (captured > FRAME_BYTES_MAX) {
        this.broken = `a record claims ${captured} bytes, more than a frame can have: the file is damaged from here on`;
        return position;
      }
      const frameStart = position + recordHeaderBytes;
      if (end - frameStart < captured) {
        this.needed = recordHeaderBytes + captured;
        return position;
      }
      const original =
        (buffer[p + 12 + b0] |
          (buffer[p + 12 + b1] << 8) |
          (buffer[p + 12 + b2] << 16) |
          (buffer[p + 12 + b3] << 24)) >>>
        0;
      if (nanos >= 1e9) nanos = 999_999_999;
      position = frameStart + captured;
      sink.frame(buffer, frameStart, position, original, linkType, seconds, nanos);
    }
    this.needed = recordHeaderBytes;
    return position;
  }
}
