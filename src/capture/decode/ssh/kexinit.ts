/** SSH_MSG_KEXINIT (RFC 4253, 7.1), the fingerprints made of it (HASSH), and what two of them agree on. */
import { createHash } from 'node:crypto';
import { asciiText } from '../wire-text.ts';

/** The ten name-lists, in order of the wire. */
const LISTS = [
  'kex_algorithms',
  'server_host_key_algorithms',
  'encryption_algorithms_client_to_server',
  'encryption_algorithms_server_to_client',
  'mac_algorithms_client_to_server',
  'mac_algorithms_server_to_client',
  'compression_algorithms_client_to_server',
  'compression_algorithms_server_to_client',
  'languages_client_to_server',
  'languages_server_to_client',
] as const;
export type KexInit = Record<(typeof LISTS)[number], string>;

const COOKIE_BYTES = 16;
/** Longer than any implementation's list; what is longer is hostile. */
const LIST_BYTES_MAX = 8192;

/** The lists of the message whose payload, behind its type, is [at, end); undefined when it breaks its form. */
export function readKexInit(bytes: Uint8Array, at: number, end: number): KexInit | undefined {
  const lists: Partial<KexInit> = {};
  let from = at + COOKIE_BYTES;
  for (const name of LISTS) {
    if (from + 4 > end) return undefined;
    const length =
      ((bytes[from] << 24) | (bytes[from + 1] << 16) | (bytes[from + 2] << 8) | bytes[from + 3]) >>>
      0;
    const to = from + 4 + length;
    if (length > LIST_BYTES_MAX || to > end || !isNameList(bytes, from + 4, to)) return undefined;
    lists[name] = asciiText(bytes, from + 4, to);
    from = to;
  }
  return lists as KexInit;
}

/** Printable US-ASCII (RFC 4251, 5). */
function isNameList(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] < 0x21 || bytes[i] > 0x7e) return false;
  return true;
}

/** What HASSH is the MD5 of (github.com/salesforce/hassh): a client's own direction, or a server's. */
export function hasshString(lists: KexInit, ofServer: boolean): string {
  return ofServer
    ? `${lists.kex_algorithms};${lists.encryption_algorithms_server_to_client};${lists.mac_algorithms_server_to_client};${lists.compression_algorithms_server_to_client}`
    : `${lists.kex_algorithms};${lists.encryption_algorithms_client_to_server};${lists.mac_algorithms_client_to_server};${lists.compression_algorithms_client_to_server}`;
}

export function hassh(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** The client's first choice that the server offers as well (RFC 4253, 7.1). */
export function agreed(client: string, server: string): string | undefined {
  const offered = new Set(server.split(','));
  return client.split(',').find((name) => offered.has(name));
}
