/** PostgreSQL through pg, for Kysely: one pool for reading, one connection for the writer. */
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Tables } from './tables.ts';

/** OID of int8; our whole numbers stay below 2^53. */
const INT8 = 20;
const CONNECT_MS = 10_000;
const STATEMENT_MS = 30_000;

/** Kysely over at most `connections` connections to `url` (postgres://…). */
export function postgres(url: string, connections: number): Kysely<Tables> {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    application_name: 'fleetward',
    types: {
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser,
    },
  });
  // A connection that breaks while nobody uses it: the pool replaces it, and the next query says if it cannot.
  pool.on('error', () => {});
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
}
