/** Cursors: where a page of a sorted list ended, opaque to whoever carries them. */
import { z } from 'zod';
import { NotFoundError } from '../base/index.ts';

/** The value sorted by, and the id that tells equal ones apart. */
export type Place = readonly [value: string | number, id: string];

const placeSchema = z.tuple([z.union([z.string(), z.number()]), z.string()]);

export const cursorOf = (...place: Place): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** @throws NotFoundError `cursor-unknown` */
export function readCursor(cursor: string): Place {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    const message = 'this page cannot be found; start from the first one.';
    throw new NotFoundError('cursor-unknown', message, { cause });
  }
}
