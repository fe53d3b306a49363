import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildBreachFilter, openBreachList } from './breach-list.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetward-breach-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string | Uint8Array): string {
  const path = join(folder, 'list');
  writeFileSync(path, content);
  return path;
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase();
const stolen = Array.from({ length: 1000 }, (_, i) => `stolen-${i}`);

for (const [kind, line] of [
  ['with counts and CRLF', (hash: string, i: number) => `${hash}:${i * 7919}\r\n`],
  ['bare', (hash: string) => `${hash.toLowerCase()}\n`],
] as const)
  test(`a list ordered by hash, ${kind}, knows each of its passwords and no other`, async () => {
    for (const count of [1, 2, 3, 1000]) {
      const hashes = stolen.slice(0, count).map(sha1).sort();
      const list = await openBreachList(file(hashes.map(line).join('')));
      for (const password of stolen)
        expect(await list.has(password)).toBe(stolen.indexOf(password) < count);
      expect(await list.has('gravel otter window')).toBe(false);
      await list.close();
    }
  });

test('a list without a line feed at its end knows its last', async () => {
  const hashes = stolen.map(sha1).sort();
  const list = await openBreachList(file(hashes.join('\n')));
  for (const password of stolen) expect(await list.has(password)).toBe(true);
  await list.close();
});

test('a password is found as typed and as normalised', async () => {
  const decomposed = 'cafe\u0301 corner';
  const list = await openBreachList(file(`${sha1(decomposed.normalize('NFC'))}:3\n`));
  expect(await list.has(decomposed)).toBe(true);
  await list.close();
});

test('a filter of hashes or passwords knows all of them, and is wrong about few others', async () => {
  for (const lines of [stolen, stolen.map((password) => `${sha1(password)}:12`)]) {
    const list = await openBreachList(file(await buildBreachFilter(lines, lines.length)));
    for (const password of stolen) expect(await list.has(password)).toBe(true);
    let wrong = 0;
    for (let i = 0; i < 5000; i++) if (await list.has(`other-${i}`)) wrong++;
    expect(wrong).toBeLessThan(5);
    await list.close();
  }
});

test('files that are neither, or cut, are refused', async () => {
  const filter = await buildBreachFilter(stolen, stolen.length);
  const wrong = [
    '',
    'passwords\n',
    sha1('a').slice(1),
    filter.subarray(0, 20),
    filter.subarray(0, filter.length - 1),
    Buffer.concat([filter.subarray(0, 8), Buffer.alloc(100)]),
    Buffer.concat([filter.subarray(0, 8), Buffer.alloc(100, 255)]),
  ];
  for (const content of wrong)
    await expect(openBreachList(file(content))).rejects.toMatchObject({
      code: 'breach-list-invalid',
    });
  await expect(openBreachList(join(folder, 'none'))).rejects.toMatchObject({
    code: 'file-missing',
  });
});
