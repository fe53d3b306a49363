/** The packet at hand: where it is in its capture, when it came, and what its headers said. One object a run. */
import type { PacketRef } from './decoder.ts';
import {
  CONTROL,
  END,
  FAMILY,
  FILE,
  FLOW,
  KNOCKS,
  NANOS,
  NUMBER,
  PAYLOAD,
  PROTOCOL,
  SECONDS,
  SIDE,
  SOURCE_PORT,
  TARGET,
  TARGET_PORT,
  TIME,
  TRANSPORT,
} from './kernel/layout.ts';
import type { PacketKernel } from './kernel.ts';

/** Reads what the kernel wrote; kernel/layout.ts says what each thing is. Offsets are into `bytes`. */
export class Packet {
  readonly bytes: Buffer;
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  #ref: PacketRef | undefined;

  constructor(kernel: PacketKernel) {
    this.bytes = kernel.bytes;
    this.#words = kernel.words;
    this.#doubles = kernel.doubles;
  }

  get file(): number {
    return this.#words[FILE];
  }

  get number(): number {
    return this.#words[NUMBER];
  }

  get seconds(): number {
    return this.#words[SECONDS] >>> 0;
  }

  get nanos(): number {
    return this.#words[NANOS];
  }

  /** Seconds since 1970. */
  get time(): number {
    return this.#doubles[TIME];
  }

  get protocol(): number {
    return this.#words[PROTOCOL];
  }

  get family(): number {
    return this.#words[FAMILY];
  }

  get target(): number {
    return this.#words[TARGET];
  }

  get sourcePort(): number {
    return this.#words[SOURCE_PORT];
  }

  get targetPort(): number {
    return this.#words[TARGET_PORT];
  }

  get control(): number {
    return this.#words[CONTROL];
  }

  get transport(): number {
    return this.#words[TRANSPORT];
  }

  get payload(): number {
    return this.#words[PAYLOAD];
  }

  get end(): number {
    return this.#words[END];
  }

  get flow(): number {
    return this.#words[FLOW];
  }

  get side(): 0 | 1 {
    return this.#words[SIDE] as 0 | 1;
  }

  /** It begins a conversation that an answer would complete. */
  get knocks(): boolean {
    return this.#words[KNOCKS] !== 0;
  }

  /** A reference that outlives the packet; made at most once for it. */
  ref(): PacketRef {
    const { file, number } = this;
    let ref = this.#ref;
    if (ref === undefined || ref.packet !== number || ref.file !== file) {
      ref = { file, packet: number, seconds: this.seconds, nanos: this.nanos };
      this.#ref = ref;
    }
    return ref;
  }
}

/** A reference to a packet whose time is known as a double, exact to about 0.2 µs. */
export function refAt(file: number, packet: number, time: number): PacketRef {
  const seconds = Math.floor(time);
  const nanos = Math.min(999_999_999, Math.round((time - seconds) * 1e9));
  return { file, packet, seconds, nanos };
}
