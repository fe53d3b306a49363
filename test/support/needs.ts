/**
 * What a test needs from outside the repository. A need is passed as the options of `test` or
 * `describe`, which are then skipped where it is missing, and the reporter says for want of what:
 *
 * ```ts
 * const captures = data('iot-sentinel');
 * describe('inventory of real homes', all(captures, program('tshark')), () => {
 *   // reads from captures.path
 * });
 * ```
 */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';

export type Kind = 'program' | 'data' | 'full';

/** Something missing: what it is, and for programs the Debian package that has it. */
export interface Missing {
  readonly kind: Kind;
  readonly name: string;
}

declare module 'vitest' {
  interface TaskMeta {
    missing?: readonly Missing[];
  }
}

/** Options of `test` and `describe`, and where the thing is (or would be). */
export interface Need {
  readonly skip: boolean;
  readonly meta: { readonly missing?: readonly Missing[] };
  readonly path: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const dataRoot = env.FLEETWARD_DATA ?? join(root, '../shared/data');

/** A Debian program by its name, from debian-packages.txt. CI demands them all. */
export function program(name: string): Need {
  const debianPackage = packageOf(name);
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
  if (path === undefined && env.FLEETWARD_REQUIRE_PROGRAMS) {
    throw new Error(`${name} is missing: apt-get install ${debianPackage}`);
  }
  return need('program', debianPackage, path ?? name, path !== undefined);
}

/** A folder or file of the data that is not in the repository, below FLEETWARD_DATA. */
export function data(name: string): Need {
  const path = join(dataRoot, name);
  return need('data', name.split('/')[0]!, path, existsSync(path));
}

/** For runs of minutes: only `npm run test:full` has them. */
export const full: Need = need('full', 'long runs', '', Boolean(env.FLEETWARD_FULL));

/** All of them; `path` is the first one's. */
export function all(first: Need, ...others: readonly Need[]): Need {
  const missing = [first, ...others].flatMap(({ meta }) => meta.missing ?? []);
  return missing.length === 0 ? first : { skip: true, meta: { missing }, path: first.path };
}

function need(kind: Kind, name: string, path: string, present: boolean): Need {
  return { skip: !present, meta: present ? {} : { missing: [{ kind, name }] }, path };
}

function packageOf(program: string): string {
  for (const line of readFileSync(join(root, 'debian-packages.txt'), 'utf8').split('\n')) {
    const [name, listed] = line.split(/\s+/);
    if (listed === program && name !== '#') return name!;
  }
  throw new Error(`${program} is not in debian-packages.txt: add its package there`);
}
