import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeyFile } from './key-ring.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-keys-'));
  path = join(folder, 'keys.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const secret = new Uint8Array(Buffer.from('a secret'));

test('what was sealed opens again, also after a restart and a rotation', () => {
  const ring = KeyFile.open(path);
  const sealed = ring.seal(secret, 'of Ann');
  expect(ring.open(sealed, 'of Ann')).toEqual(secret);
  ring.rotate();
  const again = KeyFile.open(path);
  expect(again.open(sealed, 'of Ann')).toEqual(secret);
  const later = again.seal(secret, 'of Ann');
  expect(Buffer.from(later.subarray(1, 5))).not.toEqual(Buffer.from(sealed.subarray(1, 5)));
  expect(readdirSync(folder)).toEqual(['keys.json']);
});

test('the same secret is sealed to other bytes each time, and is not among them', () => {
  const ring = KeyFile.open(path);
  const [one, two] = [ring.seal(secret, ''), ring.seal(secret, '')];
  expect(one).not.toEqual(two);
  expect(Buffer.from(one).includes('a secret')).toBe(false);
});

test('the file is readable by its owner only, and refused otherwise', () => {
  KeyFile.open(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  chmodSync(path, 0o640);
  expect(() => KeyFile.open(path)).toThrow(expect.objectContaining({ code: 'key-file-open' }));
});

test('a secret in the place of another, changed, cut or of other keys does not open', () => {
  const ring = KeyFile.open(path);
  const sealed = ring.seal(secret, 'of Ann');
  const refused = expect.objectContaining({ code: 'sealed-unreadable' });
  expect(() => ring.open(sealed, 'of Bob')).toThrow(refused);
  for (let i = 0; i < sealed.length; i++) {
    const changed = sealed.slice();
    changed[i] ^= 1;
    expect(() => ring.open(changed, 'of Ann')).toThrow(refused);
    expect(() => ring.open(sealed.subarray(0, i), 'of Ann')).toThrow(refused);
  }
  const other = KeyFile.open(join(folder, 'other.json'));
  expect(() => other.open(sealed, 'of Ann')).toThrow(refused);
});

test('a file that is none of ours is left alone and named', () => {
  for (const text of [
    '',
    'null',
    '{}',
    '{"version":1,"keys":null}',
    '{"version":1,"current":"00000000","keys":{"00000000":"AAAA"}}',
  ]) {
    writeFileSync(path, text, { mode: 0o600 });
    expect(() => KeyFile.open(path)).toThrow(expect.objectContaining({ code: 'key-file-invalid' }));
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
});
