/**
 * Information elements of Wi-Fi that say how a network is protected (IEEE 802.11-2020, 9.4.2): SSID, RSN, and the
 * older WPA element of the Wi-Fi Alliance. Management frames carry them, and so does EAPOL's second message.
 */
import { crc32 } from 'node:zlib';
import { u16le } from './integers.ts';
import { wireText } from './wire-text.ts';

export interface RsnElement {
  /** `wpa`: the element that came before 802.11i. */
  readonly kind: 'rsn' | 'wpa';
  /** `ccmp-128`, `tkip`, `gcmp-256`, `wep-40` … */
  readonly group_cipher: string | undefined;
  readonly pairwise_ciphers: readonly string[];
  /** `psk`, `sae`, `802.1x`, `owe` … */
  readonly akm_suites: readonly string[];
  /** Management frame protection. */
  readonly pmf: 'none' | 'capable' | 'required';
}

export interface WifiElements {
  /** Undefined when there is none; empty when it is hidden. */
  ssid: string | undefined;
  rsn: RsnElement | undefined;
  wpa: RsnElement | undefined;
  /** Wi-Fi Protected Setup is offered. */
  wps: boolean;
  /** An open network that has an encrypted twin (Opportunistic Wireless Encryption, transition mode). */
  owe_transition: boolean;
}

const SSID = 0;
const RSN = 48;
const VENDOR = 221;
const FCS_BYTES = 4;
const SUITES_MAX = 16;
const PMF_REQUIRED = 0x40;
const PMF_CAPABLE = 0x80;

const CIPHERS: Readonly<Record<number, string>> = {
  0: 'use-group',
  1: 'wep-40',
  2: 'tkip',
  4: 'ccmp-128',
  5: 'wep-104',
  6: 'bip-cmac-128',
  7: 'group-not-allowed',
  8: 'gcmp-128',
  9: 'gcmp-256',
  10: 'ccmp-256',
  11: 'bip-gmac-128',
  12: 'bip-gmac-256',
  13: 'bip-cmac-256',
};
const AKMS: Readonly<Record<number, string>> = {
  1: '802.1x',
  2: 'psk',
  3: 'ft-802.1x',
  4: 'ft-psk',
  5: '802.1x-sha256',
  6: 'psk-sha256',
  7: 'tdls',
  8: 'sae',
  9: 'ft-sae',
  10: 'ap-peer-key',
  11: '802.1x-suite-b',
  12: '802.1x-suite-b-192',
  13: 'ft-802.1x-sha384',
  14: 'fils-sha256',
  15: 'fils-sha384',
  16: 'ft-fils-sha256',
  17: 'ft-fils-sha384',
  18: 'owe',
  19: 'ft-psk-sha384',
  20: 'psk-sha384',
  24: 'sae-ext-key',
  25: 'ft-sae-ext-key',
};

/** Reads the elements in [start, end). */
export function readElements(bytes: Uint8Array, start: number, end: number): WifiElements {
  const found: WifiElements = {
    ssid: undefined,
    rsn: undefined,
    wpa: undefined,
    wps: false,
    owe_transition: false,
  };
  let at = start;
  while (at + 2 <= end) {
    const body = at + 2;
    const next = body + bytes[at + 1];
    // Radio and snap length cut frames: what came before the cut counts.
    if (next > end) return found;
    switch (bytes[at]) {
      case SSID:
        found.ssid ??= ssidText(bytes, body, next);
        break;
      case RSN:
        found.rsn ??= readRsn(bytes, body, next);
        break;
      case VENDOR:
        readVendor(bytes, body, next, found);
    }
    at = next;
  }
  return found;
}

/** Where the frame ends before its check sequence, which some captures keep without saying so. */
export function endWithoutFcs(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < FCS_BYTES + 24) return end;
  const sum = crc32(bytes.subarray(start, end - FCS_BYTES));
  const told = (u16le(bytes, end - 4) | (u16le(bytes, end - 2) << 16)) >>> 0;
  return sum === told ? end - FCS_BYTES : end;
}

/** A hidden network has no name, or one of zeros. */
function ssidText(bytes: Uint8Array, start: number, end: number): string {
  let seen = 0;
  for (let at = start; at < end; at++) seen |= bytes[at];
  return seen === 0 ? '' : wireText(bytes, start, Math.min(end, start + 32));
}

function readVendor(bytes: Uint8Array, body: number, end: number, found: WifiElements): void {
  if (end - body < 4) return;
  const oui = (bytes[body] << 16) | (bytes[body + 1] << 8) | bytes[body + 2];
  const type = bytes[body + 3];
  if (oui === 0x0050f2 && type === 1) found.wpa ??= readSuites(bytes, body + 4, end, 'wpa');
  else if (oui === 0x0050f2 && type === 4) found.wps = true;
  else if (oui === 0x506f9a && type === 28) found.owe_transition = true;
}

/** The element’s content, from its version on (9.4.2.24). */
export function readRsn(bytes: Uint8Array, start: number, end: number): RsnElement | undefined {
  return readSuites(bytes, start, end, 'rsn');
}

/** Both elements: version, group cipher, pairwise ciphers, key management, capabilities; the rest may be left out. */
function readSuites(
  bytes: Uint8Array,
  start: number,
  end: number,
  kind: RsnElement['kind'],
): RsnElement | undefined {
  if (end - start < 2 || u16le(bytes, start) !== 1) return undefined;
  let at = start + 2;
  const suite = (names: Readonly<Record<number, string>>, from: number): string => {
    const oui = (bytes[from] << 16) | (bytes[from + 1] << 8) | bytes[from + 2];
    const own = oui === (kind === 'rsn' ? 0x000fac : 0x0050f2);
    const number = bytes[from + 3];
    return (own ? names[number] : undefined) ?? `${oui.toString(16).padStart(6, '0')}:${number}`;
  };
  const list = (names: Readonly<Record<number, string>>): string[] => {
    if (end - at < 2) return [];
    const count = u16le(bytes, at);
    at += 2;
    const suites: string[] = [];
    for (let i = 0; i < count && at + 4 <= end; i++, at += 4)
      if (suites.length < SUITES_MAX) suites.push(suite(names, at));
    return suites;
  };
  let group: string | undefined;
  if (end - at >= 4) {
    group = suite(CIPHERS, at);
    at += 4;
  }
  const pairwise_ciphers = list(CIPHERS);
  const akm_suites = list(AKMS);
  const capabilities = kind === 'rsn' && end - at >= 2 ? u16le(bytes, at) : 0;
  return {
    kind,
    group_cipher: group,
    pairwise_ciphers,
    akm_suites,
    pmf:
      (capabilities & PMF_REQUIRED) !== 0
        ? 'required'
        : (capabilities & PMF_CAPABLE) !== 0
          ? 'capable'
          : 'none',
  };
}
