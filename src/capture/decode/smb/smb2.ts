/** SMB 2 and 3 (MS-SMB2): negotiation, session setup and tree connect. */
import type { SecretSealer } from '../../../base/index.ts';
import type { SmbEvent } from './events.ts';
import { readClientToken, readServerToken } from './security.ts';
import { statusName } from './status.ts';

const protocol = 'smb';
const version = 2;
export const HEADER_BYTES = 64;
export const NEGOTIATE = 0;
export const SESSION_SETUP = 1;
export const TREE_CONNECT = 3;
const RESPONSE = 1;
const DIALECTS_MAX = 16;
const PATH_BYTES_MAX = 1_024;
const GUEST = 1;
const NULL_SESSION = 2;
const ENCRYPT = 4;
const DIALECTS: Readonly<Record<number, string>> = {
  514: '2.02',
  528: '2.1',
  768: '3.0',
  770: '3.0.2',
  785: '3.1.1',
  // Any of version 2, in answer to a negotiation of version 1.
  767: '2.FF',
};
const SHARE_TYPES = [undefined, 'disk', 'pipe', 'printer'];

/** Reads the message [start, end) of a known command; undefined when it says nothing, a text when it is broken. */
export function readSmb2(
  bytes: Buffer,
  start: number,
  end: number,
  secrets: SecretSealer,
): SmbEvent | string | undefined {
  const command = bytes.readUInt16LE(start + 12);
  const response = (bytes.readUInt32LE(start + 16) & RESPONSE) !== 0;
  const body = start + HEADER_BYTES;
  const size = end - body;
  const message = { bytes, start, body, end, status: statusName(bytes.readUInt32LE(start + 8)) };
  // An error's body is of its own form, and of nine bytes at least.
  const failed = response && size < 16 && bytes.readUInt32LE(start + 8) !== 0;
  switch (command) {
    case NEGOTIATE:
      if (size < (response ? 64 : 36)) return failed ? undefined : 'truncated negotiation';
      return response ? negotiateResponse(message) : negotiateRequest(message);
    case SESSION_SETUP:
      if (failed) return setupFailed(message);
      if (size < (response ? 8 : 24)) return 'truncated session setup';
      return response ? setupResponse(message) : setupRequest(message, secrets);
    case TREE_CONNECT:
      if (failed) return treeResponse(message, undefined);
      if (size < 8) return 'truncated tree connect';
      return response ? treeResponse(message, SHARE_TYPES[bytes[body + 2]]) : treeRequest(message);
    default:
      return undefined;
  }
}

interface Message {
  readonly bytes: Buffer;
  readonly start: number;
  readonly body: number;
  readonly end: number;
  readonly status: string;
}

const signing = (mode: number): 'off' | 'enabled' | 'required' =>
  mode & 2 ? 'required' : mode & 1 ? 'enabled' : 'off';

const dialectName = (number: number): string =>
  DIALECTS[number] ?? `0x${number.toString(16).padStart(4, '0')}`;

function negotiateRequest({ bytes, body, end }: Message): SmbEvent {
  const count = Math.min(bytes.readUInt16LE(body + 2), DIALECTS_MAX);
  const dialects: string[] = [];
  for (let i = 0; i < count && body + 38 + 2 * i <= end; i++)
    dialects.push(dialectName(bytes.readUInt16LE(body + 36 + 2 * i)));
  return {
    protocol,
    event: 'negotiate_request',
    version,
    dialects,
    signing: signing(bytes.readUInt16LE(body + 4)),
    client_guid: bytes.toString('hex', body + 12, body + 28),
  };
}

function negotiateResponse({ bytes, body, status }: Message): SmbEvent {
  return {
    protocol,
    event: 'negotiate_response',
    version,
    dialect: status === 'success' ? dialectName(bytes.readUInt16LE(body + 4)) : undefined,
    signing: signing(bytes.readUInt16LE(body + 2)),
    clear_password: undefined,
    server_guid: bytes.toString('hex', body + 8, body + 24),
    domain: undefined,
    server: undefined,
  };
}

function setupRequest(
  { bytes, start, body, end }: Message,
  secrets: SecretSealer,
): SmbEvent | string {
  const from = start + bytes.readUInt16LE(body + 12);
  const to = from + bytes.readUInt16LE(body + 14);
  if (to > end || from < body) return 'security token longer than its message';
  const token = readClientToken(bytes, from, to, secrets);
  return {
    protocol,
    event: 'session_setup_request',
    version,
    mechanism: token?.mechanism,
    kerberos: token?.ticket,
    user: token?.user,
    domain: token?.domain,
    host: token?.host,
    anonymous: token?.anonymous || undefined,
    ntlm_version: token?.ntlmVersion,
    password: undefined,
    os: token?.os,
  };
}

function setupResponse({ bytes, start, body, end, status }: Message): SmbEvent | string {
  const flags = bytes.readUInt16LE(body + 2);
  const from = start + bytes.readUInt16LE(body + 4);
  const to = from + bytes.readUInt16LE(body + 6);
  if (to > end) return 'security token longer than its message';
  const token = readServerToken(bytes, from, to);
  return {
    protocol,
    event: 'session_setup_response',
    version,
    status,
    guest: (status === 'success' && (flags & (GUEST | NULL_SESSION)) !== 0) || undefined,
    encrypted: (flags & ENCRYPT) !== 0 || undefined,
    server: token?.server,
    domain: token?.domain,
    dns_name: token?.dnsName,
    os: token?.os,
  };
}

function setupFailed({ status }: Message): SmbEvent {
  return {
    protocol,
    event: 'session_setup_response',
    version,
    status,
    guest: undefined,
    encrypted: undefined,
    server: undefined,
    domain: undefined,
    dns_name: undefined,
    os: undefined,
  };
}

function treeRequest({ bytes, start, body, end }: Message): SmbEvent | string {
  const from = start + bytes.readUInt16LE(body + 4);
  const to = from + bytes.readUInt16LE(body + 6);
  if (to > end || from < body) return 'path longer than its message';
  const path = bytes.toString('utf16le', from, Math.min(to, from + PATH_BYTES_MAX));
  return { protocol, event: 'tree_connect_request', version, path };
}

function treeResponse({ status }: Message, share_type: string | undefined): SmbEvent {
  const path = undefined;
  return { protocol, event: 'tree_connect_response', version, status, path, share_type };
}
