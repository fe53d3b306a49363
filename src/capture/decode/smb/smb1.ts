/** SMB 1 (MS-CIFS, MS-SMB): negotiation, session setup and tree connect. */
import type { SecretSealer } from '../../../base/index.ts';
import type { SmbEvent } from './events.ts';
import { readClientToken, readServerToken } from './security.ts';
import { statusName } from './status.ts';

const protocol = 'smb';
const version = 1;
export const HEADER_BYTES = 32;
export const NEGOTIATE = 0x72;
export const SESSION_SETUP = 0x73;
export const TREE_CONNECT = 0x75;
const REPLY = 0x80;
const UNICODE = 0x8000;
const NT_STATUS = 0x4000;
const DIALECTS_MAX = 32;
const TEXT_CHARACTERS_MAX = 256;
const ENCRYPTED_PASSWORDS = 2;
const SIGNING_ENABLED = 4;
const SIGNING_REQUIRED = 8;
const EXTENDED_SECURITY = 0x8000_0000;
const NONE_SPOKEN = 0xffff;

/** What later messages need of earlier ones. */
export interface Smb1State {
  dialects: readonly string[];
  clearPassword: boolean;
}

/** Reads the message [start, end) of a known command; undefined when it says nothing, a text when it is broken. */
export function readSmb1(
  bytes: Buffer,
  start: number,
  end: number,
  secrets: SecretSealer,
  state: Smb1State,
): SmbEvent | string | undefined {
  const command = bytes[start + 4];
  const reply = (bytes[start + 9] & REPLY) !== 0;
  const flags = bytes.readUInt16LE(start + 10);
  const words = start + HEADER_BYTES + 1;
  const wordBytes = 2 * bytes[words - 1];
  const data = words + wordBytes + 2;
  if (data > end) return 'parameters longer than their message';
  const stop = Math.min(end, data + bytes.readUInt16LE(data - 2));
  const code = bytes.readUInt32LE(start + 5);
  // Errors of DOS have their class in the first byte, and their code in the last two.
  const failed = (flags & NT_STATUS) === 0 && code !== 0;
  const status = failed
    ? `dos_${bytes[start + 5]}_${bytes.readUInt16LE(start + 7)}`
    : statusName(code);
  const unicode = (flags & UNICODE) !== 0;
  const message = { bytes, start, words, wordBytes, data, stop, status, unicode };
  switch (command) {
    case NEGOTIATE:
      return reply ? negotiateResponse(message, state) : negotiateRequest(message, state);
    case SESSION_SETUP:
      return reply ? setupResponse(message) : setupRequest(message, secrets, state);
    case TREE_CONNECT:
      return reply ? treeResponse(message) : treeRequest(message);
    default:
      return undefined;
  }
}

interface Message {
  readonly bytes: Buffer;
  readonly start: number;
  readonly words: number;
  readonly wordBytes: number;
  readonly data: number;
  readonly stop: number;
  readonly status: string;
  readonly unicode: boolean;
}

/** Each dialect is a text behind a 2. */
function negotiateRequest({ bytes, data, stop }: Message, state: Smb1State): SmbEvent {
  const dialects: string[] = [];
  let at = data;
  while (at < stop && bytes[at] === 2 && dialects.length < DIALECTS_MAX) {
    const end = bytes.indexOf(0, at + 1);
    if (end < 0 || end >= stop) break;
    dialects.push(bytes.toString('latin1', at + 1, Math.min(end, at + 65)));
    at = end + 1;
  }
  state.dialects = dialects;
  return {
    protocol,
    event: 'negotiate_request',
    version,
    dialects,
    signing: 'off',
    client_guid: undefined,
  };
}

function negotiateResponse(message: Message, state: Smb1State): SmbEvent | string {
  const { bytes, words, wordBytes, data, stop, unicode } = message;
  if (wordBytes < 2) return 'parameters missing';
  const index = bytes.readUInt16LE(words);
  const full = wordBytes >= 34;
  const mode = wordBytes >= 3 ? bytes[words + 2] : ENCRYPTED_PASSWORDS;
  state.clearPassword = index !== NONE_SPOKEN && (mode & ENCRYPTED_PASSWORDS) === 0;
  const extended = full && (bytes.readUInt32LE(words + 19) & EXTENDED_SECURITY) !== 0;
  // Behind the challenge: the domain, and what the server is called.
  const texts = full && !extended ? textsFrom(bytes, data + bytes[words + 33], stop, unicode) : [];
  return {
    protocol,
    event: 'negotiate_response',
    version,
    dialect: index === NONE_SPOKEN ? undefined : (state.dialects[index] ?? String(index)),
    signing: mode & SIGNING_REQUIRED ? 'required' : mode & SIGNING_ENABLED ? 'enabled' : 'off',
    clear_password: state.clearPassword || undefined,
    server_guid: extended && stop - data >= 16 ? bytes.toString('hex', data, data + 16) : undefined,
    domain: texts[0] || undefined,
    server: texts[1] || undefined,
  };
}

function setupRequest(
  { bytes, start, words, wordBytes, data, stop, unicode }: Message,
  secrets: SecretSealer,
  state: Smb1State,
): SmbEvent | string {
  const base = { protocol, event: 'session_setup_request', version } as const;
  if (wordBytes === 24) {
    const blobEnd = data + bytes.readUInt16LE(words + 14);
    if (blobEnd > stop) return 'security token longer than its message';
    const token = readClientToken(bytes, data, blobEnd, secrets);
    const [os] = textsFrom(bytes, aligned(blobEnd, start, unicode), stop, unicode);
    return {
      ...base,
      mechanism: token?.mechanism,
      kerberos: token?.ticket,
      user: token?.user,
      domain: token?.domain,
      host: token?.host,
      anonymous: token?.anonymous || undefined,
      ntlm_version: token?.ntlmVersion,
      password: undefined,
      os: os || token?.os,
    };
  }
  if (wordBytes !== 26 && wordBytes !== 20) return 'unknown form of session setup';
  const ansi = bytes.readUInt16LE(words + 14);
  const wide = wordBytes === 26 ? bytes.readUInt16LE(words + 16) : 0;
  const after = data + ansi + wide;
  if (after > stop) return 'password longer than its message';
  const [user, domain, os] = textsFrom(bytes, aligned(after, start, unicode), stop, unicode);
  const none = ansi + wide <= 1;
  const clear = state.clearPassword && !none;
  return {
    ...base,
    kerberos: undefined,
    mechanism: clear ? 'clear_password' : 'lan_manager',
    user: user ? secrets.seal(user) : undefined,
    domain: domain || undefined,
    host: undefined,
    anonymous: (none && !user) || undefined,
    ntlm_version: clear || none ? undefined : wide > 24 ? 2 : 1,
    password: clear ? secrets.seal(withoutZeros(bytes, data, data + (ansi || wide))) : undefined,
    os: os || undefined,
  };
}

function setupResponse({
  bytes,
  start,
  words,
  wordBytes,
  data,
  stop,
  status,
  unicode,
}: Message): SmbEvent {
  const blob = wordBytes === 8 ? bytes.readUInt16LE(words + 6) : 0;
  const token = blob > 0 ? readServerToken(bytes, data, Math.min(stop, data + blob)) : undefined;
  const [os, , domain] = textsFrom(bytes, aligned(data + blob, start, unicode), stop, unicode);
  const action = wordBytes >= 6 ? bytes.readUInt16LE(words + 4) : 0;
  return {
    protocol,
    event: 'session_setup_response',
    version,
    status,
    guest: (status === 'success' && (action & 1) !== 0) || undefined,
    encrypted: undefined,
    server: token?.server,
    domain: token?.domain ?? (domain || undefined),
    dns_name: token?.dnsName,
    os: os || token?.os,
  };
}

function treeRequest({
  bytes,
  start,
  words,
  wordBytes,
  data,
  stop,
  unicode,
}: Message): SmbEvent | string {
  if (wordBytes < 8) return 'parameters missing';
  const password = bytes.readUInt16LE(words + 6);
  const [path = ''] = textsFrom(bytes, aligned(data + password, start, unicode), stop, unicode);
  return { protocol, event: 'tree_connect_request', version, path };
}

const SERVICES: Readonly<Record<string, string>> = {
  'A:': 'disk',
  IPC: 'pipe',
  'LPT1:': 'printer',
};

function treeResponse({ bytes, data, stop, status }: Message): SmbEvent {
  const [service = ''] = textsFrom(bytes, data, stop, false);
  return {
    protocol,
    event: 'tree_connect_response',
    version,
    status,
    path: undefined,
    share_type: SERVICES[service],
  };
}

/** Texts of two bytes a character begin at even places of the message. */
const aligned = (at: number, start: number, unicode: boolean): number =>
  unicode && ((at - start) & 1) === 1 ? at + 1 : at;

/** Up to three texts that end with zeros. */
function textsFrom(bytes: Buffer, from: number, stop: number, unicode: boolean): string[] {
  const texts: string[] = [];
  const size = unicode ? 2 : 1;
  let at = from;
  while (at + size <= stop && texts.length < 3) {
    let end = at;
    while (end + size <= stop && (bytes[end] !== 0 || (unicode && bytes[end + 1] !== 0)))
      end += size;
    const last = Math.min(end, at + size * TEXT_CHARACTERS_MAX);
    texts.push(bytes.toString(unicode ? 'utf16le' : 'latin1', at, last));
    at = end + size;
  }
  return texts;
}

function withoutZeros(bytes: Buffer, start: number, end: number): Buffer {
  let stop = end;
  while (stop > start && bytes[stop - 1] === 0) stop--;
  return bytes.subarray(start, stop);
}
