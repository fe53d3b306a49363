/** The codes of errors that the API may answer, as a table for docs/api.md: read from where they are thrown. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as base from '../src/base/index.ts';
import { PreconditionNeededError } from '../src/http/etag.ts';
import { OWN, problemOf } from '../src/http/problems.ts';

export const ERRORS_MARK = '<!-- Below: written by scripts/openapi.ts. -->';

/** What requests lead to; start, backup and files of the command line have errors of their own. */
const PLACES = [
  ...['src/access', 'src/audit/records', 'src/bus', 'src/fleet/registry', 'src/http'],
  ...['src/app/system/uploads.ts', 'src/app/system/scheduled.ts', 'src/app/system/folder-job.ts'],
  ...['src/app/system/fact-list.ts', 'src/store/cursor.ts', 'src/store/writer.ts'],
];
const NOT_OF_REQUESTS = /\.test\.ts$|\/(testing|config|certificate|serve|server|breach-list)\.ts$/;
const THROWN =
  /new (\w+Error)\(\s*(?:'([^']+)'|`([^`]+)`),\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/g;

const root = fileURLToPath(new URL('../', import.meta.url));
const classes: Readonly<Record<string, unknown>> = { ...base, PreconditionNeededError };

interface Code {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

export function errorTable(): string {
  const codes = new Map<string, Code>();
  const add = (code: Code) => {
    if (!codes.has(code.code)) codes.set(code.code, code);
  };
  for (const [status, [code, message]] of Object.entries(OWN))
    add({ code, status: Number(status), message });
  for (const file of PLACES.flatMap(filesOf)) for (const code of codesIn(file)) add(code);
  const rows = [...codes.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
  return [
    '| code | status | what it says |',
    '| --- | --- | --- |',
    ...rows.map(({ code, status, message }) => `| \`${code}\` | ${status} | ${message} |`),
    '',
  ].join('\n');
}

function filesOf(place: string): string[] {
  if (place.endsWith('.ts')) return [place];
  return readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
    .map((name) => join(place, name))
    .filter((name) => name.endsWith('.ts') && !NOT_OF_REQUESTS.test(name))
    .sort();
}

function codesIn(file: string): Code[] {
  const source = readFileSync(join(root, file), 'utf8');
  return [...source.matchAll(THROWN)].flatMap(([, name, plain, template, text, built]) => {
    const thrown = classes[name] as (new (...args: unknown[]) => Error) | undefined;
    if (thrown === undefined || name === 'InternalError') return [];
    const code = plain ?? holes(template);
    const message = holes(text?.replaceAll("\\'", "'") ?? built).replaceAll('|', '\\|');
    return [{ code, status: problemOf(new thrown(code, message, 1)).status, message }];
  });
}

const holes = (text: string): string => text.replace(/\$\{[^}]*\}/g, '…');
