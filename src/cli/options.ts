/** Arguments and options that several commands share. */
import type { ArgumentSpec } from './command.ts';

export const captureArgument = {
  name: 'capture',
  summary: 'pcap or pcapng, also gzip; a folder of them; - for standard input',
  required: true,
  variadic: true,
  completes: 'file',
} as const satisfies ArgumentSpec;

export const hashKeyOption = {
  flags: '--hash-key <text>',
  summary: 'key of the hashes that stand for secrets, so that two runs can be compared',
} as const;

export const modelOption = {
  flags: '--model <file>',
  summary: 'a model that fleetward train identify wrote: types by how devices behave',
  completes: 'file',
} as const;

export const typeEvidenceOption = {
  flags: '--evidence <kind>',
  summary:
    'what types are taken from: what devices say (stated), how they behave (traffic), or all',
  choices: ['all', 'stated', 'traffic'],
} as const;

/** The entries that have a value: what an option that was not given is to an optional property. */
export function defined<T extends object>(
  options: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
