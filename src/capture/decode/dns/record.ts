/** Resource records (RFC 1035, 3.2 and 3.3, and the RFCs of later types) as the fields that EVE gives them. */
import { formatIpv4, formatIpv6, formatMac } from '../../../base/index.ts';
import { hexColons, hexRun, wireText } from '../wire-text.ts';
import { typeName } from './names.ts';
import { netbiosName } from './netbios.ts';
import type { DnsReader } from './reader.ts';

/** Strings kept of one TXT record, and bytes kept of other data shown as text. */
const TXT_STRINGS_MAX = 64;
const TEXT_BYTES_MAX = 512;
const LIST_MAX = 32;

export interface DnsRecord {
  readonly rrname: string;
  readonly rrtype: string;
  readonly ttl: number;
  rrname_truncated?: true;
  /** mDNS: replaces what receivers have cached (RFC 6762, 10.2). */
  cache_flush?: true;
  /** Address, name or text, for the types that are just that. */
  rdata?: string;
  /** TXT: its strings one by one; `rdata` holds them joined by spaces. */
  txt?: string[];
  /** MX. */
  preference?: number;
  soa?: DnsSoa;
  srv?: DnsSrv;
  sshfp?: DnsSshfp;
  /** SVCB and HTTPS (RFC 9460). */
  svcb?: DnsSvcb;
  /** NetBIOS: owners of a name (RFC 1002, 4.2.13). */
  nb?: { address: string; group: boolean }[];
  /** NetBIOS node status: names of the node, and its MAC (RFC 1002, 4.2.18). */
  names?: { name: string; group: boolean }[];
  mac?: string;
  /** Types that are not decoded: length, and the first bytes in hexadecimal. */
  rdata_bytes?: number;
  rdata_hex?: string;
}

export interface DnsSoa {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}
export interface DnsSrv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}
export interface DnsSshfp {
  readonly fingerprint: string;
  readonly algo: number;
  readonly type: number;
}
export interface DnsSvcb {
  readonly priority: number;
  readonly target: string;
  alpn?: string[];
  no_default_alpn?: true;
  port?: number;
  ipv4hint?: string[];
  ipv6hint?: string[];
  /** An Encrypted ClientHello configuration of so many bytes. */
  ech_bytes?: number;
  dohpath?: string;
}
/** EDNS(0), the OPT pseudo-record (RFC 6891). */
export interface DnsEdns {
  readonly udp_size: number;
  readonly version: number;
  readonly do: boolean;
  /** Option codes, in order. */
  readonly options: number[];
  readonly extended_rcode: number;
}

/** What differs between DNS and its relatives on the wire. */
export interface Dialect {
  /** The top bit of a class is a flag (RFC 6762, 10.2 and 5.4). */
  readonly classFlag: boolean;
  readonly netbios: boolean;
}

export const TYPE_OPT = 41;

/** The record at the reader's place, which moves behind it; undefined after `fail`. */
export function readRecord(reader: DnsReader, dialect: Dialect): DnsRecord | undefined {
  const name = readOwner(reader, dialect);
  if (name === undefined) return undefined;
  const cut = reader.nameCut;
  const { at } = reader;
  const dataAt = at + 10;
  if (dataAt > reader.end) return broken(reader, 'truncated record');
  const type = reader.u16(at);
  const dataEnd = dataAt + reader.u16(at + 8);
  if (dataEnd > reader.end) return broken(reader, 'truncated record data', dataAt);
  const record: DnsRecord = {
    rrname: name,
    rrtype: typeName(type, dialect.netbios),
    ttl: reader.u32(at + 4),
  };
  if (cut) record.rrname_truncated = true;
  if (dialect.classFlag && reader.bytes[at + 2] >= 0x80) record.cache_flush = true;
  reader.at = dataAt;
  // RFC 2136: a prerequisite or deletion of a dynamic update has an empty record.
  if (dataEnd > dataAt && !readData(reader, dialect, type, dataEnd, record)) {
    reader.fail('record data does not fit its type', dataAt);
    return undefined;
  }
  reader.at = dataEnd;
  return record;
}

/** The OPT record at the reader's place, behind its (root) name. */
export function readEdns(reader: DnsReader): DnsEdns | undefined {
  const { at, bytes } = reader;
  if (at + 10 > reader.end) return broken(reader, 'truncated record');
  const dataEnd = at + 10 + reader.u16(at + 8);
  if (dataEnd > reader.end) return broken(reader, 'truncated record data');
  const edns: DnsEdns = {
    udp_size: reader.u16(at + 2),
    version: bytes[at + 5],
    do: (bytes[at + 6] & 0x80) !== 0,
    options: [],
    extended_rcode: bytes[at + 4],
  };
  let option = at + 10;
  while (option < dataEnd) {
    if (option + 4 > dataEnd || option + 4 + reader.u16(option + 2) > dataEnd) {
      reader.fail('truncated EDNS option', option);
      break;
    }
    if (edns.options.length < LIST_MAX) edns.options.push(reader.u16(option));
    option += 4 + reader.u16(option + 2);
  }
  reader.at = dataEnd;
  return edns;
}

/** A name that owns a question or record: in NetBIOS of the two-letters-a-byte form. */
export function readOwner(reader: DnsReader, dialect: Dialect): string | undefined {
  const name = reader.name();
  return name !== undefined && dialect.netbios ? netbiosName(name) : name;
}

function broken(reader: DnsReader, reason: string, at?: number): undefined {
  reader.fail(reason, at);
  return undefined;
}

/** Reads the data of a record up to `end` into `record`; false when it breaks its type's form. */
function readData(
  reader: DnsReader,
  dialect: Dialect,
  type: number,
  end: number,
  record: DnsRecord,
): boolean {
  const { at, bytes } = reader;
  const length = end - at;
  switch (type) {
    case 1:
      if (length !== 4) return false;
      record.rdata = formatIpv4(reader.u32(at));
      return true;
    case 28:
      if (length !== 16) return false;
      record.rdata = formatIpv6(bytes, at);
      return true;
    case 2: // NS
    case 5: // CNAME
    case 12: // PTR
    case 39: // DNAME
      return readNameInto(reader, end, record);
    case 15: // MX
      if (length < 3) return false;
      record.preference = reader.u16(at);
      reader.at = at + 2;
      return readNameInto(reader, end, record);
    case 16: // TXT
    case 99: // SPF
      return readStrings(reader, end, record);
    case 13: // HINFO
      return readStrings(reader, end, record);
    case 6:
      return readSoa(reader, end, record);
    case 33:
      return dialect.netbios ? readNodeStatus(reader, end, record) : readSrv(reader, end, record);
    case 32:
      if (dialect.netbios) return readNetbiosOwners(reader, end, record);
      break;
    case 44:
      if (length < 3) return false;
      record.sshfp = {
        fingerprint: hexColons(bytes, at + 2, end),
        algo: bytes[at],
        type: bytes[at + 1],
      };
      return true;
    case 64:
    case 65:
      return readSvcb(reader, end, record);
    case 10: // NULL
      record.rdata = wireText(bytes, at, Math.min(end, at + TEXT_BYTES_MAX));
      record.rdata_bytes = length;
      return true;
    case 46: // RRSIG, NSEC, NSEC3 and DNSKEY tell nothing of devices, and NSEC is in every mDNS answer.
    case 47:
    case 48:
    case 50:
      record.rdata_bytes = length;
      return true;
  }
  record.rdata_bytes = length;
  record.rdata_hex = hexRun(bytes, at, end);
  return true;
}

function readNameInto(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const name = reader.name();
  if (name === undefined || reader.at > end) return false;
  record.rdata = name;
  return true;
}

function readStrings(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const { bytes } = reader;
  const strings: string[] = [];
  let { at } = reader;
  while (at < end) {
    const next = at + 1 + bytes[at];
    if (next > end) return false;
    if (strings.length < TXT_STRINGS_MAX) strings.push(wireText(bytes, at + 1, next));
    at = next;
  }
  record.txt = strings;
  record.rdata = strings.length === 1 ? strings[0] : strings.join(' ');
  return true;
}

function readSoa(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const mname = reader.name();
  const rname = mname === undefined ? undefined : reader.name();
  const { at } = reader;
  if (mname === undefined || rname === undefined || at + 20 > end) return false;
  record.soa = {
    mname,
    rname,
    serial: reader.u32(at),
    refresh: reader.u32(at + 4),
    retry: reader.u32(at + 8),
    expire: reader.u32(at + 12),
    minimum: reader.u32(at + 16),
  };
  return true;
}

function readSrv(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const { at } = reader;
  if (at + 7 > end) return false;
  reader.at = at + 6;
  const name = reader.name();
  if (name === undefined || reader.at > end) return false;
  record.srv = {
    priority: reader.u16(at),
    weight: reader.u16(at + 2),
    port: reader.u16(at + 4),
    name,
  };
  return true;
}

function readSvcb(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const { at, bytes } = reader;
  if (at + 3 > end) return false;
  reader.at = at + 2;
  const target = reader.name();
  if (target === undefined || reader.at > end) return false;
  const svcb: DnsSvcb = { priority: reader.u16(at), target };
  record.svcb = svcb;
  let key = reader.at;
  while (key < end) {
    if (key + 4 > end) return false;
    const from = key + 4;
    const to = from + reader.u16(key + 2);
    if (to > end) return false;
    switch (reader.u16(key)) {
      case 1: {
        const alpn = readAlpn(bytes, from, to);
        if (!alpn) return false;
        svcb.alpn = alpn;
        break;
      }
      case 2:
        svcb.no_default_alpn = true;
        break;
      case 3:
        if (to - from !== 2) return false;
        svcb.port = reader.u16(from);
        break;
      case 4:
        svcb.ipv4hint = addresses(from, to, 4, (each) => formatIpv4(reader.u32(each)));
        break;
      case 5:
        svcb.ech_bytes = to - from;
        break;
      case 6:
        svcb.ipv6hint = addresses(from, to, 16, (each) => formatIpv6(bytes, each));
        break;
      case 7:
        svcb.dohpath = wireText(bytes, from, Math.min(to, from + TEXT_BYTES_MAX));
        break;
    }
    key = to;
  }
  return true;
}

function readAlpn(bytes: Uint8Array, from: number, to: number): string[] | undefined {
  const alpn: string[] = [];
  let at = from;
  while (at < to) {
    const next = at + 1 + bytes[at];
    if (next > to) return undefined;
    if (alpn.length < LIST_MAX) alpn.push(wireText(bytes, at + 1, next));
    at = next;
  }
  return alpn;
}

function addresses(
  from: number,
  to: number,
  size: number,
  format: (at: number) => string,
): string[] {
  const list: string[] = [];
  for (let at = from; at + size <= to && list.length < LIST_MAX; at += size) list.push(format(at));
  return list;
}

function readNetbiosOwners(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const { at, bytes } = reader;
  if ((end - at) % 6 !== 0) return false;
  const owners: { address: string; group: boolean }[] = [];
  for (let each = at; each < end && owners.length < LIST_MAX; each += 6)
    owners.push({ address: formatIpv4(reader.u32(each + 2)), group: bytes[each] >= 0x80 });
  record.nb = owners;
  record.rdata = owners[0].address;
  return true;
}

function readNodeStatus(reader: DnsReader, end: number, record: DnsRecord): boolean {
  const { at, bytes } = reader;
  const count = bytes[at];
  const namesEnd = at + 1 + count * 18;
  if (namesEnd > end) return false;
  const names: { name: string; group: boolean }[] = [];
  for (let each = at + 1; each < namesEnd && names.length < LIST_MAX; each += 18) {
    const name = wireText(bytes, each, each + 15).trimEnd();
    const suffix = bytes[each + 15].toString(16).padStart(2, '0');
    names.push({ name: `${name}<${suffix}>`, group: bytes[each + 16] >= 0x80 });
  }
  record.names = names;
  if (namesEnd + 6 <= end) record.mac = formatMac(bytes, namesEnd);
  return true;
}
