/** Arguments and options that several commands share. */
import { homedir } from 'node:os';
import { join } from 'node:path';
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

export const dataOption = {
  flags: '--data <folder>',
  summary: 'the data folder (default ~/.local/share/fleetward)',
  completes: 'folder',
} as const;

/** Where the running system keeps what it knows, unless another folder is named. */
export const defaultDataFolder = (env: NodeJS.ProcessEnv): string =>
  env.FLEETWARD_DATA || join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'fleetward');

/** Options of every command that speaks to a running instance. */
export const remoteOptions = {
  data: dataOption,
  url: { flags: '--url <url>', summary: 'a running instance elsewhere; with --token-file' },
  tokenFile: {
    flags: '--token-file <file>',
    summary: 'file with an API token, readable by you alone',
    completes: 'file',
  },
} as const;

/** What `parse` of an option that counts is. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error('A whole number above 0 is expected');
}

/** The entries that have a value: what an option that was not given is to an optional property. */
export function defined<T extends object>(
  options: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
