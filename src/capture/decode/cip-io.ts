/** Implicit messages of EtherNet/IP over UDP: inputs and outputs of CIP connections (volume 2, 3-2). */
import type { Decoder, MalformedEvent } from '../decoder.ts';
import type { CipIoData } from './enip/events.ts';
import { u16le, u32le } from './integers.ts';

const PORT = 2222;
const SEQUENCED_ADDRESS = 0x8002;
const CONNECTED_DATA = 0xb1;
/** Count, address item with connection and sequence number, and the head of the data item. */
const HEADER_BYTES = 18;

export const cipIoDecoder: Decoder = {
  protocol: 'cip_io',
  carriers: ['udp'],
  ports: [PORT],
  recognise: (bytes, start, end) => (isIo(bytes, start, end) ? 'yes' : 'no'),
  open: (_flow, context) => ({
    data(bytes, start, end, direction, at) {
      context.emit(readIo(bytes, start, end), direction, at);
      return end - start;
    },
  }),
};

/** Two items: a sequenced address of eight bytes, and data that fill the rest. */
function isIo(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= HEADER_BYTES &&
    bytes[start] === 2 &&
    bytes[start + 1] === 0 &&
    u16le(bytes, start + 2) === SEQUENCED_ADDRESS &&
    u16le(bytes, start + 4) === 8 &&
    u16le(bytes, start + 14) === CONNECTED_DATA &&
    HEADER_BYTES + u16le(bytes, start + 16) === end - start
  );
}

function readIo(bytes: Uint8Array, start: number, end: number): CipIoData | MalformedEvent {
  if (!isIo(bytes, start, end))
    return { protocol: 'cip_io', event: 'malformed', reason: 'items of the message', offset: 0 };
  return {
    protocol: 'cip_io',
    event: 'io_data',
    connection_id: u32le(bytes, start + 6),
    sequence: u32le(bytes, start + 10),
    data_length: end - start - HEADER_BYTES,
  };
}
