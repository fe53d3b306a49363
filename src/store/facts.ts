/**
 * Facts: what happened, by whom, to what, why. Each is written in the transaction of the change that it tells of, so
 * nothing happens that is not recorded and nothing is recorded that did not happen. A fact is its RFC 8785 bytes under
 * 32 random bytes of salt; the commitment to both outlives them when a person's data is erased.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import { InternalError, type Random } from '../base/index.ts';
import type { Tables } from './tables.ts';

/** Who did something. */
export interface Actor {
  readonly kind: 'person' | 'device' | 'rule' | 'system';
  readonly id: string;
}

/** What something was done to: `{kind: 'device', id}`. */
export interface Subject {
  readonly kind: string;
  readonly id: string;
}

/** A kind of fact, declared once by the room that owns the action. */
export interface FactType<Body extends z.ZodType = z.ZodType> {
  /** `noun.past`, e.g. `finding.accepted`. */
  readonly action: string;
  /** Counts up when the body changes its shape. */
  readonly version: number;
  readonly body: Body;
}

export interface FactInput<Body> {
  readonly actor: Actor;
  readonly subjects: readonly Subject[];
  readonly reason?: string | undefined;
  /** References to what proves it: finding, capture, packet ranges. */
  readonly evidence?: readonly string[] | undefined;
  /** The changed thing before and after, as JSON; only their hashes under the fact's salt are kept. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly body: Body;
}

/** A fact as it is read back. */
export interface Fact {
  readonly seq: number;
  readonly id: string;
  /** RFC 3339, milliseconds. */
  readonly time: string;
  readonly actor: Actor;
  readonly action: string;
  readonly version: number;
  readonly subjects: readonly Subject[];
  readonly reason?: string;
  readonly evidence: readonly string[];
  /** Hexadecimal SHA-256 over salt and canonical JSON. */
  readonly before?: string;
  readonly after?: string;
  readonly body: unknown;
  /** True when its content was erased; only `seq`, `id`, `time` and `action` are left. */
  readonly erased: boolean;
}

export const SALT_BYTES = 32;

const declared = new Map<string, FactType>();

/** Declares a kind of fact. An action is declared once in a program. */
export function declareFact<Body extends z.ZodType>(type: FactType<Body>): FactType<Body> {
  if (declared.has(type.action)) throw new InternalError('fact-declared-twice', type.action);
  declared.set(type.action, type);
  return type;
}

/** RFC 8785 text of a JSON value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined)
    throw new InternalError('not-json', 'a fact holds something that is not JSON.');
  return text;
}

export function commitment(salt: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(salt).update(bytes).digest());
}

/** What a fact is given by its store. */
export interface FactPorts {
  readonly newId: () => string;
  readonly now: number;
  readonly random: Random;
}

/** Rows of one statement: far below the number of parameters that either database takes. */
const ROWS_MAX = 1000;

/** Writes facts of one kind within a transaction, in their order. Returns their ids. */
export async function insertFacts<Body extends z.ZodType>(
  db: Kysely<Tables>,
  ports: FactPorts,
  type: FactType<Body>,
  inputs: readonly FactInput<z.input<Body>>[],
): Promise<string[]> {
  const rows = inputs.map((input) => factRow(ports, type, input));
  const seqs = new Map<string, number>();
  for (const some of chunks(rows, ROWS_MAX)) {
    const written = await db.insertInto('facts').values(some).returning(['seq', 'id']).execute();
    for (const { seq, id } of written) seqs.set(id, seq);
  }
  const subjects = inputs.flatMap((input, i) => {
    const seq = seqs.get(rows[i].id) as number;
    const distinct = new Map(input.subjects.map((one) => [`${one.kind} ${one.id}`, one]));
    return [...distinct.values()].map(({ kind, id }) => ({ seq, kind, id }));
  });
  for (const some of chunks(subjects, ROWS_MAX))
    await db.insertInto('fact_subjects').values(some).execute();
  return rows.map(({ id }) => id);
}

function factRow<Body extends z.ZodType>(
  { newId, now, random }: FactPorts,
  type: FactType<Body>,
  input: FactInput<z.input<Body>>,
) {
  const salt = random.bytes(SALT_BYTES);
  const hashed = (value: unknown) =>
    createHash('sha256').update(salt).update(canonicalJson(value)).digest('hex');
  const id = newId();
  const content = {
    id,
    time: new Date(now).toISOString(),
    actor: { kind: input.actor.kind, id: input.actor.id },
    action: type.action,
    version: type.version,
    subjects: input.subjects.map(({ kind, id }) => ({ kind, id })),
    evidence: input.evidence ?? [],
    body: type.body.parse(input.body),
    ...(input.reason === undefined ? {} : { reason: input.reason }),
    ...(input.before === undefined ? {} : { before: hashed(input.before) }),
    ...(input.after === undefined ? {} : { after: hashed(input.after) }),
  };
  const bytes = new Uint8Array(Buffer.from(canonicalJson(content)));
  return {
    id,
    time: now,
    action: type.action,
    actor_kind: input.actor.kind,
    actor_id: input.actor.id,
    bytes,
    salt,
    commitment: commitment(salt, bytes),
  };
}

/** Parts of at most `size`. */
export function* chunks<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

/** Removes content and salt of all facts about a subject; their commitments stay. Returns how many. */
export async function eraseFacts(db: Kysely<Tables>, subject: Subject): Promise<number> {
  const about = await db
    .selectFrom('fact_subjects')
    .select('seq')
    .where('kind', '=', subject.kind)
    .where('id', '=', subject.id)
    .execute();
  const seqs = about.map(({ seq }) => seq);
  for (let from = 0; from < seqs.length; from += 500) {
    const some = seqs.slice(from, from + 500);
    await db
      .updateTable('facts')
      .set({ bytes: null, salt: null, actor_kind: 'system', actor_id: 'erased' })
      .where('seq', 'in', some)
      .execute();
    await db.deleteFrom('fact_subjects').where('seq', 'in', some).execute();
  }
  return seqs.length;
}

/** Reads a row back. */
export function readFact(row: {
  seq: number;
  id: string;
  time: number;
  action: string;
  bytes: Uint8Array | null;
}): Fact {
  if (row.bytes === null)
    return {
      seq: row.seq,
      id: row.id,
      time: new Date(row.time).toISOString(),
      actor: { kind: 'system', id: 'erased' },
      action: row.action,
      version: 0,
      subjects: [],
      evidence: [],
      body: null,
      erased: true,
    };
  const content = JSON.parse(Buffer.from(row.bytes).toString('utf8'));
  return { seq: row.seq, ...content, erased: false };
}
