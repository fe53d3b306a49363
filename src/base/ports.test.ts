import { expect, test } from 'vitest';
import { systemRandom, uuidSource } from './ports.ts';

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('identifiers are UUIDv7 of the time they were made', () => {
  const id = uuidSource({ now: () => Date.UTC(2026, 10, 25) })();
  expect(id).toMatch(UUID7);
  expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 25));
});

test('identifiers sort by the order in which they were made, even when the clock stands or goes back', () => {
  let now = 1_000_000;
  const newId = uuidSource({ now: () => now }, systemRandom);
  const ids: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    if (i % 5000 === 4999) now -= 500;
    ids.push(newId());
  }
  expect(ids.every((id) => UUID7.test(id))).toBe(true);
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});
