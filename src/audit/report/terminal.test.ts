import { stripVTControlCharacters, styleText } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { demoReport, hostileReport, largeReport } from '../../../test/support/reports.ts';
import type { Report } from './model.ts';
import { columnsOf, shorten, wrap } from './terminal/columns.ts';
import { terminalReport } from './terminal.ts';

let demo: Report;
beforeAll(async () => {
  demo = await demoReport();
});

test('the verdict is the first line', () => {
  expect(terminalReport(demo, { width: 100 })[0]).toBe(demo.summary.verdict);
});

test.each([40, 60, 80, 100])('at %i columns no line is wider, whatever names hold', (width) => {
  for (const report of [demo, hostileReport(demo)]) {
    for (const line of terminalReport(report, { width })) {
      expect(columnsOf(line), line).toBeLessThanOrEqual(width);
    }
  }
});

test('nothing from the wire acts on the terminal', () => {
  const text = terminalReport(hostileReport(demo)).join('\n');
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
  expect(text).toContain('\\u{202e}');
});

test('colour adds nothing that words do not say', () => {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { validateStream: false });
  const painted = terminalReport(demo, { style }).map(stripVTControlCharacters);
  expect(painted).toEqual(terminalReport(demo));
});

test('a control is told once, with the devices that fail it, the remedy and the proof', () => {
  const text = terminalReport(demo).join('\n');
  expect(text).toMatch(
    /CRITICAL {2}CH-02 Credential in clear HTTP or mail, on \d devices:[\s\S]*?To do: [\s\S]*?Proof: .*site\.pcap, packets? \d/,
  );
  expect(text.match(/CH-02 /g)).toHaveLength(1);
});

test('what was not seen or not visible is said to be no pass', () => {
  const { notSeen, notVisible } = demo.summary.verdicts;
  const text = terminalReport(demo).join(' ').replace(/\s+/g, ' ');
  expect(text).toContain(`${notSeen} were not seen`);
  expect(text).toContain(`${notVisible} not visible (encrypted or cut): neither is a pass`);
});

test('changes, standards and trouble are told', () => {
  const text = terminalReport(demo).join('\n');
  expect(text).toMatch(/Since yesterday\.json: 1 new, 1 gone, 1 changed\./);
  expect(text).toMatch(/ETSI EN 303 645 V3\.1\.3.*fail/);
  expect(text).toMatch(/! +site\.pcap at byte 4,096: the last record is cut/);
});

test('a thousand devices are still a report that one reads', () => {
  const lines = terminalReport(largeReport(demo, 1000));
  // Each path of a proof may take a line more.
  expect(lines.length).toBeLessThan(350);
  expect(lines.join('\n')).toMatch(/and 9\d\d more: --html or --json shows them all/);
});

test('a capture without devices says where to record', () => {
  const none = { ...demo, devices: [], findings: [], verdicts: [] };
  expect(terminalReport(none).join('\n')).toContain('record where all traffic passes');
});

test('what was written is not recommended again', () => {
  const text = terminalReport(demo, { written: ['html', 'evidence'] }).join('\n');
  expect(text).not.toMatch(/--html|--save-evidence/);
});

test.each([
  ['plain', 5],
  ['灯', 2],
  ['e\u0301', 1],
  ['💡', 2],
])('%s takes %i columns', (text, columns) => {
  expect(columnsOf(text)).toBe(columns);
});

test('text is cut to columns and wrapped at spaces, long words anywhere', () => {
  expect(shorten('灯灯灯', 5)).toBe('灯灯…');
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
});
