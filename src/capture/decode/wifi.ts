/**
 * Wi-Fi's management frames (IEEE 802.11-2020, 9.3.3): how a network says that it is protected, what a station asks
 * for when it joins, and whether it is let in; and data frames under WEP, which say by themselves how weak they are.
 */
import { formatMac } from '../../base/index.ts';
import type { AppEvent, DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { ETHERTYPE_WIFI } from '../wifi.ts';
import { emitMalformed } from './datagram.ts';
import { u16le } from './integers.ts';
import {
  endWithoutFcs,
  type RsnElement,
  readElements,
  type WifiElements,
} from './wifi-elements.ts';

export interface WifiFrameEvent extends AppEvent {
  readonly protocol: 'wifi';
  readonly event:
    | 'association_request'
    | 'association_response'
    | 'reassociation_request'
    | 'reassociation_response'
    | 'probe_request'
    | 'probe_response'
    | 'beacon'
    | 'disassociation'
    | 'authentication'
    | 'deauthentication'
    /** A data frame under WEP; its content is not read. */
    | 'wep_data';
  readonly bssid: string;
  /** Name of the network; empty when it is hidden. */
  readonly ssid: string | undefined;
  /** The frame itself is encrypted (management frame protection): nothing else is told. */
  readonly protected: boolean;
  /** Of beacons, probe responses and associations: data frames are encrypted. */
  readonly privacy: boolean | undefined;
  readonly rsn: RsnElement | undefined;
  readonly wpa: RsnElement | undefined;
  readonly wps: boolean | undefined;
  readonly owe_transition: boolean | undefined;
  /** Of responses and authentications: 0 is success. */
  readonly status: number | undefined;
  /** Why somebody leaves or is sent away. */
  readonly reason: number | undefined;
  /** `open` (also the first step of WPA2 and OWE), `shared_key` (WEP), `ft`, `sae`, or a number. */
  readonly algorithm: string | undefined;
  readonly transaction: number | undefined;
}

const protocol = 'wifi';
const HEADER_BYTES = 24;
const HT_CONTROL_BYTES = 4;
const PROTECTED = 0x40;
const ORDER = 0x80;
const TO_DS = 1;
const FROM_DS = 2;
const PRIVACY = 0x10;
const ACTION = 13;

type Name = WifiFrameEvent['event'];

/** By subtype: the name, and bytes of fixed fields before the elements. */
const FRAMES: Readonly<Record<number, readonly [name: Name, fixed: number]>> = {
  0: ['association_request', 4],
  1: ['association_response', 6],
  2: ['reassociation_request', 10],
  3: ['reassociation_response', 6],
  4: ['probe_request', 0],
  5: ['probe_response', 12],
  8: ['beacon', 12],
  10: ['disassociation', 2],
  11: ['authentication', 6],
  12: ['deauthentication', 2],
};
const ALGORITHMS = ['open', 'shared_key', 'ft', 'sae', 'fils', 'fils_pfs', 'fils_public_key'];

export const wifiDecoder: Decoder = {
  protocol,
  carriers: ['other'],
  ports: [ETHERTYPE_WIFI],
  recognise: (_bytes, _start, _end, _direction, flow) =>
    flow.serverPort === ETHERTYPE_WIFI ? 'yes' : 'no',
  open: (_flow, context) => new WifiParser(context),
};

class WifiParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const event = readFrame(bytes, start, end);
    if (typeof event === 'string') emitMalformed(this.#context, protocol, event, 0, direction, at);
    else if (event) this.#context.emit(event, direction, at);
    return end - start;
  }
}

/** @returns what is wrong, or undefined for a frame that says nothing here. */
function readFrame(
  bytes: Uint8Array,
  start: number,
  end: number,
): WifiFrameEvent | string | undefined {
  if (end - start < HEADER_BYTES) return 'frame too short';
  const type = (bytes[start] >> 2) & 3;
  const subtype = bytes[start] >> 4;
  const flags = bytes[start + 1];
  if (type === 2) return frame('wep_data', dataBssid(bytes, start, flags));
  if (type !== 0 || subtype === ACTION) return undefined;
  const known = FRAMES[subtype];
  if (!known) return undefined;
  const [name, fixed] = known;
  const bssid = formatMac(bytes, start + 16);
  // The third part of WEP's authentication is encrypted as well (12.3.3.3.5).
  if ((flags & PROTECTED) !== 0) return { ...frame(name, bssid), protected: true };
  const body = start + HEADER_BYTES + ((flags & ORDER) !== 0 ? HT_CONTROL_BYTES : 0);
  if (body + fixed > end) return 'frame too short';
  const elements = readElements(bytes, body + fixed, endWithoutFcs(bytes, start, end));
  return management(name, bssid, bytes, body, elements);
}

function management(
  name: Name,
  bssid: string,
  bytes: Uint8Array,
  body: number,
  elements: WifiElements,
): WifiFrameEvent {
  const { ssid, rsn, wpa, wps, owe_transition } = elements;
  const told = { ...frame(name, bssid), ssid, rsn, wpa };
  switch (name) {
    case 'beacon':
    case 'probe_response':
      return { ...told, privacy: hasPrivacy(bytes, body + 10), wps, owe_transition };
    case 'association_request':
    case 'reassociation_request':
      return { ...told, privacy: hasPrivacy(bytes, body) };
    case 'association_response':
    case 'reassociation_response':
      return { ...told, privacy: hasPrivacy(bytes, body), status: u16le(bytes, body + 2) };
    case 'authentication': {
      const algorithm = u16le(bytes, body);
      return {
        ...told,
        algorithm: ALGORITHMS[algorithm] ?? String(algorithm),
        transaction: u16le(bytes, body + 2),
        status: u16le(bytes, body + 4),
      };
    }
    case 'disassociation':
    case 'deauthentication':
      return { ...told, reason: u16le(bytes, body) };
    default:
      return told;
  }
}

/** Of the capability information (9.4.1.4). */
function hasPrivacy(bytes: Uint8Array, at: number): boolean {
  return (bytes[at] & PRIVACY) !== 0;
}

function dataBssid(bytes: Uint8Array, start: number, flags: number): string {
  const fromDs = (flags & FROM_DS) !== 0;
  return formatMac(bytes, start + ((flags & TO_DS) !== 0 ? 4 : fromDs ? 10 : 16));
}

function frame(event: Name, bssid: string): WifiFrameEvent {
  return {
    protocol,
    event,
    bssid,
    ssid: undefined,
    protected: event === 'wep_data',
    privacy: undefined,
    rsn: undefined,
    wpa: undefined,
    wps: undefined,
    owe_transition: undefined,
    status: undefined,
    reason: undefined,
    algorithm: undefined,
    transaction: undefined,
  };
}
