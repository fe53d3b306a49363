/** For the API: what was answered to creations that may be sent twice, and revisions of what people change. */
import type { StoreMigration } from '../migrate.ts';

export const api: StoreMigration = {
  name: '0006-api',
  async up(db, t) {
    await db.schema
      .createTable('idempotency_keys')
      .addColumn('key', t.text, (c) => c.primaryKey())
      .addColumn('caller', t.text, (c) => c.notNull())
      .addColumn('request', t.text, (c) => c.notNull())
      .addColumn('status', t.integer)
      .addColumn('headers', t.text)
      .addColumn('body', t.text)
      .addColumn('expires', t.integer, (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('idempotency_keys_caller')
      .on('idempotency_keys')
      .columns(['caller', 'expires'])
      .execute();
    await db.schema
      .createIndex('idempotency_keys_expires')
      .on('idempotency_keys')
      .column('expires')
      .execute();
    for (const table of ['sites', 'segments', 'device_groups', 'schedules'])
      await db.schema
        .alterTable(table)
        .addColumn('revision', t.integer, (c) => c.notNull().defaultTo(1))
        .execute();
  },
};
