/**
 * Fingerprints of hellos: JA3 and JA3S (Salesforce, BSD-3-Clause) and JA4 of the client (FoxIO, BSD-3-Clause; the
 * other members of JA4+ are under another licence and are not made here).
 */
import { hash } from 'node:crypto';
import { remembered } from '../../../base/index.ts';
import type { ClientHello, ServerHello } from './hello.ts';
import { versionRank } from './versions.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const SERVER_NAME = 0x0000;
const ALPN = 0x0010;
/** What JA4 prints for a list without entries. */
const NOTHING = '000000000000';

/** `version,ciphers,extensions,groups,point formats`, in the client's order and without grease. */
export function ja3String(hello: ClientHello): string {
  return `${hello.legacyVersion},${hello.ciphers.join('-')},${hello.extensions.join('-')},${hello.groups.join('-')},${hello.pointFormats.join('-')}`;
}

/** `version,cipher,extensions`. */
export function ja3sString(hello: ServerHello): string {
  return `${hello.legacyVersion},${hello.cipher},${hello.extensions.join('-')}`;
}

/** JA3 and JA3S are the MD5 of their strings; nothing rests on its strength. */
export const md5 = remembered((text) => hash('md5', text, 'hex'));

/**
 * JA4 of a client, e.g. `t13d1516h2_8daaf6152771_e5627efa2ab1`.
 * @param transport - `t` TLS over TCP, `d` DTLS, `q` QUIC.
 */
export function ja4(hello: ClientHello, transport: 't' | 'd' | 'q'): string {
  const ciphers = sortedHex(hello.ciphers, -1, -1);
  let tail = sortedHex(hello.extensions, SERVER_NAME, ALPN);
  if (tail !== '' && hello.signatureAlgorithms.length > 0)
    tail += `_${hexList(hello.signatureAlgorithms)}`;
  return `${transport}${versionMark(hello)}${hello.named ? 'd' : 'i'}${two(hello.ciphers.length)}${two(hello.extensions.length)}${alpnMark(hello)}_${cut(ciphers)}_${cut(tail)}`;
}

const cut = remembered((list) =>
  list === '' ? NOTHING : hash('sha256', list, 'hex').slice(0, 12),
);

/** The highest version of supported_versions, else the hello's own; drafts and unknown ones are `00`. */
function versionMark(hello: ClientHello): string {
  let version = hello.legacyVersion;
  if (hello.versions.length > 0) {
    version = hello.versions[0];
    for (const other of hello.versions)
      if (versionRank(other) > versionRank(version)) version = other;
  }
  switch (version) {
    case 0x0304:
      return '13';
    case 0x0303:
      return '12';
    case 0x0302:
      return '11';
    case 0x0301:
      return '10';
    case 0x0300:
      return 's3';
    case 0x0002:
      return 's2';
    case 0xfeff:
      return 'd1';
    case 0xfefd:
      return 'd2';
    case 0xfefc:
      return 'd3';
    default:
      return '00';
  }
}

/** First and last character of the first protocol, or of its hexadecimal form when one is not alphanumeric. */
function alpnMark(hello: ClientHello): string {
  const name = hello.alpn.length > 0 ? hello.alpn[0] : '';
  if (name === '') return '00';
  const first = name.charCodeAt(0);
  const last = name.charCodeAt(name.length - 1);
  if (isAlphanumeric(first) && isAlphanumeric(last)) return name[0] + name[name.length - 1];
  return HEX[first][0] + HEX[last][1];
}

function isAlphanumeric(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a)
  );
}

function two(count: number): string {
  return count > 99 ? '99' : count < 10 ? `0${count}` : String(count);
}

function sortedHex(values: readonly number[], without: number, orWithout: number): string {
  const sorted = Uint16Array.from(values).sort();
  let out = '';
  for (const value of sorted) {
    if (value === without || value === orWithout) continue;
    if (out !== '') out += ',';
    out += HEX[value >>> 8] + HEX[value & 0xff];
  }
  return out;
}

function hexList(values: readonly number[]): string {
  let out = '';
  for (const value of values) {
    if (out !== '') out += ',';
    out += HEX[value >>> 8] + HEX[value & 0xff];
  }
  return out;
}
