/**
 * HPACK (RFC 7541): field blocks with their static and dynamic tables. One decoder serves one direction of a
 * connection; what it cannot read ends it, because the table is lost with it.
 */
import { huffmanText } from './huffman.ts';

/** The static table (appendix A), from index 1: pairs, then names alone. */
const STATIC_PAIRS: readonly (readonly [string, string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
];
const STATIC_NAMES = `
  accept-charset accept-encoding accept-language accept-ranges accept
  access-control-allow-origin age allow authorization cache-control content-disposition
  content-encoding content-language content-length content-location content-range content-type
  cookie date etag expect expires from host if-match if-modified-since if-none-match if-range
  if-unmodified-since last-modified link location max-forwards proxy-authenticate
  proxy-authorization range referer refresh retry-after server set-cookie
  strict-transport-security transfer-encoding user-agent vary via www-authenticate`
  .trim()
  .split(/\s+/);
/** The one name among them that has a value. */
const ACCEPT_ENCODING = 'gzip, deflate';

const staticTable: readonly Field[] = [
  ...STATIC_PAIRS,
  ...STATIC_NAMES.map((name) => [name, name === 'accept-encoding' ? ACCEPT_ENCODING : ''] as const),
];

type Field = readonly [name: string, value: string];

/** RFC 9113, 6.5.2: until the other side's settings say otherwise. */
const TABLE_BYTES_DEFAULT = 4_096;
/** A larger table than this is not followed. */
const TABLE_BYTES_MAX = 65_536;
const ENTRY_OVERHEAD = 32;
/** Bytes of the tables of all connections; whoever opens thousands of them to fill this is not followed further. */
const TABLES_BYTES_MAX = 64 * 1024 * 1024;
let tablesBytes = 0;
/** Fields of one block that are handed on. */
const FIELDS_MAX = 256;
/** No block that is read is longer, whatever it expands to. */
const INTEGER_MAX = 1 << 24;

export class HpackDecoder {
  /** Newest first. */
  readonly #table: Field[] = [];
  #bytes = 0;
  #limit = TABLE_BYTES_DEFAULT;
  #allowed = TABLE_BYTES_DEFAULT;
  #at = 0;
  #fault = '';

  /** The receiver's SETTINGS_HEADER_TABLE_SIZE: what the encoder may choose up to. */
  allow(bytes: number): void {
    this.#allowed = Math.max(TABLE_BYTES_DEFAULT, Math.min(bytes, TABLE_BYTES_MAX));
  }

  /**
   * Reads the block [start, end), and hands on its fields: names and values as bytes (latin1).
   * @returns what is wrong with it, or ''.
   */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    field: (name: string, value: string) => void,
  ): string {
    this.#at = start;
    this.#fault = '';
    let fields = 0;
    while (this.#at < end && this.#fault === '') {
      const first = bytes[this.#at];
      if (first >> 5 === 1) {
        this.#resize(this.#integer(bytes, end, 5));
        continue;
      }
      const found =
        first >= 0x80
          ? this.#entry(this.#integer(bytes, end, 7))
          : this.#literal(bytes, end, first);
      if (found && fields++ < FIELDS_MAX) field(found[0], found[1]);
    }
    return this.#fault;
  }

  /** 6.2: with indexing where the second bit is set, else without or never. */
  #literal(bytes: Uint8Array, end: number, first: number): Field | undefined {
    const indexed = first >= 0x40;
    const index = this.#integer(bytes, end, indexed ? 6 : 4);
    const name = index > 0 ? this.#entry(index)?.[0] : this.#string(bytes, end);
    const value = this.#string(bytes, end);
    if (name === undefined || value === undefined) return undefined;
    const field: Field = [name, value];
    if (indexed) this.#add(field);
    return field;
  }

  #entry(index: number): Field | undefined {
    const found =
      index <= staticTable.length
        ? staticTable[index - 1]
        : this.#table[index - staticTable.length - 1];
    if (!found && this.#fault === '') this.#fault = 'index without a table entry';
    return found;
  }

  #add(field: Field): void {
    const bytes = field[0].length + field[1].length + ENTRY_OVERHEAD;
    this.#evict(this.#limit - bytes);
    if (bytes > this.#limit) return;
    if (tablesBytes + bytes > TABLES_BYTES_MAX) {
      this.#fault ||= 'too many tables';
      return;
    }
    this.#table.unshift(field);
    this.#bytes += bytes;
    tablesBytes += bytes;
  }

  /** Lets go of the table: nothing more is read. */
  release(): void {
    this.#evict(-1);
  }

  #evict(limit: number): void {
    while (this.#bytes > limit && this.#table.length > 0) {
      const [name, value] = this.#table.pop() as Field;
      const bytes = name.length + value.length + ENTRY_OVERHEAD;
      this.#bytes -= bytes;
      tablesBytes -= bytes;
    }
  }

  /** 6.3 */
  #resize(bytes: number): void {
    if (bytes > this.#allowed) {
      this.#fault ||= 'table larger than allowed';
      return;
    }
    this.#limit = bytes;
    this.#evict(bytes);
  }

  /** 5.1: what fits into the first byte's lower bits, else seven bits a byte. */
  #integer(bytes: Uint8Array, end: number, bits: number): number {
    const mask = (1 << bits) - 1;
    let value = bytes[this.#at++] & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 28; shift += 7) {
      if (this.#at >= end) break;
      const byte = bytes[this.#at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > INTEGER_MAX) break;
        return value;
      }
    }
    this.#fault ||= 'invalid integer';
    return 0;
  }

  /** 5.2 */
  #string(bytes: Uint8Array, end: number): string | undefined {
    if (this.#at >= end || this.#fault !== '') {
      this.#fault ||= 'string beyond the block';
      return undefined;
    }
    const huffman = bytes[this.#at] >= 0x80;
    const length = this.#integer(bytes, end, 7);
    const from = this.#at;
    if (this.#fault !== '' || from + length > end) {
      this.#fault ||= 'string beyond the block';
      return undefined;
    }
    this.#at = from + length;
    const text = huffman ? huffmanText(bytes, from, this.#at) : latin1(bytes, from, this.#at);
    if (text === undefined) this.#fault = 'invalid Huffman code';
    return text;
  }
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}
