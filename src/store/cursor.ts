/** Cursors: where a page of a sorted list ended, opaque to whoever carries them. */
import { sql } from 'kysely';
import { z } from 'zod';
import { NotFoundError } from '../base/index.ts';

/** The value sorted by, and the id that tells equal ones apart. */
export type Place<Value extends string | number = string | number> = readonly [
  value: Value,
  id: string,
];

const TEXT_MAX = 1000;
const text = z
  .string()
  .max(TEXT_MAX)
  .refine((value) => !value.includes('\0'));

/** What a column may be sorted by; a database that is strict takes nothing else. */
const VALUES = { text, integer: z.int(), real: z.number() } as const;
export type CursorValue = keyof typeof VALUES;

export const cursorOf = (...place: Place): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** @throws NotFoundError `cursor-unknown`, also for one of a list that is sorted by something else. */
export function readCursor<Kind extends CursorValue>(
  cursor: string,
  kind: Kind,
): Place<z.infer<(typeof VALUES)[Kind]>> {
  try {
    const [value, id] = z
      .tuple([VALUES[kind], text])
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return [value as z.infer<(typeof VALUES)[Kind]>, id];
  } catch (cause) {
    const message = 'this page cannot be found; start from the first one.';
    throw new NotFoundError('cursor-unknown', message, { cause });
  }
}

/** A page of a list that is sorted by a name. */
export interface NamePage {
  /** `cursor` of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

/** Without a limit asked for: enough for what people name one by one, and still bounded. */
export const NAMES_MAX = 10_000;

/** Behind the last one of the page before. Lists are sorted by `name`, then `id`. */
export function behindName(after: string) {
  const [name, id] = readCursor(after, 'text');
  return sql<boolean>`(name, id) > (${name}, ${id})`;
}

/** The page, and the cursor of the next one. @param rows - one more than the page holds, if there are more. */
export function namePage<Row extends { readonly id: string; readonly name: string }>(
  rows: readonly Row[],
  limit: number,
): { items: Row[]; cursor: string | undefined } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, cursor: rows.length > limit && last ? cursorOf(last.name, last.id) : undefined };
}
