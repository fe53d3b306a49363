/**
 * HTTP/1.0 and 1.1 over TCP (RFC 9110, 9112): requests, responses, and the UPnP port mappings inside them. HTTP/2
 * is another protocol, and SSDP's messages over UDP are in ssdp.ts.
 */
import type { DecodeContext, Decoder, Flow, Recognition } from '../decoder.ts';
import { httpVersionAt, methodLength } from './http/head.ts';
import { HttpParser } from './http/parser.ts';

export type { HttpEvent, HttpRequestEvent, HttpResponseEvent } from './http/events.ts';

/** From here on a first line without end is believed to be a long URL. */
const LONG_LINE_BYTES = 1_024;

export const httpDecoder: Decoder = {
  protocol: 'http',
  carriers: ['tcp'],
  ports: [80, 8080, 8000, 8008, 8081, 8888, 81, 5000],
  recognise,
  open: (flow: Flow, context: DecodeContext) => new HttpParser(flow, context),
};

function recognise(bytes: Uint8Array, start: number, end: number): Recognition {
  const prefix = versionPrefix(bytes, start, end);
  if (prefix !== 'no') return prefix;
  const method = methodLength(bytes, start, end);
  if (method > 20) return 'no';
  if (start + method === end) return 'more';
  if (method < 3 || bytes[start + method] !== 0x20) return 'no';
  for (let i = start + method + 1; i < end; i++) {
    const byte = bytes[i];
    if (byte === 0x0a) {
      const stop = bytes[i - 1] === 0x0d ? i - 1 : i;
      const target = stop - 9 > start + method + 1 && bytes[stop - 9] === 0x20;
      return target && isHttp1(bytes, stop - 8, stop) ? 'yes' : 'no';
    }
    if (byte < 0x20 && byte !== 0x0d) return 'no';
  }
  if (end - start < LONG_LINE_BYTES) return 'more';
  const target = bytes[start + method + 1];
  return target === 0x2f ? 'yes' : 'more';
}

function isHttp1(bytes: Uint8Array, start: number, end: number): boolean {
  const version = httpVersionAt(bytes, start, end);
  return version === 10 || version === 11;
}

const VERSION = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];

/** A status line: `HTTP/1.1 200`. */
function versionPrefix(bytes: Uint8Array, start: number, end: number): Recognition {
  for (let i = 0; i < VERSION.length; i++) {
    if (start + i === end) return 'more';
    if (bytes[start + i] !== VERSION[i]) return 'no';
  }
  if (end - start < 10) return 'more';
  const digit = bytes[start + 9];
  return isHttp1(bytes, start, end) && bytes[start + 8] === 0x20 && digit >= 0x31 && digit <= 0x39
    ? 'yes'
    : 'no';
}
