/** Which decoders a flow is offered, and in which order. */
import type { Carrier, Decoder } from './decoder.ts';

/** Decoders in the order in which they are tried, and which of them a payload's first byte leaves. */
export class Candidates {
  readonly #all: readonly Decoder[];
  /** Made when a payload begins so. */
  readonly #byFirstByte: (readonly Decoder[] | undefined)[] = new Array(256).fill(undefined);

  constructor(all: readonly Decoder[]) {
    this.#all = all;
  }

  startingWith(byte: number): readonly Decoder[] {
    let decoders = this.#byFirstByte[byte];
    if (decoders === undefined) {
      decoders = this.#all.filter(({ firstBytes }) => firstBytes?.includes(byte) ?? true);
      this.#byFirstByte[byte] = decoders;
    }
    return decoders;
  }
}

/** The decoders of one carrier, by the ports of a flow. */
export class DecoderList {
  readonly #elsewhere: Candidates;
  readonly #byPort = new Map<number, Candidates>();

  constructor(all: readonly Decoder[]) {
    this.#elsewhere = new Candidates(all);
    for (const port of new Set(all.flatMap((decoder) => decoder.ports))) {
      const onPort = all.filter((decoder) => decoder.ports.includes(port));
      const others = all.filter((decoder) => !onPort.includes(decoder));
      this.#byPort.set(port, new Candidates([...onPort, ...others]));
    }
  }

  likeliestFirst(targetPort: number, sourcePort: number): Candidates {
    return this.#byPort.get(targetPort) ?? this.#byPort.get(sourcePort) ?? this.#elsewhere;
  }
}

export function byCarrier(decoders: readonly Decoder[]): Map<Carrier, DecoderList> {
  const carriers = new Set(decoders.flatMap((decoder) => decoder.carriers));
  return new Map(
    [...carriers].map((carrier) => [
      carrier,
      new DecoderList(decoders.filter((decoder) => decoder.carriers.includes(carrier))),
    ]),
  );
}
