/**
 * PROFINET: Discovery and basic Configuration on the link (EtherType 0x8892), and the context manager over UDP.
 * Cyclic data and alarms, which share the EtherType, say nothing of who is who and are passed over.
 */
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { ByteReader } from './byte-reader.ts';
import { u16be } from './integers.ts';
import { isProfinetCall, readCall } from './profinet/context-manager.ts';
import { GET_SET, HELLO, IDENTIFY_REQUEST, IDENTIFY_RESPONSE, readDcp } from './profinet/dcp.ts';
import type { ProfinetEvent } from './profinet/events.ts';

export type * from './profinet/events.ts';

const ETHERTYPE = 0x8892;
const FRAME_ID_BYTES = 2;
/** Frame ids of cyclic data, alarms, clocks and DCP (IEC 61158-6-10, 4.2.2.4): all above this. */
const FRAME_ID_MIN = 0x0020;

export const profinetDecoder: Decoder = {
  protocol: 'profinet',
  carriers: ['other', 'udp'],
  ports: [34_962, 34_963, 34_964],
  recognise(bytes, start, end, _direction, flow) {
    if (flow.carrier === 'udp') return isProfinetCall(bytes, start, end) ? 'yes' : 'no';
    const isOwn = flow.serverPort === ETHERTYPE && end - start >= FRAME_ID_BYTES;
    return isOwn && u16be(bytes, start) >= FRAME_ID_MIN ? 'yes' : 'no';
  },
  open: (flow, context) => new ProfinetParser(context, flow.carrier === 'udp'),
};

class ProfinetParser implements Parser {
  readonly #context: DecodeContext;
  readonly #overUdp: boolean;
  readonly #reader = new ByteReader();

  constructor(context: DecodeContext, overUdp: boolean) {
    this.#context = context;
    this.#overUdp = overUdp;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const reader = this.#reader.reset(bytes, start, end);
    let event: ProfinetEvent | undefined;
    if (!this.#overUdp) event = this.#frame(reader);
    else if (isProfinetCall(bytes, start, end)) event = readCall(reader, start);
    if (event) this.#context.emit(event, direction, at);
    const { fault } = reader;
    if (fault) {
      const offset = reader.end - start;
      const readable = event !== undefined;
      this.#context.emit(
        {
          protocol: 'profinet',
          event: 'malformed',
          reason: fault,
          offset,
          readable,
        } as ProfinetEvent,
        direction,
        at,
      );
    }
    reader.release();
    return end - start;
  }

  #frame(reader: ByteReader): ProfinetEvent | undefined {
    switch (reader.u16()) {
      case HELLO:
      case GET_SET:
      case IDENTIFY_REQUEST:
      case IDENTIFY_RESPONSE:
        return readDcp(reader);
      default:
        reader.fault = '';
        return undefined;
    }
  }
}
