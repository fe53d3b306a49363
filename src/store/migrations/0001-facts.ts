/** Facts and their consumers. */
import type { StoreMigration } from '../migrate.ts';

export const facts: StoreMigration = {
  name: '0001-facts',
  async up(db, t) {
    await db.schema
      .createTable('facts')
      .addColumn('seq', t.sequence)
      .addColumn('id', t.text, (c) => c.notNull().unique())
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('action', t.text, (c) => c.notNull())
      .addColumn('actor_kind', t.text, (c) => c.notNull())
      .addColumn('actor_id', t.text, (c) => c.notNull())
      .addColumn('bytes', t.bytes)
      .addColumn('salt', t.bytes)
      .addColumn('commitment', t.bytes, (c) => c.notNull())
      .execute();
    await db.schema.createIndex('facts_action').on('facts').columns(['action', 'seq']).execute();
    await db.schema
      .createIndex('facts_actor')
      .on('facts')
      .columns(['actor_kind', 'actor_id', 'seq'])
      .execute();
    await db.schema
      .createTable('fact_subjects')
      .addColumn('seq', t.integer, (c) => c.notNull())
      .addColumn('kind', t.text, (c) => c.notNull())
      .addColumn('id', t.text, (c) => c.notNull())
      .addPrimaryKeyConstraint('fact_subjects_key', ['kind', 'id', 'seq'])
      .execute();
    await db.schema.createIndex('fact_subjects_seq').on('fact_subjects').column('seq').execute();
    await db.schema
      .createTable('consumers')
      .addColumn('name', t.text, (c) => c.primaryKey())
      .addColumn('seq', t.integer, (c) => c.notNull())
      .execute();
  },
};
