/**
 * The frame of a decoder whose every datagram stands alone and gives at most one event: all that is left to a
 * protocol is how its datagrams are known and how one is read.
 */
import type {
  AppEvent,
  Carrier,
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
} from '../decoder.ts';

export interface DatagramProtocol {
  readonly protocol: string;
  readonly ports: readonly number[];
  /** As Decoder.repeats. */
  readonly repeats?: boolean;
  recognise(bytes: Uint8Array, start: number, end: number, flow: Flow): boolean;
  /** Reads one datagram; text says what is wrong with it, undefined that it says nothing. */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    context: DecodeContext,
  ): AppEvent | string | undefined;
}

const CARRIERS: readonly Carrier[] = ['udp'];

export function datagramDecoder(rules: DatagramProtocol): Decoder {
  const { protocol, ports, repeats = false } = rules;
  return {
    protocol,
    carriers: CARRIERS,
    ports,
    repeats,
    recognise: (bytes, start, end, _direction, flow) =>
      rules.recognise(bytes, start, end, flow) ? 'yes' : 'no',
    open: (_flow, context) => ({
      data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef) {
        const event = rules.read(bytes, start, end, context);
        if (typeof event === 'string') emitMalformed(context, protocol, event, 0, direction, at);
        else if (event) context.emit(event, direction, at);
        return end - start;
      },
    }),
  };
}

export function emitMalformed(
  context: DecodeContext,
  protocol: string,
  reason: string,
  offset: number,
  direction: Direction,
  at: PacketRef,
): void {
  const event: MalformedEvent = { protocol, event: 'malformed', reason, offset };
  context.emit(event, direction, at);
}
