import { expect, test } from 'vitest';
import {
  bytesText,
  count,
  displayFilter,
  durationText,
  floorText,
  packetsText,
  timeText,
  visible,
} from './wording.ts';

test.each([
  ['x'.repeat(500), `${'x'.repeat(159)}…`],
  ['a\u00adb\u3164c', 'a\\u{ad}b\\u{3164}c'],
  ['cam\u202egpj', 'cam\\u{202e}gpj'],
  [`z${'\u0301'.repeat(9)}`, `z${'\u0301'.repeat(3)}`],
  ['\u001b[2J', '\\x1b[2J'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test('an emoji is not cut in half', () => {
  expect(visible(`${'x'.repeat(158)}💡💡`)).toBe(`${'x'.repeat(158)}…`);
});

test('a display filter is what Wireshark takes', () => {
  expect(displayFilter([9, 3, 7, 8, 8])).toBe('frame.number in {3, 7..9}');
  expect(displayFilter([4, 5])).toBe('frame.number in {4, 5}');
});

test('packets are told as ranges, bounded', () => {
  expect(packetsText([1, 2, 3, 9])).toBe('1–3, 9');
  expect(packetsText([1, 3, 5, 7], 2)).toBe('1, 3 and 2 more');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [413_223, '413 kB'],
  [999_999, '1.0 MB'],
  [1.5e9, '1.5 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('numbers, durations and times', () => {
  expect(count(1_234_567)).toBe('1,234,567');
  expect([0.02, 48.3, 900, 12_600, 500_000].map(durationText)).toEqual([
    '20 ms',
    '48 s',
    '15 min',
    '3.5 h',
    '5.8 days',
  ]);
  expect(timeText('2026-11-24T23:23:25.947363508Z')).toBe('2026-11-24 23:23:25 UTC');
  expect(timeText('2026-11-24T23:23:25.947363508Z', true)).toBe('2026-11-24 23:23:25.947363 UTC');
});

test('a floor says what a pass needs and what was in view', () => {
  expect(
    floorText({ required: { sessions: 3, hours: 24 }, seen: { sessions: 1, hours: 0.4 } }),
  ).toBe('3 sessions or 24 h needed, 1 session and 24 min in view');
  expect(floorText(null)).toBe('');
});
