/**
 * The classic pcap format (draft-ietf-opsawg-pcap): both byte orders, micro- and nanoseconds, and the two bytes
 * longer record headers of the "modified" format.
 */
import { type FormatReader, FRAME_BYTES_MAX, type FrameSink, type RecordFormat } from './frames.ts';

const FILE_HEADER_BYTES = 24;

/** By the first four bytes, read as big-endian. */
const FORMATS = new Map<number, RecordFormat>([
  [0xa1b2c3d4, { littleEndian: false, nanosPerUnit: 1000, headerBytes: 16 }],
  [0xd4c3b2a1, { littleEndian: true, nanosPerUnit: 1000, headerBytes: 16 }],
  [0xa1b23c4d, { littleEndian: false, nanosPerUnit: 1, headerBytes: 16 }],
  [0x4d3cb2a1, { littleEndian: true, nanosPerUnit: 1, headerBytes: 16 }],
  [0xa1b2cd34, { littleEndian: false, nanosPerUnit: 1000, headerBytes: 24 }],
  [0x34cdb2a1, { littleEndian: true, nanosPerUnit: 1000, headerBytes: 24 }],
]);

export function isPcap(magic: number): boolean {
  return FORMATS.has(magic);
}

export class PcapReader implements FormatReader {
  needed = FILE_HEADER_BYTES;
  skip = 0;
  broken: string | undefined;
  readonly warnings: { position: number; message: string }[] = [];
  #format: RecordFormat | undefined;
  #linkType = 0;
  #viewed: Buffer | undefined;
  #view: DataView | undefined;

  consume(buffer: Buffer, start: number, end: number, sink: FrameSink): number {
    let position = start;
    if (!this.#format) {
      if (end - position < FILE_HEADER_BYTES) return position;
      const format = FORMATS.get(buffer.readUInt32BE(position)) as RecordFormat;
      this.#format = format;
      // The upper bits of the field tell of frame check sequences, not of the link type.
      this.#linkType =
        (format.littleEndian
          ? buffer.readUInt32LE(position + 20)
          : buffer.readUInt32BE(position + 20)) & 0xffff;
      position += FILE_HEADER_BYTES;
    }
    if (sink.records && buffer === sink.memory) {
      position = sink.records(position, end, this.#linkType, this.#format);
    }
    return this.#records(this.#format, buffer, position, end, sink);
  }

  /** A method of its own, called for each block and hot at once. */
  #records(
    { littleEndian, nanosPerUnit, headerBytes }: RecordFormat,
    buffer: Buffer,
    start: number,
    end: number,
    sink: FrameSink,
  ): number {
    const view = this.#viewOf(buffer);
    const linkType = this.#linkType;
    let position = start;
    let needed = headerBytes;
    while (end - position >= headerBytes) {
      const captured = view.getUint32(position + 8, littleEndian);
      if (captured > FRAME_BYTES_MAX) {
        this.broken = `a record claims ${captured} bytes, more than a frame can have: the file is damaged from here on`;
        return position;
      }
      const frameStart = position + headerBytes;
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
