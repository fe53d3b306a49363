/**
 * What every capture format boils down to: frames with a link type and a time, handed to a sink without a copy,
 * and problems that were met on the way.
 */

/** Takes frames one by one. Bytes [start, end) of `buffer` are valid during the call only. */
export interface FrameSink {
  frame(
    buffer: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    seconds: number,
    nanos: number,
  ): void;
  /** Where the sink wants captures to be read to, if it cares; then it takes pcap records by the block. */
  readonly memory?: Buffer;
  /**
   * Takes the whole pcap records in [start, end) of `memory`.
   * @returns where it stopped: at the first record that is not whole, or longer than a frame can be.
   */
  records?(start: number, end: number, linkType: number, format: RecordFormat): number;
}

/** How a pcap file writes its records. */
export interface RecordFormat {
  readonly littleEndian: boolean;
  readonly nanosPerUnit: number;
  readonly headerBytes: number;
}

/** A part of a file that could not be read; what came before it counts, and what comes after it where possible. */
export interface InputProblem {
  readonly file: string;
  /** Bytes from the start of the (decompressed) input. */
  readonly offset: number;
  readonly message: string;
}

/**
 * Reads one capture format from a buffer that is refilled by the caller. `consume` hands on each whole frame in
 * [start, end) and returns the position of the first byte that it left; the caller offers it again with more behind.
 */
export interface FormatReader {
  consume(buffer: Buffer, start: number, end: number, sink: FrameSink): number;
  /** Bytes that must be in the buffer before `consume` can go on; 0 when any progress is possible. */
  readonly needed: number;
  /** Bytes that are to be thrown away before `consume` is called again (a block that is too long to hold). */
  skip: number;
  /** Set when the rest cannot be read: why, and where relative to the position that `consume` returned. */
  readonly broken: string | undefined;
  /** Problems that did not end the reading. */
  readonly warnings: { readonly position: number; readonly message: string }[];
}

/** Longest frame that is believed; libpcap's own limit for most link types. */
export const FRAME_BYTES_MAX = 262_144;
