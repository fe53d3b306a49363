import { expect, it } from 'vitest';
import { asciiText, hexColons, hexRun, wireText } from './wire-text.ts';

const text = (bytes: number[]) => wireText(Uint8Array.from(bytes), 0, bytes.length);

it('shows UTF-8 as it is, and other bytes as EVE does', () => {
  expect(text([...Buffer.from('Küche – 廚房')])).toBe('Küche – 廚房');
  expect(text([0x56, 0x03, 0xc5, 0xe9, 0x01])).toBe('V\u0003\\xc5\\xe9\u0001');
  expect(text([0xef, 0xbb, 0xbf, 0x41])).toBe('\ufeffA');
  expect(text([])).toBe('');
});

it('reads short and long ASCII alike, from any place', () => {
  const bytes = new Uint8Array(Buffer.from('..0123456789abcdefghij..'));
  expect(asciiText(bytes, 2, 5)).toBe('012');
  expect(asciiText(bytes, 2, 22)).toBe('0123456789abcdefghij');
});

it('cuts hexadecimal at its bound', () => {
  const bytes = Uint8Array.of(1, 0xab, 3);
  expect(hexColons(bytes, 0, 3)).toBe('01:ab:03');
  expect(hexColons(bytes, 0, 3, 2)).toBe('01:ab');
  expect(hexColons(bytes, 1, 1)).toBe('');
  expect(hexRun(bytes, 0, 3, 2)).toBe('01ab');
});
