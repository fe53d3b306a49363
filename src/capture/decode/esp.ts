/** ESP in UDP (RFC 3948): what IPsec sends past address translation once IKE, on the same port, agreed on keys. */
import type { AppEvent, DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { u32be } from './integers.ts';

export interface EspEvent extends AppEvent {
  readonly protocol: 'esp';
  /** The first packet of each association. */
  readonly event: 'esp_in_udp';
  /** Which association it belongs to. */
  readonly spi: number;
}

const protocol = 'esp';
const PORT = 4500;
/** Below are numbers that stand for no association (RFC 4303, 2.1). */
const SPI_MIN = 256;
/** Header, initialisation vector or padding, and an integrity value. */
const BYTES_MIN = 32;
const SEQUENCE_MAX = 1 << 24;
const ASSOCIATIONS_MAX = 16;

export const espDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: [PORT],
  recognise(bytes, start, end, _direction, { serverPort, clientPort }) {
    if (serverPort !== PORT && clientPort !== PORT) return 'no';
    return isEsp(bytes, start, end) ? 'yes' : 'no';
  },
  open: (_flow, context) => new EspParser(context),
};

function isEsp(bytes: Uint8Array, start: number, end: number): boolean {
  const sequence = end - start < BYTES_MIN ? 0 : u32be(bytes, start + 4);
  return sequence > 0 && sequence < SEQUENCE_MAX && u32be(bytes, start) >= SPI_MIN;
}

class EspParser implements Parser {
  readonly #context: DecodeContext;
  readonly #seen = new Set<number>();

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const spi = isEsp(bytes, start, end) ? u32be(bytes, start) : 0;
    if (spi === 0 || this.#seen.has(spi) || this.#seen.size >= ASSOCIATIONS_MAX) return end - start;
    this.#seen.add(spi);
    const event: EspEvent = { protocol, event: 'esp_in_udp', spi };
    this.#context.emit(event, direction, at);
    return end - start;
  }
}
