/**
 * Builds src/access/passwords/common-passwords.txt.gz from a list of common passwords, one a line (the npm package
 * @zxcvbn-ts/language-common has one in src/passwords.json):
 *
 *     node scripts/build-common-passwords.ts ../shared/data/common-passwords/passwords.txt
 *
 * Kept is what a password could be, as it is compared: in NFKC and lower case, of at least 8 characters, each once,
 * sorted (which makes it small).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { comparable, PASSWORD_LENGTH_WITH_SECOND_FACTOR } from '../src/access/passwords/text.ts';

const TARGET = path.join(import.meta.dirname, '../src/access/passwords/common-passwords.txt.gz');

const [source] = process.argv.slice(2);
if (source === undefined) {
  console.error('Usage: node scripts/build-common-passwords.ts FILE');
  process.exitCode = 2;
} else {
  const lines = readFileSync(source, 'utf8').split('\n').map(comparable);
  const kept = [...new Set(lines)].filter(
    (line) => [...line].length >= PASSWORD_LENGTH_WITH_SECOND_FACTOR,
  );
  const bytes = gzipSync(kept.sort().join('\n'), { level: 9 });
  // Byte 9 of a gzip file is the operating system; a fixed one makes the file the same everywhere.
  bytes[9] = 255;
  writeFileSync(TARGET, bytes);
  console.log(`${kept.length} passwords, ${bytes.length} bytes: ${TARGET}`);
}
