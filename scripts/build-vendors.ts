/**
 * Builds src/fleet/vendors/registry.bin.gz from the IEEE registries of MAC prefixes (MA-L, MA-M, MA-S). Give the
 * folder that holds oui.csv, mam.csv and oui36.csv, as https://standards.ieee.org/products-programs/regauth/ and
 * Debian's package ieee-data have them:
 *
 *     node scripts/build-vendors.ts ../shared/data/ieee-oui
 *
 * Form, before gzip, numbers little-endian:
 *   8 bytes   `FWOUI1` and two zeros
 *   4 × u32   how many prefixes of 24, 28 and 36 bits, and how many names
 *   u32 …     prefixes of 24 bits, of 28 bits, and the upper 32 of those of 36 bits; each sorted
 *   u16 …     name of each prefix, in the same order
 *   u8 …      lower 4 bits of the prefixes of 36 bits; length of each name; the names in UTF-8
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const TARGET = path.join(import.meta.dirname, '..', 'src', 'fleet', 'vendors', 'registry.bin.gz');

/** Parents of smaller blocks and undisclosed holders: a prefix of theirs names nobody. */
const NOBODY = new Set(['IEEE Registration Authority', 'Private']);

interface Assignment {
  readonly prefix: number;
  readonly name: string;
}

function main(folder: string | undefined): void {
  if (folder === undefined) {
    console.error(
      'Usage: node scripts/build-vendors.ts FOLDER (with oui.csv, mam.csv and oui36.csv)',
    );
    process.exitCode = 2;
    return;
  }
  const blocks = ['oui.csv', 'mam.csv', 'oui36.csv'].map((file) =>
    assignments(readFileSync(path.join(folder, file), 'utf8')),
  );
  const bytes = gzipSync(encode(blocks), { level: 9 });
  // Byte 9 of a gzip file is the operating system; a fixed one makes the file the same everywhere.
  bytes[9] = 255;
  writeFileSync(TARGET, bytes);
  console.log(
    `${blocks.map(({ length }) => length).join(' + ')} prefixes, ${bytes.length} bytes: ${TARGET}`,
  );
}

/** Rows `registry,prefix,name,address` of RFC 4180, sorted by prefix; the first of doubles counts. */
function assignments(csv: string): Assignment[] {
  const byPrefix = new Map<number, string>();
  for (const [, prefix, name] of rows(csv).slice(1)) {
    if (prefix === undefined || name === undefined) continue;
    const tidy = name.replace(/\s+/g, ' ').trim();
    const number = Number.parseInt(prefix, 16);
    if (tidy !== '' && !NOBODY.has(tidy) && !byPrefix.has(number)) byPrefix.set(number, tidy);
  }
  return [...byPrefix]
    .map(([prefix, name]) => ({ prefix, name }))
    .sort((one, other) => one.prefix - other.prefix);
}

function rows(csv: string): string[][] {
  const all: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of csv.matchAll(
    /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g,
  )) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    all.push(row);
    row = [];
  }
  return all;
}

function encode([large, medium, small]: Assignment[][]): Uint8Array {
  const all = [...large, ...medium, ...small];
  const names = [...new Set(all.map(({ name }) => name))];
  if (names.length > 0xffff) throw new Error('More names than 16 bits can number.');
  const numbers = new Map(names.map((name, number) => [name, number]));
  const texts = names.map((name) => Buffer.from(name, 'utf8').subarray(0, 255));
  return Buffer.concat([
    Buffer.from('FWOUI1\0\0', 'latin1'),
    bytesOf(Uint32Array.of(large.length, medium.length, small.length, names.length)),
    bytesOf(Uint32Array.from([...large, ...medium], ({ prefix }) => prefix)),
    bytesOf(Uint32Array.from(small, ({ prefix }) => Math.floor(prefix / 16))),
    bytesOf(Uint16Array.from(all, ({ name }) => numbers.get(name)!)),
    Uint8Array.from(small, ({ prefix }) => prefix % 16),
    Uint8Array.from(texts, ({ length }) => length),
    ...texts,
  ]);
}

function bytesOf(array: Uint32Array | Uint16Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

main(process.argv[2]);
