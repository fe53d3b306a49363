/** Lists for people: columns as wide as what is in them. Names come from the wire and are escaped. */
import { escapeControls } from '../../base/index.ts';
import type { Output } from '../output.ts';

const COLUMN_MAX = 48;

export interface Column<Row> {
  readonly title: string;
  of(row: Row): string | number | null | undefined;
}

export function printTable<Row>(
  out: Output,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): void {
  const cells = rows.map((row) => columns.map(({ of }) => cell(of(row))));
  const widths = columns.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((row) => row[i].length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => (i === row.length - 1 ? text : text.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  out.print(out.style('bold', line(columns.map(({ title }) => title))));
  for (const row of cells) out.print(line(row));
}

/** Name and value of each, one a line; what is not known is left out. */
export function printFields(out: Output, fields: Readonly<Record<string, unknown>>): void {
  const known = Object.entries(fields).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const width = Math.max(...known.map(([name]) => name.length));
  for (const [name, value] of known)
    out.print(`${out.style('bold', name.padEnd(width))}  ${escapeControls(String(value))}`);
}

function cell(value: string | number | null | undefined): string {
  const text = escapeControls(String(value ?? '')).replaceAll('\n', ' ');
  return text.length > COLUMN_MAX ? `${text.slice(0, COLUMN_MAX - 1)}…` : text;
}

/** `2026-11-25 03:21` UTC. */
export const moment = (time: number | null | undefined): string =>
  time == null ? '' : new Date(time).toISOString().slice(0, 16).replace('T', ' ');
