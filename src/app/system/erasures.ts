/**
 * Erasures of people, noted down outside of the database: a restore brings back what a backup still held of them, and
 * erases it again by this list. A line is `{"person":id,"fact":id,"time":ms}`; the ids name nobody any more.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { z } from 'zod';
import { unreadable } from '../../base/index.ts';
import type { Consumer } from '../../bus/index.ts';

const lineSchema = z.object({ person: z.string().max(64), fact: z.string(), time: z.int() });
export type Erasure = z.infer<typeof lineSchema>;

/** Writes each erasure down before the bus goes on, once. */
export function erasureConsumer(path: string): Consumer {
  return {
    name: 'erasures',
    actions: ['person.erased'],
    async handle({ id, time, subjects }) {
      const person = subjects.find(({ kind }) => kind === 'person')?.id;
      if (person === undefined || readErasures(path).some((known) => known.person === person))
        return;
      noteErasures(path, [{ person, fact: id, time: Date.parse(time) }]);
    },
  };
}

export function noteErasures(path: string, erasures: readonly Erasure[]): void {
  // A line that a crash cut off is ended first.
  const torn = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, 'utf8'));
  const file = openSync(path, 'a', 0o600);
  try {
    if (torn) writeSync(file, '\n');
    for (const erasure of erasures) writeSync(file, `${JSON.stringify(erasure)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A line that a crash cut off is left out: its fact is handled again. @throws InputError `file-…`. */
export function readErasures(path: string): Erasure[] {
  if (!existsSync(path)) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = lineSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
