/**
 * The packet kernel as TypeScript sees it: WebAssembly compiled from kernel/packets.as.ts, and the memory that both
 * share. Captures are read into that memory, so that frames are walked where they lie.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  INPUT,
  INPUT_BYTES,
  RECORD_BYTES,
  SCRATCH,
  SCRATCH_BYTES,
  TABLE,
} from './kernel/layout.ts';

const PAGE_BYTES = 65_536;

/** See kernel/packets.as.ts. Offsets are into `memory`; `why` is one of the reasons in kernel/layout.ts. */
interface Exports {
  setUp(capacity: number, random: number): void;
  beginFile(file: number): void;
  walk(
    from: number,
    end: number,
    littleEndian: boolean,
    nanosPerUnit: number,
    headerBytes: number,
    ethernet: boolean,
    frameBytesMax: number,
  ): number;
  take(start: number, stop: number, original: number, seconds: number, nanos: number): void;
  ethernet(start: number, stop: number): number;
  ipv4(at: number, stop: number): number;
  ipv6(at: number, stop: number): number;
  transport(at: number, end: number, claimed: number): number;
  follow(): number;
  release(flow: number): void;
  serverOf(flow: number): number;
  conclude(flow: number): number;
  numberOfMac(at: number): number;
  numberOfIpv6(at: number): number;
  numberOfHost(mac: number, family: number, address: number): number;
}

/** What is used of WebAssembly's interface, which comes with the browser's types only. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    constructor(pages: { readonly initial: number; readonly maximum: number });
  }
  class Instance {
    readonly exports: unknown;
    constructor(module: Module, imports: Readonly<Record<string, object>>);
  }
}

/** Compiled once for all runs of the process. */
let compiled: WebAssembly.Module | undefined;

export class PacketKernel {
  /** All of the memory, as bytes, words and doubles. */
  readonly bytes: Buffer;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  /** The part that captures are read to. */
  readonly input: Buffer;
  readonly run: Exports;

  /** @param capacity - flows held at once, a power of two. */
  constructor(capacity: number) {
    compiled ??= new WebAssembly.Module(
      readFileSync(new URL('./kernel/packets.wasm', import.meta.url)),
    );
    const pages = Math.ceil((recordsOffset(capacity) + (capacity + 1) * RECORD_BYTES) / PAGE_BYTES);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new WebAssembly.Instance(compiled, { env: { memory } });
    this.run = instance.exports as Exports;
    this.bytes = Buffer.from(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.doubles = new Float64Array(memory.buffer);
    this.input = Buffer.from(memory.buffer, INPUT, INPUT_BYTES);
    this.run.setUp(capacity, randomBytes(4).readInt32LE());
  }

  /** Offset in the memory of bytes [start, end), which are copied there unless they lie there already. */
  place(bytes: Uint8Array, start: number, end: number): number {
    if (bytes.buffer === this.bytes.buffer) return bytes.byteOffset + start;
    this.bytes.set(bytes.subarray(start, Math.min(end, start + SCRATCH_BYTES)), SCRATCH);
    return SCRATCH;
  }
}

/** Where the records of flows begin; the heads of their chains come before. */
export function recordsOffset(capacity: number): number {
  return TABLE + capacity * 4;
}
