/** Which decoders a flow is offered, and in which order. */
import type { Carrier, Decoder } from './decoder.ts';

/** The decoders of one carrier, in the order in which they are tried on given ports. */
export class DecoderList {
  readonly #all: readonly Decoder[];
  readonly #byPort = new Map<number, readonly Decoder[]>();

  constructor(all: readonly Decoder[]) {
    this.#all = all;
    for (const port of new Set(all.flatMap((decoder) => decoder.ports))) {
      const onPort = all.filter((decoder) => decoder.ports.includes(port));
      this.#byPort.set(port, [...onPort, ...all.filter((decoder) => !onPort.includes(decoder))]);
    }
  }

  likeliestFirst(targetPort: number, sourcePort: number): readonly Decoder[] {
    return this.#byPort.get(targetPort) ?? this.#byPort.get(sourcePort) ?? this.#all;
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
