/** Whatever a report's texts and sizes are, no writer breaks, and none lets a text act. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { demoReport, HOSTILE, hostileReport, largeReport } from '../../../test/support/reports.ts';
import { htmlReport } from './html.ts';
import type { Report } from './model.ts';
import { reportSchema } from './model.ts';
import { sarifReport } from './sarif.ts';
import { terminalReport } from './terminal.ts';

let demo: Report;
beforeAll(async () => {
  demo = await demoReport();
});

const WRITERS = {
  terminal: (report: Report) => terminalReport(report).join('\n'),
  html: htmlReport,
  sarif: (report: Report) => JSON.stringify(sarifReport(report)),
};

test('the reports of these tests fit the model', () => {
  for (const report of [demo, hostileReport(demo), largeReport(demo, 30)]) {
    expect(reportSchema.safeParse(report).error).toBeUndefined();
  }
});

test('any text at all is written', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom(...HOSTILE, '', ' ', '__proto__', 'constructor', '%', '/', '//x', '.'),
  );
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 12 }), (texts) => {
      const report = hostileReport(demo, texts);
      for (const write of Object.values(WRITERS)) write(report);
    }),
    { numRuns: 40 },
  );
}, 120_000);

test('HTML holds no tag, attribute or character that a text brought', () => {
  const clean = htmlReport(hostileReport(demo, ['x']));
  const evil = htmlReport(hostileReport(demo));
  const tags = (page: string) =>
    new Set([...page.matchAll(/<\/?([a-z!][a-z0-9-]*)/gi)].map(([, tag]) => tag));
  const attributes = (page: string) =>
    new Set(
      [...page.replace(/"[^"]*"/g, '""').matchAll(/<[a-z][^>]*>/gi)].flatMap(
        ([tag]) => tag.match(/[a-z-]+(?==)/gi) ?? [],
      ),
    );
  expect(tags(evil).difference(tags(clean))).toEqual(new Set());
  expect(attributes(evil).difference(attributes(clean))).toEqual(new Set());
  expect(evil.match(/<script/g)).toHaveLength(1);
  expect(evil.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
});

test('ten thousand devices with ten thousand peers each way are written in bounds', () => {
  const [first] = demo.devices;
  const peers = Array.from({ length: 10_000 }, (_, number) => ({
    ...first.peers[0],
    address: `198.51.${number >> 8}.${number & 255}`,
    name: number % 2 ? `host${number}.example${number % 977}.org` : null,
  }));
  const many = largeReport(demo, 10_000);
  const report = {
    ...many,
    devices: many.devices.map((device, at) => (at === 0 ? { ...device, peers } : device)),
  };
  expect(WRITERS.html(report).length).toBeLessThan(20e6);
  expect(WRITERS.terminal(report).split('\n').length).toBeLessThan(400);
  WRITERS.sarif(report);
}, 60_000);

test('a report of nothing is written', () => {
  const nothing: Report = {
    ...demo,
    capture: {
      ...demo.capture,
      files: [],
      packets: 0,
      bytes: 0,
      flows: 0,
      from: null,
      to: null,
      duration_s: 0,
      protocols: {},
    },
    summary: { ...demo.summary, verdict: 'No device was seen in this capture.', devices: 0 },
    devices: [],
    findings: [],
    verdicts: [],
    errors: [],
  };
  for (const write of Object.values(WRITERS)) expect(write(nothing).length).toBeGreaterThan(100);
});
