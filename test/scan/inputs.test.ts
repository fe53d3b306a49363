/** However a capture is stored, cut up or handed over, a scan of it finds the same. */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  failures,
  fleetward,
  main,
  pcapRecords,
  root,
  SITE,
  scanned,
} from '../support/fleetward.ts';
import { program } from '../support/needs.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-inputs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const bytes = readFileSync(SITE);
const header = bytes.subarray(0, 24);
const records = pcapRecords(SITE);
const half = records.length >> 1;

let expected: string[];
beforeAll(() => {
  expected = failures(scanned([SITE]));
});

function found(...paths: string[]): string[] {
  const { findings, errors, capture } = scanned(paths);
  expect(errors).toEqual([]);
  expect(capture.packets).toBe(records.length);
  return failures({ findings });
}

test('standard input is called so, also where a copy of it is read for evidence', () => {
  const cut = bytes.subarray(0, bytes.length - 5);
  const options = ['-', '--save-evidence', at('evidence')];
  const { capture, findings, errors } = scanned(options, { input: cut });
  const evidence = findings.flatMap((finding) => finding.evidence);
  const files = [...capture.files.map(({ path }) => path), ...evidence.map(({ file }) => file)];
  expect(new Set([...files, ...errors.map(({ file }) => file)])).toEqual(new Set(['-']));
  expect(errors).toHaveLength(1);
});

test('standard input', () => {
  const report = scanned(['-'], { input: bytes });
  expect(failures(report)).toEqual(expected);
  expect(report.findings[0].evidence[0].file).toBe('-');
});

test('standard input, byte by byte at times, as a pipe brings it', async () => {
  const child = spawn(process.execPath, [main, 'scan', '-', '--json'], { stdio: 'pipe' });
  const output = text(child.stdout);
  for (let from = 0; from < bytes.length; ) {
    const count = from % 7 === 0 ? 1 : 9973;
    child.stdin.write(bytes.subarray(from, from + count));
    from += count;
    await new Promise(setImmediate);
  }
  child.stdin.end();
  expect(failures(JSON.parse(await output))).toEqual(expected);
});

test('gzip, by file and by standard input', () => {
  const packed = gzipSync(bytes);
  writeFileSync(at('site.pcap.gz'), packed);
  expect(found(at('site.pcap.gz'))).toEqual(expected);
  expect(failures(scanned(['-'], { input: packed }))).toEqual(expected);
});

test('two files, and a folder of them: packets are numbered in each', () => {
  mkdirSync(at('parts/deeper'), { recursive: true });
  writeFileSync(at('parts/1.pcap'), Buffer.concat([header, ...records.slice(0, half)]));
  writeFileSync(
    at('parts/deeper/2.pcap.gz'),
    gzipSync(Buffer.concat([header, ...records.slice(half)])),
  );
  writeFileSync(at('parts/notes.txt'), 'not a capture, and not named like one');
  expect(found(at('parts/1.pcap'), at('parts/deeper/2.pcap.gz'))).toEqual(expected);
  expect(found(at('parts'))).toEqual(expected);
  const { findings, capture } = scanned([at('parts')]);
  for (const { evidence } of findings) {
    for (const { file, packets } of evidence) {
      const read = capture.files.find(({ path }) => path === file)!;
      expect(packets.every((packet) => packet >= 1 && packet <= read.packets)).toBe(true);
    }
  }
});

describe('as another format', () => {
  const editcap = program('editcap');
  test.each(['pcapng', 'nsecpcap', 'modpcap'])('%s', editcap, (format) => {
    const path = at(`site.${format}.pcap`);
    execFileSync(editcap.path, ['-F', format, SITE, path], { stdio: 'ignore' });
    expect(found(path)).toEqual(expected);
  });

  test('big-endian pcap', () => {
    const swapped = Buffer.from(bytes);
    for (const [start, width] of [
      [0, 4],
      [4, 2],
      [6, 2],
      ...[8, 12, 16, 20].map((field) => [field, 4]),
    ] as [number, number][]) {
      swapped.subarray(start, start + width).reverse();
    }
    let from = 24;
    for (const record of records) {
      for (const field of [0, 4, 8, 12]) {
        swapped.subarray(from + field, from + field + 4).reverse();
      }
      from += record.length;
    }
    writeFileSync(at('swapped.pcap'), swapped);
    expect(found(at('swapped.pcap'))).toEqual(expected);
  });
});

describe('a cut or damaged file', () => {
  const whole = 24 + records.slice(0, half).reduce((sum, { length }) => sum + length, 0);

  test('is reported up to the cut, with a warning and the offset', () => {
    writeFileSync(at('cut.pcap'), bytes.subarray(0, whole + 30));
    const { capture, errors, devices } = scanned([at('cut.pcap')]);
    expect(capture.packets).toBe(half);
    expect(devices.length).toBeGreaterThan(5);
    expect(errors).toEqual([
      { file: at('cut.pcap'), offset: whole, message: expect.stringMatching(/cut/) },
    ]);
    const { stdout, stderr, status } = fleetward(['scan', at('cut.pcap')]);
    expect(status).toBe(0);
    expect(stdout + stderr).toContain(`byte ${whole.toLocaleString('en-GB')}`);
  });

  test('in gzip: what could be unpacked is reported', () => {
    const packed = gzipSync(bytes);
    writeFileSync(at('cut.pcap.gz'), packed.subarray(0, packed.length >> 1));
    const { capture, errors } = scanned([at('cut.pcap.gz')]);
    expect(capture.packets).toBeGreaterThan(100);
    expect(errors.map(({ message }) => message).join()).toMatch(/compressed data is cut/);
  });

  test('one cut file of several does not cost the others', () => {
    mkdirSync(at('several'));
    writeFileSync(at('several/1.pcap'), bytes.subarray(0, whole + 30));
    copyFileSync(join(root, 'examples/captures/http-basic-login.pcap'), at('several/2.pcap'));
    const { capture, errors } = scanned([at('several')]);
    expect(capture.files[1].packets).toBeGreaterThan(5);
    expect(errors).toHaveLength(1);
  });

  test('a record of impossible length ends the reading where it lies', () => {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt32LE(0x7fffffff, whole + 8);
    writeFileSync(at('damaged.pcap'), damaged);
    const { capture, errors } = scanned([at('damaged.pcap')]);
    expect(capture.packets).toBe(half);
    expect(errors[0]).toMatchObject({ offset: whole, message: expect.stringMatching(/damaged/) });
  });
});
