/** Fleetward as a process, from the sources, and what its runs are tested on. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../../src/audit/index.ts';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const main = join(root, 'src/cli/main.ts');
export const SITE = join(root, 'examples/site.pcap');
export const CAPTURES = join(root, 'examples/captures');

const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: Uint8Array;
  readonly cwd?: string;
}

/** Runs it to its end, without what the test's own terminal says of colours. */
export function fleetward(
  args: readonly string[],
  { env = {}, input, cwd = root }: Surroundings = {},
): Run {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    encoding: 'utf8',
    input,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** The report of `scan --json`, which must end well. */
export function scanned(args: readonly string[], surroundings?: Surroundings): Report {
  const { status, stdout, stderr } = fleetward(['scan', '--json', ...args], surroundings);
  if (status !== 0) throw new Error(`scan ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** Which device fails which control, and how gravely: what must not depend on how a capture is stored. */
export function failures({ findings }: Pick<Report, 'findings'>): string[] {
  return findings.map(({ device, control, severity }) => `${device} ${control} ${severity}`).sort();
}

/** The frames of a little-endian pcap with Ethernet frames, times and all: [record header and bytes]. */
export function pcapRecords(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const records: Buffer[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const end = at + 16 + bytes.readUInt32LE(at + 8);
    records.push(bytes.subarray(at, end));
    at = end;
  }
  return records;
}

/** A pcap of Ethernet frames, a second apart, from a fixed time on. */
export function pcapOf(frames: readonly Uint8Array[], firstSecond = 1_700_000_000): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.map((frame, number) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(firstSecond + number, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([head, ...records]);
}
