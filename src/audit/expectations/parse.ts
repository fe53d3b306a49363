/** Reads expectations.yaml, and refuses what names a control, parameter or segment that is not there. */
import { describe, type Fault, parseYaml, readYamlText, unknown } from '../../base/yaml/index.ts';
import type { Control } from '../control.ts';
import { type ExpectationsFile, expectationsSchema, keysAt } from './schema.ts';

/** @throws InputError when the file cannot be read. */
export const readExpectationsText = (path: string): string =>
  readYamlText(path, 'expectations', '--expect');

/**
 * @param file - its name, for messages.
 * @throws InputError with `file:line:column: what was expected`, a line for each fault.
 */
export const parseExpectations = (
  source: string,
  file: string,
  controls: readonly Control[],
): ExpectationsFile =>
  parseYaml(source, file, {
    name: 'expectations',
    schema: expectationsSchema,
    keysAt,
    meaning: (value) => faultsOfMeaning(value, controls),
  });

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
