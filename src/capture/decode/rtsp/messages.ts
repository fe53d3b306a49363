/** From the head and body of an RTSP message to its event (RFC 2326, sections 4 to 7 and 12). */
import type { SecretSealer } from '../../../base/index.ts';
import { FieldNames, lineEnd, methodLength, readFields } from '../http/head.ts';
import { Findings, readAuthorization } from '../http/secrets.ts';
import { readSdp, type SessionDescription } from '../sdp.ts';
import { wireText } from '../wire-text.ts';
import { BEHIND, type RtspRequestEvent, type RtspResponseEvent } from './events.ts';
import { maskUri } from './uri.ts';

const URI_BYTES_MAX = 1_024;
const TEXT_MAX = 256;
const METHODS_MAX = 32;

const FIELDS = new FieldNames([
  'cseq',
  'session',
  'transport',
  'content-type',
  'content-length',
  'user-agent',
  'server',
  'authorization',
  'www-authenticate',
  'public',
  'require',
]);

/** A head that was read, and the problem that it has, if any. */
export interface RtspHead {
  readonly event: RtspRequestEvent | RtspResponseEvent;
  readonly problem: string | undefined;
  /** From the start of the message. */
  readonly offset: number;
}

/** Bytes of the body that the head in [start, end) announces; -1 when it is no valid number. */
export function bodyLength(bytes: Uint8Array, start: number, end: number): number {
  const { fields } = readFields(bytes, lineEnd(bytes, start, end) + 1, end, FIELDS);
  const length = fields['content-length'];
  if (length === undefined) return 0;
  return /^\d{1,9}$/.test(length) ? Number(length) : -1;
}

/**
 * Reads the message whose head is [start, end) and whose body, as far as it is read, [end, bodyEnd).
 * @param answers - the request with a response's sequence number.
 */
export function readMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  bodyEnd: number,
  secrets: SecretSealer,
  answers: (cseq: number | undefined) => RtspRequestEvent | undefined,
): RtspHead | undefined {
  const line = lineEnd(bytes, start, end);
  const stop = line > start && bytes[line - 1] === 0x0d ? line - 1 : line;
  const { fields, problem, problemOffset } = readFields(bytes, line + 1, end, FIELDS);
  const type = fields['content-type']?.split(';', 1)[0].trim().slice(0, 128).toLowerCase();
  const found = new Findings(secrets);
  const described = type === 'application/sdp' && bodyEnd > end;
  const length = Number(fields['content-length']);
  const common = {
    cseq: numberOf(fields.cseq),
    session: fields.session?.split(';', 1)[0].slice(0, TEXT_MAX),
    transport: short(fields.transport),
    content_type: type,
    content_length: Number.isSafeInteger(length) ? length : undefined,
    sdp: described ? maskedSdp(readSdp(bytes, end, bodyEnd, found), found) : undefined,
  };
  const status = statusAt(bytes, start, stop);
  if (status > 0) {
    const event: RtspResponseEvent = {
      protocol: 'rtsp',
      event: 'response',
      version: wireText(bytes, start, start + 8),
      status,
      ...common,
      server: short(fields.server),
      www_authenticate: short(fields['www-authenticate']),
      public: fields.public
        ?.split(',', METHODS_MAX)
        .map((method) => method.trim().slice(0, 32))
        .filter(Boolean),
      [BEHIND]: { request: answers(common.cseq), wire: found.wire },
    };
    return { event, problem, offset: problemOffset - start };
  }
  const method = methodLength(bytes, start, stop);
  const version = stop - 8;
  if (method < 3 || version <= start + method + 1 || !isVersion(bytes, version, stop))
    return undefined;
  const authorization =
    fields.authorization === undefined ? undefined : readAuthorization(fields.authorization, found);
  const uri = start + method + 1;
  const masked = maskUri(
    wireText(bytes, uri, Math.min(version - 1, uri + URI_BYTES_MAX)).trim(),
    found,
  );
  const event: RtspRequestEvent = {
    protocol: 'rtsp',
    event: 'request',
    method: wireText(bytes, start, start + method),
    uri: masked.uri,
    version: wireText(bytes, version, stop),
    ...common,
    user_agent: short(fields['user-agent']),
    authorization,
    credentials: found.credentials.length > 0 ? found.credentials : undefined,
    require: short(fields.require),
    [BEHIND]: { wire: found.wire, secretPath: masked.secretPath },
  };
  return { event, problem, offset: problemOffset - start };
}

/** Descriptions repeat the address that was asked for, secrets and all. */
function maskedSdp(sdp: SessionDescription, found: Findings): SessionDescription {
  const clean = (lines: string[] | undefined): void => {
    for (const [i, line] of lines?.entries() ?? [])
      if (lines && line.startsWith('control:'))
        lines[i] = `control:${maskUri(line.slice(8), found).uri}`;
  };
  clean(sdp.a);
  for (const media of sdp.m ?? []) clean(media.a);
  return sdp;
}

/** `RTSP/1.0` or `RTSP/2.0` in the eight bytes at `start`. */
export function isVersion(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= 8 &&
    bytes[start] === 0x52 &&
    bytes[start + 1] === 0x54 &&
    bytes[start + 2] === 0x53 &&
    bytes[start + 3] === 0x50 &&
    bytes[start + 4] === 0x2f &&
    (bytes[start + 5] === 0x31 || bytes[start + 5] === 0x32) &&
    bytes[start + 6] === 0x2e &&
    bytes[start + 7] === 0x30
  );
}

/** The status code of the status line [start, end), or 0. */
export function statusAt(bytes: Uint8Array, start: number, end: number): number {
  if (!isVersion(bytes, start, end) || end - start < 12 || bytes[start + 8] !== 0x20) return 0;
  let status = 0;
  for (let i = start + 9; i < start + 12; i++) {
    if (bytes[i] < 0x30 || bytes[i] > 0x39) return 0;
    status = status * 10 + bytes[i] - 0x30;
  }
  return status >= 100 ? status : 0;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

function short(text: string | undefined): string | undefined {
  return text?.slice(0, TEXT_MAX);
}
