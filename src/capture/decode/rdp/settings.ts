/** The settings that client and server exchange in MCS Connect (MS-RDPBCGR 2.2.1.3 and 2.2.1.4): blocks of data. */
import { u16le, u32le } from '../integers.ts';
import { readCertificate } from '../tls/certificate.ts';
import type { RdpClientDataEvent, RdpServerDataEvent } from './events.ts';

const protocol = 'rdp';
const CLIENT_CORE = 0xc001;
const CLIENT_NETWORK = 0xc003;
const SERVER_CORE = 0x0c01;
const SERVER_SECURITY = 0x0c02;
/** How far in MCS Connect the key of the conference's data may stand. */
const KEY_BYTES_MAX = 400;
const BLOCKS_MAX = 32;
const CHANNELS_MAX = 31;
const CERTIFICATES_MAX = 10;
const CLIENT_KEY = Buffer.from('Duca');
const SERVER_KEY = Buffer.from('McDn');
const WANTS_32_BITS = 0x0002;
const TEMPORARY = 0x8000_0000;

const METHODS: Readonly<Record<number, string>> = {
  0: 'none',
  1: '40bit',
  2: '128bit',
  8: '56bit',
  16: 'fips',
};
const LEVELS = ['none', 'low', 'client_compatible', 'high', 'fips'];

/** Reads the client's blocks in [start, end); undefined when there are none. */
export function readClientData(
  bytes: Buffer,
  start: number,
  end: number,
): RdpClientDataEvent | undefined {
  const blocks = blocksOf(bytes, start, end, CLIENT_KEY);
  const core = blocks.get(CLIENT_CORE);
  if (!core || core.length < 56) return undefined;
  const network = blocks.get(CLIENT_NETWORK);
  const wide = core.length >= 146 && (core.readUInt16LE(144) & WANTS_32_BITS) !== 0;
  const high = core.length >= 142 ? core.readUInt16LE(140) : undefined;
  return {
    protocol,
    event: 'client_data',
    version: versionText(core.readUInt32LE(4)),
    client_name: utf16(core, 24, 56),
    client_build: core.readUInt32LE(20),
    keyboard_layout: core.readUInt32LE(16),
    client_dig_product_id: core.length >= 210 ? utf16(core, 146, 210) || undefined : undefined,
    desktop_width: core.readUInt16LE(8),
    desktop_height: core.readUInt16LE(10),
    color_depth: wide ? 32 : high,
    channels: network ? channelsOf(network) : [],
  };
}

/** Reads the server's blocks in [start, end); undefined when there are none. */
export function readServerData(
  bytes: Buffer,
  start: number,
  end: number,
): RdpServerDataEvent | undefined {
  const blocks = blocksOf(bytes, start, end, SERVER_KEY);
  if (blocks.size === 0) return undefined;
  const core = blocks.get(SERVER_CORE);
  const security = blocks.get(SERVER_SECURITY);
  const known = security !== undefined && security.length >= 12;
  return {
    protocol,
    event: 'server_data',
    version: core && core.length >= 8 ? versionText(core.readUInt32LE(4)) : undefined,
    encryption_method: known ? METHODS[security.readUInt32LE(4)] : undefined,
    encryption_level: known ? LEVELS[security.readUInt32LE(8)] : undefined,
    ...certificatesOf(known ? security : undefined),
  };
}

type Certificates = Pick<
  RdpServerDataEvent,
  'certificate_type' | 'certificate_permanent' | 'chain'
>;

/** 2.2.1.4.3.1: a key in Microsoft's form, or a chain of certificates, the server's own last. */
function certificatesOf(security: Buffer | undefined): Certificates {
  const none = { certificate_type: undefined, certificate_permanent: undefined, chain: [] };
  if (!security || security.length < 20) return none;
  const at = 20 + security.readUInt32LE(12);
  if (at + 8 > security.length) return none;
  const version = security.readUInt32LE(at);
  const certificate_permanent = version < TEMPORARY;
  if ((version & 0x7fff_ffff) !== 2)
    return { ...none, certificate_type: 'rsa', certificate_permanent };
  const chain: Certificates['chain'][number][] = [];
  const count = Math.min(security.readUInt32LE(at + 4), CERTIFICATES_MAX);
  let from = at + 8;
  for (let i = 0; i < count && from + 4 <= security.length; i++) {
    const to = from + 4 + u32le(security, from);
    if (to > security.length) break;
    const certificate = readCertificate(security, from + 4, to);
    if (certificate) chain.unshift(certificate);
    from = to;
  }
  return { certificate_type: 'x509', certificate_permanent, chain };
}

/** 2.2.1.3.4: a name of at most seven letters and options of four bytes each. */
function channelsOf(network: Buffer): string[] {
  const names: string[] = [];
  for (let at = 8; at + 12 <= network.length && names.length < CHANNELS_MAX; at += 12) {
    const name = network.toString('latin1', at, at + 8);
    const end = name.indexOf('\0');
    names.push(end < 0 ? name : name.slice(0, end));
  }
  return names;
}

/** The blocks behind the conference's key and their length, by type. */
function blocksOf(bytes: Buffer, start: number, end: number, key: Buffer): Map<number, Buffer> {
  const blocks = new Map<number, Buffer>();
  const found = bytes.subarray(start, Math.min(end, start + KEY_BYTES_MAX)).indexOf(key);
  if (found < 0) return blocks;
  let at = start + found + key.length;
  // T.125's length: one byte, or two with the top bit set.
  at += bytes[at] & 0x80 ? 2 : 1;
  while (at + 4 <= end && blocks.size < BLOCKS_MAX) {
    const length = u16le(bytes, at + 2);
    if (length < 4) break;
    blocks.set(u16le(bytes, at), bytes.subarray(at, Math.min(end, at + length)));
    at += length;
  }
  return blocks;
}

function versionText(version: number): string {
  const minor = version & 0xffff;
  const major = version >>> 16;
  // 5.0 to 8.1 share a number; from 10.0 on they count.
  if (major === 8 && minor >= 5) return `10.${minor - 5}`;
  return major === 8 ? `${minor === 1 ? 4 : 5}.0` : `${major}.${minor}`;
}

/** Text of two bytes a character, up to its end. */
function utf16(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf16le', start, end);
  const stop = text.indexOf('\0');
  return stop < 0 ? text : text.slice(0, stop);
}
