/** From code, token, options and payload to an event: the same over UDP (RFC 7252) and TCP (RFC 8323). */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { hex, maskSecrets, mayHoldSecret, printable } from '../payload.ts';
import type { CoapMessage, CoapOptions, CoapSignal, CoapType } from './events.ts';
import { interfaceOf, LWM2M_TLV, readResources, writesKeys } from './lwm2m.ts';
import { OptionCursor, OSCORE, readOption } from './options.ts';

export const TOKEN_BYTES_MAX = 8;
/** Code of Capabilities and Settings, 7.01. */
export const CSM = 0xe1;
const METHODS = ['', 'GET', 'POST', 'PUT', 'DELETE', 'FETCH', 'PATCH', 'iPATCH'];
const SIGNALS = ['', 'csm', 'ping', 'pong', 'release', 'abort'] as const;

/** Codes of methods and responses that are registered (RFC 7252, 12.1, with 7959, 8132, 8516, 8613, 8768, 9177). */
const registered = new Uint8Array(256);
for (let method = 1; method < METHODS.length; method++) registered[method] = 1;
// CoIoT publishes with a code of its own.
register(0.3);
for (const code of [2.01, 2.02, 2.03, 2.04, 2.05, 2.31]) register(code);
for (const code of [4.0, 4.01, 4.02, 4.03, 4.04, 4.05, 4.06, 4.08, 4.09]) register(code);
for (const code of [4.12, 4.13, 4.15, 4.22, 4.29]) register(code);
for (const code of [5.0, 5.01, 5.02, 5.03, 5.04, 5.05, 5.08]) register(code);
function register(code: number): void {
  registered[(Math.floor(code) << 5) | Math.round((code % 1) * 100)] = 1;
}

export function isRequest(code: number): boolean {
  return code >> 5 === 0 && code !== 0;
}
export function isResponse(code: number): boolean {
  const codeClass = code >> 5;
  return codeClass === 2 || codeClass === 4 || codeClass === 5;
}
export function isRegistered(code: number): boolean {
  return registered[code] === 1;
}
export function codeText(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}

/** What was read: an event unless `fault`, and the first rule it breaks all the same. */
export interface Reading {
  readonly message: CoapMessage | undefined;
  readonly fault: string;
  readonly violation: string;
  readonly offset: number;
}

const cursor = new OptionCursor();

/**
 * Reads a message from its token on.
 * @param start - of the token; @param end - of the message.
 * @param type - undefined over TCP.
 */
export function readMessage(
  bytes: Buffer,
  start: number,
  end: number,
  code: number,
  tokenLength: number,
  type: CoapType | undefined,
  message_id: number | undefined,
  sealer: SecretSealer,
): Reading {
  const tokenEnd = start + tokenLength;
  if (tokenLength > TOKEN_BYTES_MAX || tokenEnd > end) return failed('token length', start);
  const protocol = 'coap';
  const head = {
    type,
    message_id,
    token: tokenLength > 0 ? bytes.toString('hex', start, tokenEnd) : '',
  };
  if (code === 0) {
    const violation = end > start ? 'empty message with content' : '';
    return { ...OK, message: { protocol, event: 'empty', ...head }, violation, offset: start };
  }
  const signal = type === undefined && code >> 5 === 7 ? SIGNALS[code & 31] : undefined;
  if (!isRequest(code) && !isResponse(code) && !signal) return failed('reserved code', start);

  const options: CoapOptions = {};
  const found: Secret[] = [];
  let violation = '';
  let offset = start;
  let oscore = false;
  cursor.begin(bytes, tokenEnd, end);
  while (cursor.next()) {
    // Signals have options of their own (RFC 8323, 5), which nobody here needs.
    if (signal) continue;
    if (cursor.number === OSCORE) oscore = true;
    const wrong = readOption(bytes, cursor, options, sealer, found);
    if (wrong && !violation) {
      violation = wrong;
      offset = cursor.from;
    }
  }
  if (cursor.fault) return failed(cursor.fault, cursor.at);

  const { payload: from } = cursor;
  let payload = oscore || from === end ? undefined : printable(bytes, from, end);
  if (payload !== undefined && mayHoldSecret(payload))
    payload = maskSecrets(payload, sealer, found);
  if (signal) {
    const event = signal as CoapSignal['event'];
    const message: CoapSignal = { protocol, event, ...head, payload };
    return { ...OK, message, violation, offset };
  }
  const method = isRequest(code) ? (METHODS[code] ?? codeText(code)) : undefined;
  const keys = writesKeys(method, options.uri_path);
  const isTlv = options.content_format === LWM2M_TLV && !oscore && from < end;
  const resources = isTlv && readResources(bytes, from, end, keys, sealer, found);
  const lwm2m = method && !oscore && interfaceOf(method, options, payload);
  const content = {
    ...options,
    oscore,
    payload_length: end - from,
    payload: isTlv ? undefined : payload,
    payload_hex:
      (payload === undefined || isTlv) && from < end && !keys ? hex(bytes, from, end) : undefined,
    ...(lwm2m && { lwm2m }),
    ...(resources && { lwm2m_resources: resources }),
    ...(found.length > 0 && { masked: found }),
  };
  const message: CoapMessage = method
    ? { protocol, event: 'request', method, ...head, ...content }
    : { protocol, event: 'response', code: codeText(code), ...head, ...content };
  return { ...OK, message, violation, offset };
}

const OK = { message: undefined, fault: '', violation: '', offset: 0 };

function failed(fault: string, offset: number): Reading {
  return { message: undefined, fault, violation: '', offset };
}
