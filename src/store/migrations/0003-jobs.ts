/** Jobs and their schedules. */
import { sql } from 'kysely';
import type { StoreMigration } from '../migrate.ts';

export const jobs: StoreMigration = {
  name: '0003-jobs',
  async up(db, t) {
    await db.schema
      .createTable('jobs')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('kind', t.text, (c) => c.notNull())
      .addColumn('input', t.text, (c) => c.notNull())
      .addColumn('actor_kind', t.text, (c) => c.notNull())
      .addColumn('actor_id', t.text, (c) => c.notNull())
      .addColumn('state', t.text, (c) => c.notNull())
      .addColumn('unique_key', t.text)
      .addColumn('created', t.integer, (c) => c.notNull())
      .addColumn('run_at', t.integer, (c) => c.notNull())
      .addColumn('started', t.integer)
      .addColumn('finished', t.integer)
      .addColumn('attempts', t.integer, (c) => c.notNull())
      .addColumn('lease_owner', t.text)
      .addColumn('lease_until', t.integer)
      .addColumn('cancel_requested', t.integer, (c) => c.notNull())
      .addColumn('progress', t.real)
      .addColumn('progress_text', t.text)
      .addColumn('checkpoint', t.text)
      .addColumn('result', t.text)
      .addColumn('error_code', t.text)
      .addColumn('error', t.text)
      .execute();
    await db.schema.createIndex('jobs_due').on('jobs').columns(['state', 'run_at']).execute();
    await db.schema.createIndex('jobs_kind').on('jobs').columns(['kind', 'id']).execute();
    await sql`create unique index jobs_unique_key on jobs (unique_key)
      where state in ('waiting', 'running')`.execute(db);
    await db.schema
      .createTable('schedules')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('name', t.text, (c) => c.notNull())
      .addColumn('cron', t.text, (c) => c.notNull())
      .addColumn('zone', t.text, (c) => c.notNull())
      .addColumn('kind', t.text, (c) => c.notNull())
      .addColumn('input', t.text, (c) => c.notNull())
      .addColumn('actor_kind', t.text, (c) => c.notNull())
      .addColumn('actor_id', t.text, (c) => c.notNull())
      .addColumn('enabled', t.integer, (c) => c.notNull())
      .addColumn('next_at', t.integer)
      .addColumn('last_job', t.text)
      .execute();
    await db.schema
      .createIndex('schedules_due')
      .on('schedules')
      .columns(['enabled', 'next_at'])
      .execute();
  },
};
