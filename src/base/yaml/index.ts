/**
 * YAML 1.2 files that people write (configuration, expectations): read within bounds, checked by a schema, and refused
 * with line and column of each fault and what was expected there. Beside the face of base, because only what reads such
 * files needs to load a parser.
 */
import { readFileSync, statSync } from 'node:fs';
import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closest } from '../closest.ts';
import { InputError } from '../errors.ts';

const FILE_BYTES_MAX = 4 * 1024 * 1024;
const ALIASES_MAX = 100;
/** Faults that are reported at once. */
const FAULTS_MAX = 10;

type Path = readonly PropertyKey[];

export interface Fault {
  readonly path: Path;
  /** Point at the key of the map at `path`, rather than at its value. */
  readonly key?: string;
  readonly message: string;
}

/** A kind of file. */
export interface YamlKind<Schema extends z.ZodType> {
  /** Begins the codes of its errors: `expectations-wrong`. */
  readonly name: string;
  readonly schema: Schema;
  /** The keys of the map at a path, for “did you mean”. */
  keysAt(path: Path): readonly string[];
  /** What a schema cannot see. */
  meaning?(value: z.output<Schema>): Fault[];
}

/**
 * @param option - how the file was named: `--expect`.
 * @throws InputError `NAME-too-large`, `NAME-unreadable`.
 */
export function readYamlText(path: string, name: string, option: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX)
      throw new InputError(
        `${name}-too-large`,
        `${path} is larger than 4 MiB; ${name} are a few pages.`,
      );
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be read';
    throw new InputError(`${name}-unreadable`, `${path} ${reason}; give ${option} a YAML file.`, {
      cause: error,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
};

/**
 * @param file - its name, for messages.
 * @throws InputError `NAME-wrong` with `file:line:column: what was expected`, a line for each fault.
 */
export function parseYaml<Schema extends z.ZodType>(
  source: string,
  file: string,
  kind: YamlKind<Schema>,
): z.output<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const code = `${kind.name}-wrong`;
  if (document.errors.length > 0)
    refuse(
      code,
      document.errors.map(({ pos, message }) => `${place(pos[0])}: ${oneLine(message)}`),
    );
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    refuse(code, [
      `${place(0)}: ${oneLine((error as Error).message)}; expected at most ${ALIASES_MAX} aliases`,
    ]);
  }
  const parsed = kind.schema.safeParse(value);
  const faults = parsed.success
    ? (kind.meaning?.(parsed.data) ?? [])
    : parsed.error.issues.flatMap((issue) => faultsOf(issue, value, kind.keysAt));
  if (faults.length > 0)
    refuse(
      code,
      faults.map((fault) => `${place(offsetOf(document, fault))}: ${fault.message}`),
    );
  return parsed.data as z.output<Schema>;
}

function refuse(code: string, faults: readonly string[]): never {
  const shown = faults.slice(0, FAULTS_MAX);
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
  throw new InputError(code, shown.join('\n'));
}

const oneLine = (message: string): string => message.split('\n')[0].replace(/:$/, '');

/** What the schema found, in words. */
function faultsOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  keysAt: (path: Path) => readonly string[],
): Fault[] {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path, key, message: unknownKey(key, keysAt(path)) }));
    case 'invalid_type': {
      const found = valueAt(value, path);
      if (found === undefined && path.length > 0) {
        const key = String(path.at(-1));
        return [
          {
            path: path.slice(0, -1),
            message: `${key} is missing; expected ${kind(issue.expected)}`,
          },
        ];
      }
      return [{ path, message: `expected ${kind(issue.expected)}, found ${describe(found)}` }];
    }
    case 'invalid_value': {
      const found = valueAt(value, path);
      const wanted = issue.values.map(String).join(' or ');
      if (found === undefined && path.length > 0) {
        return [
          {
            path: path.slice(0, -1),
            message: `${String(path.at(-1))} is missing; expected ${wanted}`,
          },
        ];
      }
      return [{ path, message: `expected ${wanted}, found ${describe(found)}` }];
    }
    case 'too_small':
      return [{ path, message: `expected at least ${issue.minimum} ${unit(issue.origin)}` }];
    case 'too_big':
      return [{ path, message: `expected at most ${issue.maximum} ${unit(issue.origin)}` }];
    default:
      return [{ path, message: issue.message }];
  }
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = closest(key, known);
  return `unknown key "${cut(key)}"${meant ? `; did you mean ${meant}?` : ''}; expected ${known.join(', ')}`;
}

/** That a name is not one of those known, and which was meant. */
export function unknown(what: string, name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  if (meant) return `unknown ${what} "${cut(name)}"; did you mean ${meant}?`;
  const list =
    known.length === 0 ? 'none is declared' : `expected one of ${known.slice(0, 50).join(', ')}`;
  return `unknown ${what} "${cut(name)}"; ${list}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};
const kind = (expected: string): string => KINDS[expected] ?? expected;

const unit = (origin: string): string =>
  origin === 'string' ? 'characters' : origin === 'array' ? 'entries' : '';

/** A value in words. */
export function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys and values';
  if (typeof value === 'string') return `the text "${cut(value)}"`;
  return `${value}`;
}

const cut = (value: string): string => (value.length > 60 ? `${value.slice(0, 57)}...` : value);

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );

/** Where in the text a fault lies: its node, else the nearest one above it. */
function offsetOf(document: Document, { path, key }: Fault): number {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    node = child(document, node, step);
    if (!node) return offset;
    offset = node.range?.[0] ?? offset;
  }
  return key === undefined ? offset : (keyOffset(node, key) ?? offset);
}

function child(document: Document, node: Node | null, step: PropertyKey): Node | null {
  const here = isAlias(node) ? (node.resolve(document) ?? null) : node;
  if (isMap(here) || isSeq(here)) return (here.get(step, true) as Node | undefined) ?? null;
  return null;
}

function keyOffset(node: Node | null, key: string): number | undefined {
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => String(item.key) === key);
  return (pair?.key as Node | undefined)?.range?.[0];
}
