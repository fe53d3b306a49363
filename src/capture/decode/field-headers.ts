/**
 * Protocols of plants, grids, vehicles, trains and buildings that are told by their header alone: what kind of message
 * travels and how long it is. Contents are not read.
 *
 * HART-IP (FieldComm TS20085), synchrophasors (IEEE C37.118.2), meters (ANSI C12.22), SOME/IP (AUTOSAR), TRDP (IEC
 * 61375-2-3), LonWorks over IP (ISO/IEC 14908-4), SAIA Ether-S-I/O, Zabbix.
 */
import type {
  Carrier,
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { u16be, u32be, u32le } from './integers.ts';
import { asciiBytes, beginsWith } from './match.ts';
import { asciiText } from './wire-text.ts';

export interface FieldHeaderEvent {
  readonly protocol:
    | 'hart_ip'
    | 'c37118'
    | 'c1222'
    | 'someip'
    | 'trdp'
    | 'cnp_ip'
    | 'ether_sio'
    | 'zabbix';
  readonly event: 'message';
  /** Kind of message, by name where it has one. */
  readonly type: string;
  /** Bytes of the whole message. */
  readonly length: number;
}

interface Header {
  readonly protocol: FieldHeaderEvent['protocol'];
  readonly carriers: readonly Carrier[];
  readonly ports: readonly number[];
  /** Bytes that must be there to tell; over UDP a message is the whole datagram. */
  readonly bytes: number;
  /** Only on its ports: the header alone is met by chance too often. */
  readonly onPort?: true;
  /** Off its ports a stream is told by its first message only. */
  begins?(bytes: Uint8Array, at: number, there: number): boolean;
  /** Length of the message whose header stands at `at`, with `there` bytes in hand; 0 when it is none. */
  length(bytes: Uint8Array, at: number, there: number): number;
  type(bytes: Uint8Array, at: number): string;
}

const MESSAGE_BYTES_MAX = 1 << 20;
const ESIO = asciiBytes('ESIO');
const ZBXD = asciiBytes('ZBXD');

const name = (names: Readonly<Record<number, string>>, number: number): string =>
  names[number] ?? String(number);

const HART_SESSION_BYTES = 13;
const HART_TYPES = { 0: 'request', 1: 'response', 2: 'publish', 3: 'error', 15: 'nak' };
const HART_IDS = {
  0: 'session_initiate',
  1: 'session_close',
  2: 'keep_alive',
  3: 'token_passing_pdu',
};
const hartIp: Header = {
  protocol: 'hart_ip',
  carriers: ['udp', 'tcp'],
  ports: [5094],
  bytes: 8,
  length(bytes, at) {
    const [version, type, id] = [bytes[at], bytes[at + 1], bytes[at + 2]];
    const known = version === 1 && (type <= 3 || type === 15) && (id <= 3 || id === 128);
    const length = u16be(bytes, at + 6);
    return known && length >= 8 ? length : 0;
  },
  // Role of the asker, and after how long without a message the session ends.
  begins: (bytes, at, there) =>
    there >= HART_SESSION_BYTES &&
    bytes[at + 2] === 0 &&
    bytes[at + 1] <= 1 &&
    u16be(bytes, at + 6) === HART_SESSION_BYTES &&
    bytes[at + 8] <= 1,
  type: (bytes, at) => `${name(HART_IDS, bytes[at + 2])}_${name(HART_TYPES, bytes[at + 1])}`,
};

const C37_TYPES = [
  'data',
  'header',
  'configuration_1',
  'configuration_2',
  'command',
  'configuration_3',
];
const c37118: Header = {
  protocol: 'c37118',
  carriers: ['udp', 'tcp'],
  ports: [4712, 4713],
  bytes: 14,
  length(bytes, at) {
    const [sync, type] = [bytes[at], bytes[at + 1]];
    const version = type & 15;
    if (sync !== 0xaa || type >> 4 > 5 || version < 1 || version > 3) return 0;
    const length = u16be(bytes, at + 2);
    // Bit 7 of the time's quality is reserved; some kilobytes hold the configuration of a whole station.
    const plausible = length >= 16 && length <= 8_192 && bytes[at + 10] < 0x80;
    return plausible && u16be(bytes, at + 4) !== 0xffff ? length : 0;
  },
  type: (bytes, at) => C37_TYPES[bytes[at + 1] >> 4],
};

/** ACSE elements that a message begins with (C12.22, 5.3): called or calling title, application context. */
const ACSE = [0xa1, 0xa2, 0xa4, 0xa6, 0xa7, 0xa8, 0xbe];
const c1222: Header = {
  protocol: 'c1222',
  carriers: ['udp', 'tcp'],
  ports: [1153],
  bytes: 8,
  onPort: true,
  length(bytes, at) {
    if (bytes[at] !== 0x60) return 0;
    const first = bytes[at + 1];
    const long = first === 0x81 ? 1 : first === 0x82 ? 2 : 0;
    if (first >= 0x80 && long === 0) return 0;
    const length = long === 0 ? first : long === 1 ? bytes[at + 2] : u16be(bytes, at + 2);
    return ACSE.includes(bytes[at + 2 + long]) ? 2 + long + length : 0;
  },
  type: () => 'acse',
};

const SOMEIP_TYPES: Readonly<Record<number, string>> = {
  0: 'request',
  1: 'request_no_return',
  2: 'notification',
  64: 'request_ack',
  65: 'request_no_return_ack',
  66: 'notification_ack',
  128: 'response',
  129: 'error',
};
const someIp: Header = {
  protocol: 'someip',
  carriers: ['udp', 'tcp'],
  ports: [30_490, 30_491, 30_501],
  bytes: 16,
  onPort: true,
  length(bytes, at) {
    // Protocol version 1, a known type (32: a segment of one), a return code, and a length of 8 and more.
    const kind = bytes[at + 14] & ~0x20;
    if (bytes[at + 12] !== 1 || SOMEIP_TYPES[kind] === undefined || bytes[at + 15] > 0x3f) return 0;
    const length = u32be(bytes, at + 4);
    return length >= 8 && length < MESSAGE_BYTES_MAX && bytes[at + 13] !== 0 ? 8 + length : 0;
  },
  type: (bytes, at) =>
    u32be(bytes, at) === 0xffff8100
      ? 'service_discovery'
      : name(SOMEIP_TYPES, bytes[at + 14] & ~0x20),
};

const TRDP_TYPES = /^(P[dpre]|M[nrpqce])$/;
const trdp: Header = {
  protocol: 'trdp',
  carriers: ['udp', 'tcp'],
  ports: [17_224, 17_225],
  bytes: 40,
  length(bytes, at) {
    const [first, second] = [bytes[at + 6], bytes[at + 7]];
    if (bytes[at + 4] !== 1 || (first !== 0x50 && first !== 0x4d) || second < 0x63) return 0;
    if (!TRDP_TYPES.test(asciiText(bytes, at + 6, at + 8))) return 0;
    const header = first === 0x50 ? 40 : 116;
    const data = u32be(bytes, at + 20);
    // Process data is filled up to a multiple of four.
    return data < MESSAGE_BYTES_MAX ? header + ((data + 3) & ~3) : 0;
  },
  type: (bytes, at) => asciiText(bytes, at + 6, at + 8),
};

const CNP_TYPES: Readonly<Record<number, string>> = {
  1: 'data',
  3: 'device_registration',
  4: 'channel_membership',
  6: 'channel_routing',
  7: 'acknowledge',
  96: 'device_request',
  99: 'device_configuration_request',
  100: 'membership_request',
  102: 'routing_request',
  104: 'segment',
  112: 'statistics_request',
  113: 'statistics_response',
};
const cnpIp: Header = {
  protocol: 'cnp_ip',
  carriers: ['udp'],
  ports: [1628, 1629],
  bytes: 20,
  length: (bytes, at) =>
    bytes[at + 2] === 1 && CNP_TYPES[bytes[at + 3]] !== undefined && bytes[at + 4] <= 16
      ? u16be(bytes, at)
      : 0,
  type: (bytes, at) => name(CNP_TYPES, bytes[at + 3]),
};

const ETHER_SIO_TYPES = ['', 'write', 'read'];
const etherSio: Header = {
  protocol: 'ether_sio',
  carriers: ['udp'],
  ports: [6060],
  bytes: 16,
  // A datagram is a message; its length field does not count all of it.
  length: (bytes, at, there) => (beginsWith(bytes, at, at + there, ESIO) ? there : 0),
  type: (bytes, at) => ETHER_SIO_TYPES[u16be(bytes, at + 4)] || String(u16be(bytes, at + 4)),
};

const zabbix: Header = {
  protocol: 'zabbix',
  carriers: ['tcp'],
  ports: [10_050, 10_051],
  bytes: 13,
  length: (bytes, at) =>
    beginsWith(bytes, at, at + 13, ZBXD) && bytes[at + 4] >= 1 && bytes[at + 4] <= 7
      ? 13 + u32le(bytes, at + 5)
      : 0,
  type: (bytes, at) => ((bytes[at + 4] & 2) !== 0 ? 'compressed' : 'plain'),
};

const headers: readonly Header[] = [etherSio, zabbix, hartIp, c37118, c1222, someIp, trdp, cnpIp];

/** Names of the protocols, for their observer. */
export const fieldHeaderProtocols: readonly string[] = headers.map(({ protocol }) => protocol);

export const fieldHeaderDecoders: readonly Decoder[] = headers.map((header) => {
  const { protocol, carriers, ports } = header;
  return {
    protocol,
    carriers,
    ports,
    recognise(bytes, start, end, _direction, { carrier, serverPort, clientPort }): Recognition {
      const onPort = ports.includes(serverPort) || ports.includes(clientPort);
      if (header.onPort && !onPort) return 'no';
      const there = end - start;
      if (carrier === 'udp')
        return there >= header.bytes && isWhole(header, bytes, start, there) ? 'yes' : 'no';
      if (there < header.bytes)
        return there < 1 || mayBegin(protocol, bytes[start]) ? 'more' : 'no';
      if (header.begins && !onPort) return header.begins(bytes, start, there) ? 'yes' : 'no';
      return header.length(bytes, start, there) > 0 ? 'yes' : 'no';
    },
    open: (flow, context) => new HeaderParser(header, context, flow.carrier === 'udp'),
  };
});

function isWhole(header: Header, bytes: Uint8Array, at: number, there: number): boolean {
  const length = header.length(bytes, at, there);
  // Several messages of SOME/IP may share a datagram.
  return header.protocol === 'someip' ? length > 0 && length <= there : length === there;
}

/** What a stream of each protocol begins with, so that few bytes are enough to refuse it. */
function mayBegin(protocol: FieldHeaderEvent['protocol'], first: number): boolean {
  switch (protocol) {
    case 'hart_ip':
      return first === 1;
    case 'c37118':
      return first === 0xaa;
    case 'c1222':
      return first === 0x60;
    case 'zabbix':
      return first === 0x5a;
    default:
      return true;
  }
}

class HeaderParser implements Parser {
  done = false;
  readonly #header: Header;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;

  constructor(header: Header, context: DecodeContext, datagrams: boolean) {
    this.#header = header;
    this.#context = context;
    this.#datagrams = datagrams;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const header = this.#header;
    let from = start;
    while (end - from >= header.bytes) {
      const length = header.length(bytes, from, end - from);
      if (length === 0) {
        const event = {
          protocol: header.protocol,
          event: 'malformed',
          reason: 'not a header',
          offset: 0,
        };
        this.#context.emit(event, direction, at);
        this.done = !this.#datagrams;
        return end - start;
      }
      const { protocol } = header;
      const event: FieldHeaderEvent = {
        protocol,
        event: 'message',
        type: header.type(bytes, from),
        length,
      };
      this.#context.emit(event, direction, at);
      from += length;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }
}
