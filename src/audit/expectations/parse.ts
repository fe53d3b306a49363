/**
 * Reads expectations.yaml (YAML 1.2) and refuses a wrong one with the place of each fault and what was expected
 * there. The file is the operator's, yet bounded: size, aliases (no "billion laughs"), depth by the schema.
 */
import { readFileSync, statSync } from 'node:fs';
import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closest, InputError } from '../../base/index.ts';
import type { Control } from '../control.ts';
import { type ExpectationsFile, expectationsSchema, keysAt } from './schema.ts';

const FILE_BYTES_MAX = 4 * 1024 * 1024;
const ALIASES_MAX = 100;
/** Faults that are reported at once. */
const FAULTS_MAX = 10;

type Path = readonly PropertyKey[];
interface Fault {
  readonly path: Path;
  /** Point at the key of the map at `path`, rather than at its value. */
  readonly key?: string;
  readonly message: string;
}

/** @throws InputError when the file cannot be read. */
export function readExpectationsText(path: string): string {
  try {
    if (statSync(path).size > FILE_BYTES_MAX) {
      throw new InputError(
        'expectations-too-large',
        `${path} is larger than 4 MiB; expectations are a few pages.`,
      );
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read'
          : 'cannot be read';
    throw new InputError(
      'expectations-unreadable',
      `${path} ${reason}; give --expect a YAML file.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * @param file - its name, for messages.
 * @throws InputError with `file:line:column: what was expected`, a line for each fault.
 */
export function parseExpectations(
  source: string,
  file: string,
  controls: readonly Control[],
): ExpectationsFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  if (document.errors.length > 0) {
    refuse(document.errors.map(({ pos, message }) => `${place(pos[0])}: ${oneLine(message)}`));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    refuse([
      `${place(0)}: ${oneLine((error as Error).message)}; expected at most ${ALIASES_MAX} aliases`,
    ]);
  }
  const parsed = expectationsSchema.safeParse(value);
  const faults = parsed.success
    ? faultsOfMeaning(parsed.data, controls)
    : parsed.error.issues.flatMap((issue) => faultsOf(issue, value));
  if (faults.length > 0) {
    refuse(faults.map((fault) => `${place(offsetOf(document, fault))}: ${fault.message}`));
  }
  return parsed.data as ExpectationsFile;
}

function refuse(faults: readonly string[]): never {
  const shown = faults.slice(0, FAULTS_MAX);
  if (faults.length > shown.length) shown.push(`and ${faults.length - shown.length} more`);
  throw new InputError('expectations-wrong', shown.join('\n'));
}

const oneLine = (message: string): string => message.split('\n')[0].replace(/:$/, '');

/** What the schema found, in words. */
function faultsOf(issue: z.core.$ZodIssue, value: unknown): Fault[] {
  const { path } = issue;
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path, key, message: unknownKey(key, path) }));
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

function unknownKey(key: string, path: Path): string {
  const known = keysAt(path);
  const meant = closest(key, known);
  return `unknown key "${cut(key)}"${meant ? `; did you mean ${meant}?` : ''}; expected ${known.join(', ')}`;
}

/** Controls and parameters that do not exist, and segments that nobody declared. */
function faultsOfMeaning(file: ExpectationsFile, controls: readonly Control[]): Fault[] {
  const faults: Fault[] = [];
  const ids = controls.map(({ id }) => id);
  const segments = new Set(file.segments?.map(({ name }) => name));
  for (const [id, values] of Object.entries(file.thresholds ?? {})) {
    const control = controls.find((known) => known.id === id);
    if (!control) {
      faults.push({ path: ['thresholds'], key: id, message: unknown('control', id, ids) });
      continue;
    }
    faults.push(...faultsOfParameters(control, values));
  }
  file.accepted?.forEach(({ control }, i) => {
    if (ids.includes(control)) return;
    faults.push({ path: ['accepted', i, 'control'], message: unknown('control', control, ids) });
  });
  file.devices?.forEach(({ match, segment }, i) => {
    const named = [
      [['devices', i, 'match', 'segment'], match.segment],
      [['devices', i, 'segment'], segment],
    ] as const;
    for (const [path, name] of named) {
      if (name === undefined || segments.has(name)) continue;
      faults.push({ path, message: unknown('segment', name, [...segments]) });
    }
  });
  return faults;
}

function faultsOfParameters(
  { id, parameters }: Control,
  values: Readonly<Record<string, unknown>>,
): Fault[] {
  const defaults = parameters as Readonly<Record<string, unknown>>;
  return Object.entries(values).flatMap(([name, value]): Fault[] => {
    const path = ['thresholds', id, name];
    if (!Object.hasOwn(defaults, name)) {
      const known = Object.keys(defaults);
      const message =
        known.length === 0 ? `${id} has no parameters` : unknown(`parameter of ${id}`, name, known);
      return [{ path: ['thresholds', id], key: name, message }];
    }
    const wanted = expectedLike(defaults[name]);
    return wanted.fits(value)
      ? []
      : [{ path, message: `expected ${wanted.words}, found ${describe(value)}` }];
  });
}

/** What may stand in place of a default. */
function expectedLike(fallback: unknown): { words: string; fits(value: unknown): boolean } {
  if (typeof fallback === 'number') {
    return {
      words: 'a number of 0 or more',
      fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
    };
  }
  if (typeof fallback === 'boolean') {
    return { words: 'true or false', fits: (value) => typeof value === 'boolean' };
  }
  if (Array.isArray(fallback)) {
    return {
      words: 'a list of texts',
      fits: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
    };
  }
  return { words: 'a text', fits: (value) => typeof value === 'string' };
}

function unknown(what: string, name: string, known: readonly string[]): string {
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

function describe(value: unknown): string {
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
