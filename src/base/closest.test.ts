import { expect, it } from 'vitest';
import { closest } from './closest.ts';

it.each([
  ['devcies', 'devices'],
  ['CH-7', 'CH-07'],
  ['ch-07', 'CH-07'],
  ['scaner', 'scanner'],
  ['wholly-other', undefined],
  ['x', undefined],
])('takes %j for %j', (word, meant) => {
  expect(closest(word, ['devices', 'scanner', 'CH-07', 'segments'])).toBe(meant);
});
