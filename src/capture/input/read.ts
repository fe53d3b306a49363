/**
 * Reads captures: from files, folders or standard input, plain or gzip, pcap or pcapng, told apart by content.
 * Plain files are read in large blocks into one buffer that is reused; frames are handed on without a copy.
 */
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InputError, unreadable } from '../../base/index.ts';
import type { FormatReader, FrameSink, InputProblem } from './frames.ts';
import { isPcap, PcapReader } from './pcap.ts';
import { PcapngReader, SECTION_HEADER } from './pcapng.ts';

const BUFFER_BYTES = 512 * 1024;
const FILES_MAX = 100_000;
const FOLDER_DEPTH_MAX = 8;
const CAPTURE_NAME = /\.(pcap|pcapng|cap|ntar)\d*(\.gz)?$/i;

/** One input: its name for reports, its size where known, and its bytes. */
export interface CaptureFile {
  readonly name: string;
  readonly path: string;
  readonly size: number | undefined;
}

/** Called after each block with the bytes read of the file as it lies on disk; reading waits for its promise. */
export type Progress = (file: CaptureFile, bytesRead: number) => void | Promise<void>;

/**
 * The files behind what a user named: paths as they are, folders searched for captures by name (sorted), `-` for
 * standard input.
 * @throws InputError `file-missing`, `file-forbidden`, `folder-empty`.
 */
export function captureFiles(paths: readonly string[]): CaptureFile[] {
  const files: CaptureFile[] = [];
  for (const path of paths) {
    if (path === '-') {
      files.push({ name: 'standard input', path, size: undefined });
      continue;
    }
    const found = statOrFail(path);
    if (!found.isDirectory()) {
      files.push({ name: basename(path), path, size: found.isFile() ? found.size : undefined });
      continue;
    }
    const before = files.length;
    addFolder(path, '', 0, files);
    if (files.length === before) {
      throw new InputError(
        'folder-empty',
        `${path} holds no capture: expected files that end in .pcap, .pcapng or .cap, also with .gz`,
      );
    }
  }
  return files;
}

function statOrFail(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function addFolder(root: string, prefix: string, depth: number, files: CaptureFile[]): void {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(join(root, prefix), { withFileTypes: true });
  } catch (error) {
    throw unreadable(join(root, prefix), error);
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = join(prefix, entry.name);
    if (entry.isDirectory() && depth < FOLDER_DEPTH_MAX) addFolder(root, name, depth + 1, files);
    else if (CAPTURE_NAME.test(entry.name) && files.length < FILES_MAX) {
      const path = join(root, name);
      files.push({ name, path, size: statOrFail(path).size });
    }
  }
}

/** What reading a capture came to. */
export interface ReadResult {
  readonly format: 'pcap' | 'pcapng';
  /** What could not be read. */
  readonly problems: InputProblem[];
}

/**
 * Reads one capture to its end and hands its frames to `sink`. A file of which nothing can be read is an error.
 * @throws InputError `file-missing`, `file-forbidden`, `file-empty`, `not-a-capture`.
 */
export async function readCapture(
  file: CaptureFile,
  sink: FrameSink,
  progress?: Progress,
): Promise<ReadResult> {
  if (file.path === '-') return readStream(file, process.stdin, sink, progress);
  let descriptor: number;
  try {
    descriptor = openSync(file.path, 'r');
  } catch (error) {
    throw unreadable(file.path, error);
  }
  let plain = false;
  try {
    plain = fstatSync(descriptor).isFile();
    const head = Buffer.alloc(2);
    if (
      plain &&
      readSync(descriptor, head, 0, 2, 0) === 2 &&
      head[0] === 0x1f &&
      head[1] === 0x8b
    ) {
      plain = false;
    }
    if (plain) return await readDescriptor(file, descriptor, sink, progress);
  } catch (error) {
    throw isSystemError(error) ? unreadable(file.path, error) : error;
  } finally {
    closeSync(descriptor);
  }
  return readStream(file, createReadStream(file.path, { highWaterMark: 1 << 20 }), sink, progress);
}

async function readDescriptor(
  file: CaptureFile,
  descriptor: number,
  sink: FrameSink,
  progress: Progress | undefined,
): Promise<ReadResult> {
  const feed = new FrameFeed(file, sink);
  let total = 0;
  for (;;) {
    const space = feed.space();
    const count = readSync(descriptor, space, 0, space.length, null);
    if (count === 0) break;
    total += count;
    if (!feed.filled(count)) break;
    await progress?.(file, total);
  }
  return feed.finish();
}

async function readStream(
  file: CaptureFile,
  raw: Readable,
  sink: FrameSink,
  progress: Progress | undefined,
): Promise<ReadResult> {
  const feed = new FrameFeed(file, sink);
  let total = 0;
  try {
    for await (const chunk of await gunzipped(raw, (bytes) => {
      total += bytes;
    })) {
      if (!offer(feed, chunk as Buffer)) break;
      await progress?.(file, total);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!code.startsWith('Z_')) throw isSystemError(error) ? unreadable(file.path, error) : error;
    feed.problem('the compressed data is cut or damaged from here on');
  }
  return feed.finish();
}

/** The operating system's doing, not a bug of ours. */
function isSystemError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.syscall !== undefined;
}

function offer(feed: FrameFeed, chunk: Buffer): boolean {
  let from = 0;
  while (from < chunk.length) {
    const space = feed.space();
    const count = chunk.copy(space, 0, from);
    from += count;
    if (!feed.filled(count)) return false;
  }
  return true;
}

/** The stream itself, or its decompressed form when it begins as gzip does (RFC 1952). */
async function gunzipped(
  raw: Readable,
  count: (bytes: number) => void,
): Promise<AsyncIterable<Buffer>> {
  const iterator = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const head: Buffer[] = [];
  let length = 0;
  while (length < 2) {
    const next = await iterator.next();
    if (next.done) break;
    head.push(next.value);
    length += next.value.length;
  }
  async function* chunks(): AsyncGenerator<Buffer> {
    for (const chunk of head) {
      count(chunk.length);
      yield chunk;
    }
    for (;;) {
      const next = await iterator.next();
      if (next.done) return;
      count(next.value.length);
      yield next.value;
    }
  }
  const start = Buffer.concat(head).subarray(0, 2);
  if (start.length < 2 || start[0] !== 0x1f || start[1] !== 0x8b) return chunks();
  const { pipeline, Readable: ReadableClass } = await import('node:stream');
  const gunzip = createGunzip();
  // Errors of either side reach the reader through the last stream.
  return pipeline(ReadableClass.from(chunks()), gunzip, () => {}) as AsyncIterable<Buffer>;
}

/** Holds the buffer between a byte source and a format reader. */
class FrameFeed {
  readonly #file: CaptureFile;
  readonly #sink: FrameSink;
  readonly #problems: InputProblem[] = [];
  readonly #buffer: Buffer;
  #start = 0;
  #end = 0;
  /** Offset in the input of the buffer's first byte. */
  #base = 0;
  #skip = 0;
  #reader: FormatReader | undefined;

  constructor(file: CaptureFile, sink: FrameSink) {
    this.#file = file;
    this.#sink = sink;
    this.#buffer = sink.memory ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
  }

  /** Free space to fill; never empty. */
  space(): Buffer {
    if (this.#start > 0) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#base += this.#start;
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#buffer.subarray(this.#end);
  }

  /** Takes what was filled; false when the rest cannot be read. */
  filled(count: number): boolean {
    this.#end += count;
    for (;;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, this.#end - this.#start);
        this.#start += skipped;
        this.#skip -= skipped;
        if (this.#skip > 0) return true;
      }
      const reader = this.#reader ?? this.#recognise();
      if (!reader) return true;
      const before = this.#start;
      this.#start = reader.consume(this.#buffer, before, this.#end, this.#sink);
      for (const { position, message } of reader.warnings.splice(0)) {
        this.#report(this.#base + position, message);
      }
      if (reader.broken !== undefined) {
        this.problem(reader.broken);
        this.#start = this.#end;
        return false;
      }
      if (reader.skip === 0) return true;
      this.#skip = reader.skip;
      reader.skip = 0;
    }
  }

  #recognise(): FormatReader | undefined {
    if (this.#end - this.#start < 4) return undefined;
    const magic = this.#buffer.readUInt32BE(this.#start);
    if (isPcap(magic)) this.#reader = new PcapReader();
    else if (magic === SECTION_HEADER) this.#reader = new PcapngReader();
    else {
      throw new InputError(
        'not-a-capture',
        `${this.#file.path} is not a capture: expected pcap or pcapng, plain or gzip, as tcpdump -w or Wireshark write it`,
        { offset: 0 },
      );
    }
    return this.#reader;
  }

  problem(message: string): void {
    this.#report(this.#base + this.#start, message);
  }

  #report(offset: number, message: string): void {
    if (this.#problems.length < 1000)
      this.#problems.push({ file: this.#file.path, offset, message });
  }

  finish(): ReadResult {
    const left = this.#end - this.#start;
    if (!this.#reader) {
      throw new InputError(
        'file-empty',
        left === 0 && this.#base === 0
          ? `${this.#file.path} is empty: record something first, for example with tcpdump -w`
          : `${this.#file.path} is too short to be a capture: expected pcap or pcapng, as tcpdump -w writes it`,
        { offset: 0 },
      );
    }
    if ((left > 0 || this.#skip > 0) && this.#problems.length === 0) {
      this.problem(
        'the file ends in the middle of a record: the capture was cut; everything before it was read',
      );
    } else if (left > 0 && this.#reader.broken === undefined) {
      this.problem('the last record is cut');
    }
    const format = this.#reader instanceof PcapReader ? 'pcap' : 'pcapng';
    return { format, problems: this.#problems };
  }
}
