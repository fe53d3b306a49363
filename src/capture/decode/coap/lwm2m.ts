/**
 * Lightweight M2M inside CoAP (OMA LwM2M 1.0 to 1.2): what a client asks of its server (transport, 6.4), and resources
 * in their binary form (core, 7.4.3). The key of a Security object (core, E.1) leaves here sealed.
 */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import { hex, printable } from '../payload.ts';
import type { CoapOptions, Lwm2mInterface } from './events.ts';

const OBJECTS_MAX = 32;
const RESOURCES_MAX = 32;
const TEXT_MAX = 128;
const DEPTH_MAX = 3;

export const LWM2M_TLV = 'application/vnd.oma.lwm2m+tlv';
/** The Security object, and in it the secret key. */
const SECURITY = /^\/0(?:\/|$)/;
const SECRET_KEY = 5;
/** Kinds of TLV: what holds others, and what holds a value. */
const OBJECT_INSTANCE = 0;
const MULTIPLE_RESOURCE = 2;

/** Whether what a request writes is a client's key, whose bytes must not be shown. */
export function writesKeys(method: string | undefined, path: string | undefined): boolean {
  return (method === 'PUT' || method === 'POST') && SECURITY.test(path ?? '');
}

/** What a request means on the interfaces of registration, bootstrap and reporting; undefined for any other. */
export function interfaceOf(
  method: string,
  options: CoapOptions,
  payload: string | undefined,
): Lwm2mInterface | undefined {
  const path = options.uri_path ?? '';
  const query = new Map(
    (options.uri_query ?? '').split('&').map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
  const endpoint = query.get('ep')?.slice(0, TEXT_MAX);
  const objects = payload === undefined ? [] : objectsIn(payload);
  const lifetime = Number(query.get('lt') ?? Number.NaN);
  const said = {
    ...(endpoint && { endpoint }),
    ...(Number.isFinite(lifetime) && { lifetime_s: lifetime }),
    ...(query.has('lwm2m') && { version: query.get('lwm2m') as string }),
    ...(query.get('b') && { binding: query.get('b') as string }),
    ...(objects.length > 0 && { objects }),
  };
  if (method === 'POST' && path === '/rd' && endpoint) {
    // A resource directory (RFC 9176) registers alike, but for the version and the numbers of objects.
    const isOwn = query.has('lwm2m') || objects.some((object) => object.startsWith('/3/'));
    return isOwn ? { operation: 'register', ...said } : undefined;
  }
  if (method === 'POST' && path === '/bs' && endpoint)
    return { operation: 'bootstrap_request', ...said };
  return undefined;
}

/** `/1/0`, `/3/0` … of a list of links (RFC 6690). */
function objectsIn(links: string): string[] {
  const objects: string[] = [];
  for (const [, path] of links.matchAll(/<((?:\/[\w.-]{1,32})*\/\d{1,5}(?:\/\d{1,5})?)>/g)) {
    objects.push(path as string);
    if (objects.length >= OBJECTS_MAX) break;
  }
  return objects;
}

/**
 * Resources of a payload in TLV, by number: texts, and other values in hexadecimal; of several instances as `0/2`.
 * @param secure - they belong to a Security object.
 */
export function readResources(
  bytes: Buffer,
  start: number,
  end: number,
  secure: boolean,
  sealer: SecretSealer,
  found: Secret[],
): Record<string, string> {
  const resources: Record<string, string> = {};
  let count = 0;
  const read = (from: number, to: number, prefix: string, depth: number): void => {
    let at = from;
    while (at + 2 <= to && count < RESOURCES_MAX) {
      const type = bytes[at++];
      const kind = type >> 6;
      let id = bytes[at++];
      if (type & 0x20) id = id * 256 + bytes[at++];
      let length = type & 7;
      const size = (type >> 3) & 3;
      if (size > 0) {
        length = 0;
        for (let i = 0; i < size; i++) length = length * 256 + bytes[at++];
      }
      if (!(at + length <= to)) return;
      if (kind === OBJECT_INSTANCE || kind === MULTIPLE_RESOURCE) {
        // The only instance of an object needs no number.
        const inner = kind === OBJECT_INSTANCE && id === 0 ? prefix : `${prefix}${id}/`;
        if (depth < DEPTH_MAX) read(at, at + length, inner, depth + 1);
      } else if (length > 0) {
        resources[`${prefix}${id}`] =
          secure && id === SECRET_KEY
            ? seal(bytes.subarray(at, at + length), sealer, found)
            : (printable(bytes, at, at + length)?.slice(0, TEXT_MAX) ??
              hex(bytes, at, at + length));
        count++;
      }
      at += length;
    }
  };
  read(start, end, '', 0);
  return resources;
}

function seal(key: Uint8Array, sealer: SecretSealer, found: Secret[]): string {
  const secret = sealer.seal(key);
  found.push(secret);
  return secret.hash;
}
