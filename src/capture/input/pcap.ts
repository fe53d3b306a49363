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
  #viewed: Buffer | undefined;
  #view: DataView | undefined;

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
    return this.#records(this.#variant, buffer, position, end, sink);
  }

  /** A method of its own, called for each block and hot at once. */
  #records(
    { littleEndian, nanosPerUnit, recordHeaderBytes }: Variant,
    buffer: Buffer,
    start: number,
    end: number,
    sink: FrameSink,
  ): number {
    const view = this.#viewOf(buffer);
    const linkType = this.#linkType;
    let position = start;
    let needed = recordHeaderBytes;
    while (end - position >= recordHeaderBytes) {
      const captured = view.getUint32(position + 8, littleEndian);
      if (captured > FRAME_BYTES_MAX) {
        this.broken = `a record claims ${captured} bytes, more than a frame can have: the file is damaged from here on`;
        return position;
      }
      const frameStart = position + recordHeaderBytes;
      const frameEnd = frameStart + captured;
      if (frameEnd > end) {
        needed = frameEnd - position;
        break;
      }
      const seconds = view.getUint32(position, littleEndian);
      const nanos = view.getUint32(position + 4, littleEndian) * nanosPerUnit;
      const original = view.getUint32(position + 12, littleEndian);
      position = frameEnd;
      sink.frame(
        buffer,
        frameStart,
        frameEnd,
        original,
        linkType,
        seconds,
        nanos < 1e9 ? nanos : 999_999_999,
      );
    }
    this.needed = needed;
    return position;
  }

  #viewOf(buffer: Buffer): DataView {
    if (this.#viewed !== buffer) {
      this.#viewed = buffer;
      this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    return this.#view as DataView;
  }
}
