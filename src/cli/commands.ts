/** All commands, in the order in which help lists them. Each is loaded only when it is asked for. */
import type { Command } from './command.ts';

export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  scan: async () => (await import('./commands/scan.ts')).scan,
  decode: async () => (await import('./commands/decode.ts')).decode,
  completion: async () => (await import('./commands/completion.ts')).completion,
};
