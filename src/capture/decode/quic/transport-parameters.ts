/** The client's quic_transport_parameters: an extension of its hello (RFC 9001, 8.2; RFC 9000, 18). */
import { printable } from '../payload.ts';
import { u16 } from '../tls/hello.ts';
import type { QuicTransportParametersEvent } from './events.ts';
import { varint, varintLength } from './header.ts';

const EXTENSION = 57;
/** The extension's number in drafts. */
const EXTENSION_DRAFT = 0xffa5;
const MAX_IDLE_TIMEOUT = 0x01;
const USER_AGENT = 0x3129;
const PARAMETERS_MAX = 64;

/** Reads the parameters of the ClientHello body [start, end); undefined without the extension. */
export function readTransportParameters(
  bytes: Buffer,
  start: number,
  end: number,
  version: string,
): QuicTransportParametersEvent | undefined {
  const extension = findExtension(bytes, start, end);
  if (!extension) return undefined;
  let userAgent: string | undefined;
  let idle: number | undefined;
  const parameters: number[] = [];
  let at = extension.start;
  while (at < extension.end && parameters.length < PARAMETERS_MAX) {
    const id = varint(bytes, at, extension.end);
    if (id < 0) break;
    at += varintLength(bytes[at]);
    const length = varint(bytes, at, extension.end);
    if (length < 0) break;
    at += varintLength(bytes[at]);
    if (at + length > extension.end) break;
    // RFC 9000, 18.1: reserved so that peers practise ignoring.
    if (Number.isSafeInteger(id) && id % 31 !== 27) parameters.push(id);
    if (id === USER_AGENT) userAgent = printable(bytes, at, at + length);
    if (id === MAX_IDLE_TIMEOUT) idle = Math.max(0, varint(bytes, at, at + length));
    at += length;
  }
  return {
    protocol: 'quic',
    event: 'transport_parameters',
    version,
    user_agent: userAgent,
    max_idle_timeout_ms: idle,
    parameters,
  };
}

/** Walks a ClientHello that was read without a flaw to the extension's data. */
function findExtension(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } | undefined {
  let at = start + 34;
  if (at >= end) return undefined;
  at += 1 + bytes[at];
  if (at + 2 > end) return undefined;
  at += 2 + u16(bytes, at);
  if (at >= end) return undefined;
  at += 3 + bytes[at];
  while (at + 4 <= end) {
    const type = u16(bytes, at);
    const next = at + 4 + u16(bytes, at + 2);
    if (next > end) return undefined;
    if (type === EXTENSION || type === EXTENSION_DRAFT) return { start: at + 4, end: next };
    at = next;
  }
  return undefined;
}
