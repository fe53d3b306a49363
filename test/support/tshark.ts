/** What Wireshark reads in a capture: an oracle for decoders. */
import { execFileSync } from 'node:child_process';
import { program } from './needs.ts';

export const tshark = program('tshark');

/** The fields of every packet that `filter` lets through: of each field all values, joined by `;`. */
export function tsharkFields(
  capture: string,
  filter: string,
  fields: readonly string[],
  options: readonly string[] = [],
): string[][] {
  const output = execFileSync(
    tshark.path,
    [
      ...['-r', capture, '-Y', filter, '-T', 'fields', '-E', 'aggregator=;', ...options],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 64 * 1024 * 1024 },
  );
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}
