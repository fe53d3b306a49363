import { expect, test } from 'vitest';
import { escapeControls } from './text.ts';

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
