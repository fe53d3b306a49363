/**
 * BACnet/IP (ASHRAE 135, annexes J and U): the virtual link with foreign devices and broadcast tables, the network
 * layer with its routing, and the application's services.
 */
import { formatIpv4, formatIpv6 } from '../../base/index.ts';
import type { DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { type Head, readApdu } from './bacnet/apdu.ts';
import type { BacnetEvent, BacnetLinkMessage } from './bacnet/events.ts';
import { LINK_FUNCTIONS, networkMessage } from './bacnet/names.ts';
import { ByteReader } from './byte-reader.ts';
import { hexRun } from './wire-text.ts';

export type * from './bacnet/events.ts';

const PORT = 47_808;
const OVER_IPV4 = 0x81;
const OVER_IPV6 = 0x82;
const HEADER_BYTES = 4;
const LIST_MAX = 16;

/** Functions of annex J that carry a network message, and the bytes before it. */
const FORWARDED = 4;
const CARRIES = new Map<number, number>([
  [FORWARDED, 6],
  [9, 0],
  [10, 0],
  [11, 0],
]);
/** The same of annex U (IPv6): virtual addresses come first. */
const CARRIES_IPV6 = new Map<number, number>([
  [1, 6],
  [2, 3],
  [8, 3 + 18],
  [0x0c, 3],
]);
const LINK_OF_IPV6: Readonly<Record<number, string>> = {
  0: 'bvlc_result',
  1: 'original_unicast_npdu',
  2: 'original_broadcast_npdu',
  3: 'address_resolution',
  4: 'forwarded_address_resolution',
  5: 'address_resolution_ack',
  6: 'virtual_address_resolution',
  7: 'virtual_address_resolution_ack',
  8: 'forwarded_npdu',
  9: 'register_foreign_device',
  10: 'delete_foreign_device_table_entry',
  11: 'secure_bvll',
  12: 'distribute_broadcast_to_network',
};

export const bacnetDecoder: Decoder = {
  protocol: 'bacnet',
  carriers: ['udp'],
  ports: [PORT],
  firstBytes: [0x81, 0x82],
  recognise(bytes, start, end, _direction, flow) {
    const kind = bytes[start];
    if (kind !== OVER_IPV4 && kind !== OVER_IPV6) return 'no';
    const length = end - start;
    if (length < HEADER_BYTES || bytes[start + 1] > 12) return 'no';
    const told = (bytes[start + 2] << 8) | bytes[start + 3];
    const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
    // Some pad datagrams that would be short frames.
    if (told < HEADER_BYTES || (onPort ? told > length : told !== length)) return 'no';
    const before = (kind === OVER_IPV4 ? CARRIES : CARRIES_IPV6).get(bytes[start + 1]);
    if (before === undefined) return onPort ? 'yes' : 'no';
    const network = start + HEADER_BYTES + before;
    // Version 1, and the reserved bits of the control octet are zero.
    return network + 2 <= end && bytes[network] === 1 && (bytes[network + 1] & 0x50) === 0
      ? 'yes'
      : 'no';
  },
  open: (_flow, context) => new BacnetParser(context),
};

class BacnetParser implements Parser {
  readonly #context: DecodeContext;
  readonly #reader = new ByteReader();

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const reader = this.#reader.reset(bytes, start, end);
    const event = this.#link(reader, start, end);
    if (event) this.#context.emit(event, direction, at);
    if (reader.fault) {
      this.#context.emit(
        {
          protocol: 'bacnet',
          event: 'malformed',
          reason: reader.fault,
          offset: reader.end - start,
          readable: event !== undefined,
        } as BacnetEvent,
        direction,
        at,
      );
    }
    reader.release();
    return end - start;
  }

  #link(reader: ByteReader, start: number, end: number): BacnetEvent | undefined {
    const kind = reader.u8();
    const number = reader.u8();
    const length = reader.u16();
    const names = kind === OVER_IPV4 ? LINK_FUNCTIONS : LINK_OF_IPV6;
    const link = names[number];
    if ((kind !== OVER_IPV4 && kind !== OVER_IPV6) || link === undefined) {
      reader.fail('unknown function of the virtual link');
      return undefined;
    }
    if (length < HEADER_BYTES || length > end - start) {
      reader.fail('length of the virtual link');
      return undefined;
    }
    reader.end = start + length;
    const before = (kind === OVER_IPV4 ? CARRIES : CARRIES_IPV6).get(number);
    if (before === undefined) return readLinkMessage(reader, link, kind === OVER_IPV4);
    let forwarded_for: string | undefined;
    if (kind === OVER_IPV4 && number === FORWARDED) forwarded_for = addressOf(reader);
    else if (kind === OVER_IPV6 && number === 8) {
      reader.skip(3);
      forwarded_for = address6Of(reader);
    } else reader.skip(before);
    const head: Head = {
      protocol: 'bacnet',
      event: '',
      link,
      ...(forwarded_for && { forwarded_for }),
    };
    return reader.fault ? undefined : this.#network(reader, head);
  }

  /** Clause 6.2: version, control, and the networks that lie between. */
  #network(reader: ByteReader, link: Head): BacnetEvent | undefined {
    if (reader.u8() !== 1) {
      reader.fail('version of the network layer');
      return undefined;
    }
    const control = reader.u8();
    const destination = control & 0x20 ? networkAddress(reader) : undefined;
    const source = control & 0x08 ? networkAddress(reader) : undefined;
    if (control & 0x20) reader.skip(1);
    const head = { ...link, ...(source && { source }), ...(destination && { destination }) };
    if (reader.fault) return undefined;
    if ((control & 0x80) === 0) return readApdu(reader, head, this.#context.secrets);
    const type = reader.u8();
    const event = networkMessage(type);
    if (type >= 0x80) return { ...head, event, networks: [], vendor_id: reader.u16() };
    const networks: number[] = [];
    // Reject has a reason before its network, tables have ports; lists of networks are what tells of routers.
    const listed = type <= 1 || type === 4 || type === 5 || type === 0x13;
    while (listed && reader.left >= 2 && networks.length < LIST_MAX) networks.push(reader.u16());
    return { ...head, event, networks };
  }
}

/** `2001` of a broadcast, `2001:0a` of a station. */
function networkAddress(reader: ByteReader): string {
  const network = reader.u16();
  const length = reader.u8();
  const from = reader.at;
  reader.skip(length);
  if (reader.fault || length === 0) return String(network);
  return `${network}:${hexRun(reader.bytes, from, from + length, 18)}`;
}

function addressOf(reader: ByteReader): string {
  const address = formatIpv4(reader.u32());
  return `${address}:${reader.u16()}`;
}

function address6Of(reader: ByteReader): string {
  const from = reader.at;
  reader.skip(16);
  if (reader.fault) return '';
  const address = formatIpv6(reader.bytes, from);
  return `[${address}]:${reader.u16()}`;
}

/** Annex J.2: what members of the virtual link say to each other. */
function readLinkMessage(reader: ByteReader, event: string, overIpv4: boolean): BacnetLinkMessage {
  const base = { protocol: 'bacnet', event } as const;
  if (!overIpv4) return base;
  switch (event) {
    case 'bvlc_result':
      return { ...base, result: reader.u16() };
    case 'register_foreign_device':
      return { ...base, time_to_live_s: reader.u16() };
    case 'delete_foreign_device_table_entry':
      return { ...base, addresses: [addressOf(reader)] };
    case 'write_broadcast_distribution_table':
    case 'read_broadcast_distribution_table_ack':
    case 'read_foreign_device_table_ack': {
      const addresses: string[] = [];
      while (reader.left >= 10 && addresses.length < LIST_MAX) {
        addresses.push(addressOf(reader));
        reader.skip(4);
      }
      return { ...base, addresses };
    }
    default:
      return base;
  }
}
