/**
 * The few column types that both databases understand the same way. Times are whole milliseconds since 1970 (UTC),
 * booleans 0 or 1, JSON is text that zod reads. Text compares by its UTF-8 bytes on both.
 */
import { type RawBuilder, sql } from 'kysely';

export type Dialect = 'sqlite' | 'postgres';

/** How migrations name the types of columns. */
export interface ColumnTypes {
  readonly text: RawBuilder<unknown>;
  /** Whole numbers up to 2^53: counts, bytes, times. */
  readonly integer: RawBuilder<unknown>;
  /** Fractions. */
  readonly real: RawBuilder<unknown>;
  readonly bytes: RawBuilder<unknown>;
  /** A primary key that counts up by itself, in the order of commits. */
  readonly sequence: RawBuilder<unknown>;
}

export const columnTypes: Readonly<Record<Dialect, ColumnTypes>> = {
  sqlite: {
    text: sql`text`,
    integer: sql`integer`,
    real: sql`real`,
    bytes: sql`blob`,
    sequence: sql`integer primary key autoincrement`,
  },
  postgres: {
    text: sql`text collate "C"`,
    integer: sql`bigint`,
    real: sql`double precision`,
    bytes: sql`bytea`,
    sequence: sql`bigint generated always as identity primary key`,
  },
};

/** For `onConflict().doUpdateSet`: these columns take the values of the row that could not be inserted. */
export const excluded = <Column extends string>(
  columns: readonly Column[],
): Record<Column, RawBuilder<never>> =>
  Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)])) as Record<
    Column,
    RawBuilder<never>
  >;
