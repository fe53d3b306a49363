/** Mutated capture files, containers and compression included: they are read as far as they go, or refused in a sentence. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { InputError } from '../../src/base/index.ts';
import { captureFiles, readTraffic } from '../../src/capture/index.ts';
import { CAPTURES, pcapRecords, root } from '../support/fleetward.ts';
import { full } from '../support/needs.ts';
import { Random } from './random.ts';

const SEED = 1;
const FILE_MS_MAX = 2_000;
const folder = mkdtempSync(join(tmpdir(), 'fleetward-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const samples: Buffer[] = [CAPTURES, join(root, 'test/vectors/suricata')]
  .flatMap((path) =>
    (readdirSync(path, { recursive: true }) as string[])
      .filter((name) => /\.pcap(ng)?$/.test(name))
      .sort()
      .map((name) => readFileSync(join(path, name))),
  )
  .filter(({ length }) => length < 20_000)
  .slice(0, 60);
samples.push(
  ...samples.slice(0, 10).map((bytes) => gzipSync(bytes)),
  pcapngOf(pcapRecords(join(CAPTURES, 'mqtt5-publish-qos2.pcap'))),
);

async function expectBounded(rounds: number): Promise<void> {
  const random = new Random(SEED);
  const path = join(folder, 'mutated.pcap');
  const outcomes = { read: 0, refused: 0, problems: 0 };
  for (let round = 0; round < rounds; round++) {
    writeFileSync(path, mutated(random.of(samples), random));
    const from = performance.now();
    try {
      const { problems } = await readTraffic(captureFiles([path]), { flows: 1024 });
      expect(problems.filter(({ message }) => message.includes('decoder failed'))).toEqual([]);
      outcomes.read++;
      if (problems.length > 0) outcomes.problems++;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      outcomes.refused++;
    }
    expect(performance.now() - from).toBeLessThan(FILE_MS_MAX);
  }
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(rounds / 100);
}

test('mutated files are read as far as they go, or refused', { timeout: 60_000 }, () =>
  expectBounded(200),
);

test('mutated files, many', { ...full, timeout: 600_000 }, () => expectBounded(10_000));

/** Half of the changes hit the first bytes, where the container's headers are. */
function mutated(sample: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(sample);
  for (let more = 1 + random.below(6); more > 0 && bytes.length > 0; more--) {
    const at = random.below(random.once(2) ? Math.min(64, bytes.length) : bytes.length);
    const kind = random.below(12);
    if (kind === 0) bytes = bytes.subarray(0, at);
    else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 3)]);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes]);
    else if (kind < 6)
      bytes.fill(
        random.of([0, 0x7f, 0x80, 0xff]),
        at,
        Math.min(at + random.of([1, 2, 4]), bytes.length),
      );
    else bytes[at] = random.below(256);
  }
  return bytes;
}

/** Little-endian, one section, one Ethernet interface with microseconds. */
function pcapngOf(records: readonly Buffer[]): Buffer {
  const block = (type: number, body: Buffer): Buffer => {
    const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)]);
    const ends = Buffer.alloc(4);
    ends.writeUInt32LE(padded.length + 12);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(type);
    return Buffer.concat([head, ends, padded, ends]);
  };
  const section = Buffer.from('4d3c2b1a01000000ffffffffffffffff', 'hex');
  const description = Buffer.from('0100000000000400', 'hex');
  const packets = records.map((record, number) => {
    const head = Buffer.alloc(20);
    head.writeUInt32LE(number, 8);
    head.writeUInt32LE(record.length - 16, 12);
    head.writeUInt32LE(record.length - 16, 16);
    return block(6, Buffer.concat([head, record.subarray(16)]));
  });
  return Buffer.concat([block(0x0a0d0d0a, section), block(1, description), ...packets]);
}
