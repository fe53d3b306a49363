/**
 * EAP over LAN (IEEE 802.1X-2020, 11; keys: IEEE 802.11-2020, 12.7): the handshake by which a station proves to a
 * Wi-Fi network that it has the key, and which repeats in clear what ciphers were agreed on; and sign-in by EAP.
 */
import type { AppEvent, DecodeContext, Decoder, Direction, PacketRef, Parser } from '../decoder.ts';
import { emitMalformed } from './datagram.ts';
import { u16be } from './integers.ts';
import { type RsnElement, readElements } from './wifi-elements.ts';

export interface EapolEvent extends AppEvent {
  readonly protocol: 'eapol';
  /** `eap`: a sign-in by EAP is under way; `key`: of the handshake. */
  readonly event: 'eap' | 'start' | 'logoff' | 'key' | 'asf_alert' | 'mka' | 'other';
  readonly version: number;
  /** `rsn`, `wpa`, or `rc4` for keys of dynamic WEP. */
  readonly descriptor: 'rsn' | 'wpa' | 'rc4' | undefined;
  /** 1 to 4 of the pairwise handshake. */
  readonly message: number | undefined;
  /** 1 and 2 of the renewal of the group's key. */
  readonly group_message: number | undefined;
  /** What protects the handshake: 1 RC4 and MD5 (TKIP), 2 AES and SHA-1, 3 AES-CMAC, 0 as the key management says. */
  readonly key_version: number | undefined;
  /** What the station asked for (message 2); message 3 has the network's, encrypted but for WPA. */
  readonly rsn: RsnElement | undefined;
  readonly eap_code: 'request' | 'response' | 'success' | 'failure' | undefined;
  /** `identity`, `tls`, `peap`, `md5`, `leap` …, or its number. */
  readonly eap_type: string | undefined;
}

const protocol = 'eapol';
export const ETHERTYPE_EAPOL = 0x888e;
const ETHERTYPE_PREAUTH = 0x88c7;
const HEADER_BYTES = 4;
/** Of a key descriptor before its integrity code and the length of its data (12.7.2). */
const KEY_HEAD_BYTES = 77;
/** Bytes of the integrity code: by the key management, which the frame does not name. */
const MIC_SIZES = [16, 24, 0, 32];
const TYPES = ['eap', 'start', 'logoff', 'key', 'asf_alert', 'mka'] as const;
const DESCRIPTORS: Readonly<Record<number, EapolEvent['descriptor']>> = {
  1: 'rc4',
  2: 'rsn',
  254: 'wpa',
};
const PAIRWISE = 0x0008;
const INSTALL = 0x0040;
const ACK = 0x0080;
const MIC = 0x0100;
const SECURE = 0x0200;
const ENCRYPTED_DATA = 0x1000;

const EAP_CODES: Readonly<Record<number, EapolEvent['eap_code']>> = {
  1: 'request',
  2: 'response',
  3: 'success',
  4: 'failure',
};
const EAP_TYPES: Readonly<Record<number, string>> = {
  1: 'identity',
  2: 'notification',
  3: 'nak',
  4: 'md5',
  5: 'otp',
  6: 'gtc',
  13: 'tls',
  17: 'leap',
  18: 'sim',
  21: 'ttls',
  23: 'aka',
  25: 'peap',
  26: 'mschapv2',
  43: 'fast',
  50: 'aka_prime',
  52: 'pwd',
  55: 'teap',
  254: 'expanded',
};

export const eapolDecoder: Decoder = {
  protocol,
  carriers: ['other'],
  ports: [ETHERTYPE_EAPOL, ETHERTYPE_PREAUTH],
  recognise: (_bytes, _start, _end, _direction, { serverPort }) =>
    serverPort === ETHERTYPE_EAPOL || serverPort === ETHERTYPE_PREAUTH ? 'yes' : 'no',
  open: (_flow, context) => new EapolParser(context),
};

class EapolParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const event = readEapol(bytes, start, end);
    if (typeof event === 'string') emitMalformed(this.#context, protocol, event, 0, direction, at);
    else this.#context.emit(event, direction, at);
    return end - start;
  }
}

function readEapol(bytes: Uint8Array, start: number, end: number): EapolEvent | string {
  if (end - start < HEADER_BYTES) return 'frame too short';
  const version = bytes[start];
  const name = TYPES[bytes[start + 1]] ?? 'other';
  const body = start + HEADER_BYTES;
  const stop = body + u16be(bytes, start + 2);
  if (stop > end) return 'body longer than its frame';
  const event = { ...nothing, version, event: name };
  if (name === 'eap')
    return stop === body ? 'empty EAP packet' : { ...event, ...eap(bytes, body, stop) };
  if (name !== 'key') return event;
  if (stop === body) return 'key without descriptor';
  const descriptor = DESCRIPTORS[bytes[body]];
  if (descriptor === undefined || descriptor === 'rc4') return { ...event, descriptor };
  const from = keyData(bytes, body, stop);
  return from < 0
    ? 'key data not as long as told'
    : { ...event, descriptor, ...key(bytes, body, from, stop) };
}

const nothing = {
  protocol,
  descriptor: undefined,
  message: undefined,
  group_message: undefined,
  key_version: undefined,
  rsn: undefined,
  eap_code: undefined,
  eap_type: undefined,
} as const;

function eap(bytes: Uint8Array, body: number, stop: number): Partial<EapolEvent> {
  const eap_code = EAP_CODES[bytes[body]];
  const typed = (eap_code === 'request' || eap_code === 'response') && stop - body >= 5;
  const type = bytes[body + 4];
  return { eap_code, eap_type: typed ? (EAP_TYPES[type] ?? String(type)) : undefined };
}

/** Where the key data begins: the one size of integrity code with which the lengths agree; -1 for none. */
function keyData(bytes: Uint8Array, body: number, stop: number): number {
  for (const size of MIC_SIZES) {
    const from = body + KEY_HEAD_BYTES + size + 2;
    if (from <= stop && from + u16be(bytes, from - 2) === stop) return from;
  }
  return -1;
}

function key(bytes: Uint8Array, body: number, from: number, stop: number): Partial<EapolEvent> {
  const information = u16be(bytes, body + 1);
  const asked = (information & ACK) !== 0;
  const pairwise = (information & PAIRWISE) !== 0;
  const answer = from === stop || (information & SECURE) !== 0 ? 4 : 2;
  const proposal = (information & MIC) !== 0 || (information & INSTALL) !== 0 ? 3 : 1;
  const readable = (information & ENCRYPTED_DATA) === 0;
  const elements = pairwise && readable ? readElements(bytes, from, stop) : undefined;
  return {
    message: pairwise ? (asked ? proposal : answer) : undefined,
    group_message: pairwise ? undefined : asked ? 1 : 2,
    key_version: information & 7,
    rsn: elements?.rsn ?? elements?.wpa,
  };
}
