import { expect, test } from 'vitest';
import { remembered } from './remembered.ts';

test('computes once for a text, and again when too many came between', () => {
  let calls = 0;
  const length = remembered((text) => {
    calls++;
    return text.length;
  }, 2);
  expect([length('a'), length('a'), length('bb')]).toEqual([1, 1, 2]);
  expect(calls).toBe(2);
  expect([length('ccc'), length('a')]).toEqual([3, 1]);
  expect(calls).toBe(4);
});
