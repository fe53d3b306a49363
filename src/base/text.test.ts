import { expect, test } from 'vitest';
import { escapeControls, jsonText } from './text.ts';

test.each([
  ['lamp-7 Küche 灯', 'lamp-7 Küche 灯'],
  ['\x1b[31mred\x07', '\\x1b[31mred\\x07'],
  ['line\nbreak\u2028', 'line\\x0abreak\\u{2028}'],
  ['csi \x9b2J', 'csi \\x9b2J'],
  ['exe.\u202egpj', 'exe.\\u{202e}gpj'],
  ['lone \ud800 surrogate', 'lone \\u{d800} surrogate'],
  ['emoji 💡', 'emoji 💡'],
])('%j is shown as %j', (text, shown) => {
  expect(escapeControls(text)).toBe(shown);
});

test('JSON shows nothing that acts, and says the same', () => {
  const value = {
    'na\u202eme': ['csi \x9b2J\x7f', '\x1b[2J', 'Küche 灯 💡', '\ufeff\u200b\ud800'],
  };
  const text = jsonText(value, 2);
  expect(text).not.toMatch(/[^\n -~ü灯💡ßK]/u);
  expect(text).toContain('\\u202e');
  expect(text).toContain('Küche 灯 💡');
  expect(JSON.parse(text)).toEqual(value);
});
