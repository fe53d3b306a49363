/**
 * CoAP options (RFC 7252, 3.1 and 5.10): the walk over their delta encoding, and the table of those that are known
 * with their formats and lengths.
 */
import { isUtf8 } from 'node:buffer';
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { maskSecrets, mayHoldSecret } from '../payload.ts';
import type { CoapBlock, CoapOptions } from './events.ts';

export const URI_PATH = 11;
export const OSCORE = 9;
/** Longest path or query that an event carries, in characters. */
const JOINED_MAX = 1024;
const OTHER_OPTIONS_MAX = 16;

/** Walks over the options of one message. Reused: it allocates nothing. */
export class OptionCursor {
  number = 0;
  /** Range of the value. */
  from = 0;
  to = 0;
  /** Where the payload begins; the end when there is none. Known once `next` gave false. */
  payload = 0;
  /** Why the walk cannot go on; '' as long as it can. */
  fault = '';
  at = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  begin(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.at = start;
    this.#end = end;
    this.number = 0;
    this.fault = '';
    this.payload = end;
  }

  next(): boolean {
    if (this.at >= this.#end) return false;
    const byte = this.#bytes[this.at++];
    if (byte === 0xff) {
      this.payload = this.at;
      return this.at < this.#end ? false : this.#fail('payload marker without payload');
    }
    const delta = this.#extended(byte >> 4);
    const length = this.#extended(byte & 15);
    if (delta < 0 || length < 0) return this.#fail('option header');
    this.number += delta;
    this.from = this.at;
    this.to = this.at + length;
    if (this.number > 0xffff) return this.#fail('option number above 65535');
    if (this.to > this.#end) return this.#fail('option beyond the message');
    this.at = this.to;
    return true;
  }

  /** RFC 7252, 3.1: 13 and 14 stand for one and two more bytes; 15 is reserved for the payload marker. */
  #extended(nibble: number): number {
    if (nibble < 13) return nibble;
    if (nibble === 15) return -1;
    const size = nibble - 12;
    if (this.at + size > this.#end) return -1;
    const high = this.#bytes[this.at];
    const value = size === 1 ? high + 13 : ((high << 8) | this.#bytes[this.at + 1]) + 269;
    this.at += size;
    return value;
  }

  #fail(reason: string): false {
    this.fault = reason;
    return false;
  }
}

type Format =
  | 'text'
  | 'path'
  | 'query'
  | 'uint'
  | 'media'
  | 'opaque'
  | 'empty'
  | 'block'
  | 'oscore';
interface Option {
  readonly name: keyof CoapOptions;
  readonly format: Format;
  readonly least: number;
  readonly most: number;
}
const options: (Option | undefined)[] = [];
function option(
  number: number,
  name: keyof CoapOptions,
  format: Format,
  least: number,
  most: number,
) {
  options[number] = { name, format, least, most };
}
option(1, 'if_match', 'opaque', 0, 8);
option(3, 'uri_host', 'text', 1, 255);
option(4, 'etag', 'opaque', 1, 8);
option(5, 'if_none_match', 'empty', 0, 0);
option(6, 'observe', 'uint', 0, 3);
option(7, 'uri_port', 'uint', 0, 2);
option(8, 'location_path', 'path', 0, 255);
option(OSCORE, 'oscore_kid', 'oscore', 0, 255);
option(URI_PATH, 'uri_path', 'path', 0, 255);
option(12, 'content_format', 'media', 0, 2);
option(14, 'max_age', 'uint', 0, 4);
option(15, 'uri_query', 'query', 0, 255);
option(16, 'hop_limit', 'uint', 1, 1);
option(17, 'accept', 'media', 0, 2);
option(19, 'q_block1', 'block', 0, 3);
option(20, 'location_query', 'query', 0, 255);
option(21, 'edhoc', 'empty', 0, 0);
option(23, 'block2', 'block', 0, 3);
option(27, 'block1', 'block', 0, 3);
option(28, 'size2', 'uint', 0, 4);
option(31, 'q_block2', 'block', 0, 3);
option(35, 'proxy_uri', 'text', 1, 1034);
option(39, 'proxy_scheme', 'text', 1, 255);
option(60, 'size1', 'uint', 0, 4);
option(252, 'echo', 'opaque', 1, 40);
option(258, 'no_response', 'uint', 0, 1);
option(292, 'request_tag', 'opaque', 0, 8);
// Shelly's CoIoT, with which its devices publish their state.
option(3332, 'global_device_id', 'text', 1, 64);
option(3412, 'status_validity', 'uint', 0, 2);
option(3420, 'status_serial', 'uint', 0, 2);

/** Media types by Content-Format number (RFC 7252, 12.3, and later registrations that devices use). */
const MEDIA: Readonly<Record<number, string>> = {
  0: 'text/plain;charset=utf-8',
  16: 'application/cose;cose-type="cose-encrypt0"',
  18: 'application/cose;cose-type="cose-sign1"',
  19: 'application/ace+cbor',
  21: 'image/gif',
  22: 'image/jpeg',
  23: 'image/png',
  40: 'application/link-format',
  41: 'application/xml',
  42: 'application/octet-stream',
  47: 'application/exi',
  50: 'application/json',
  51: 'application/json-patch+json',
  52: 'application/merge-patch+json',
  60: 'application/cbor',
  61: 'application/cwt',
  62: 'application/multipart-core',
  63: 'application/cbor-seq',
  110: 'application/senml+json',
  112: 'application/senml+cbor',
  256: 'application/coap-group+json',
  271: 'application/dots+cbor',
  281: 'application/pkcs7-mime;smime-type=certs-only',
  287: 'application/pkix-cert',
  10000: 'application/vnd.ocf+cbor',
  10001: 'application/oscore',
  11542: 'application/vnd.oma.lwm2m+tlv',
  11543: 'application/vnd.oma.lwm2m+json',
  11544: 'application/vnd.oma.lwm2m+cbor',
};

/** Whether an option number is known here. Allocates nothing. */
export function knownOption(number: number): boolean {
  return options[number] !== undefined;
}

/** Adds the option at the cursor to `into`. @returns what is wrong with it, or ''. */
export function readOption(
  bytes: Buffer,
  cursor: OptionCursor,
  into: CoapOptions,
  sealer: SecretSealer,
  found: Secret[],
): string {
  const { number, from, to } = cursor;
  const known = options[number];
  if (!known) {
    into.other_options ??= [];
    if (into.other_options.length < OTHER_OPTIONS_MAX) into.other_options.push(number);
    return '';
  }
  const length = to - from;
  if (length < known.least || length > known.most) return 'option length';
  const fields = into as Record<string, unknown>;
  const { name } = known;
  switch (known.format) {
    case 'text':
    case 'path':
    case 'query': {
      if (!isUtf8(bytes.subarray(from, to))) return 'option is not UTF-8';
      const text = bytes.toString('utf8', from, to);
      fields[name] = join(known.format, fields[name] as string | undefined, text, sealer, found);
      return '';
    }
    case 'uint':
      fields[name] = uint(bytes, from, to);
      return '';
    case 'media': {
      const media = uint(bytes, from, to);
      fields[name] = MEDIA[media] ?? String(media);
      return '';
    }
    case 'opaque':
      fields[name] = bytes.toString('hex', from, to);
      return '';
    case 'empty':
      fields[name] = true;
      return '';
    case 'block':
      fields[name] = block(uint(bytes, from, to));
      return '';
    case 'oscore':
      return readOscore(bytes, from, to, into);
  }
}

function join(
  format: Format,
  earlier: string | undefined,
  text: string,
  sealer: SecretSealer,
  found: Secret[],
): string {
  if (format === 'text') return text;
  if (earlier !== undefined && earlier.length + text.length > JOINED_MAX) return earlier;
  // A slash inside a segment is not a separator (RFC 7252, 6.5).
  if (format === 'path') return `${earlier ?? ''}/${text.replaceAll('/', '%2F')}`;
  const shown = mayHoldSecret(text) ? maskSecrets(text, sealer, found) : text;
  return earlier === undefined ? shown : `${earlier}&${shown}`;
}

export function uint(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 256 + bytes[at];
  return value;
}

/** RFC 7959, 2.2; exponent 7 means blocks of 1,024 bytes over TCP (RFC 8323, 6) and is reserved over UDP. */
function block(value: number): CoapBlock {
  return { num: value >>> 4, more: (value & 8) !== 0, size: 16 << Math.min(value & 7, 6) };
}

/** The compressed COSE object of RFC 8613, 6.1: flag byte, partial IV, key identifier context, key identifier. */
function readOscore(bytes: Buffer, from: number, to: number, into: CoapOptions): string {
  if (from === to) return '';
  const flags = bytes[from];
  let at = from + 1 + (flags & 7);
  if ((flags & 7) > 5 || flags & 0xe0 || at > to) return 'OSCORE option';
  if (flags & 0x10) {
    const length = bytes[at++];
    if (at > to || at + length > to) return 'OSCORE option';
    into.oscore_kid_context = bytes.toString('hex', at, at + length);
    at += length;
  }
  if (flags & 8) into.oscore_kid = bytes.toString('hex', at, to);
  return '';
}
