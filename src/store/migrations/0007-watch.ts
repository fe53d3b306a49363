/** Captures that were taken from watched folders, so that none is audited twice. */
import type { StoreMigration } from '../migrate.ts';

export const watch: StoreMigration = {
  name: '0007-watch',
  async up(db, t) {
    await db.schema
      .createTable('watched_captures')
      .addColumn('sha256', t.text, (c) => c.notNull())
      .addColumn('site_id', t.text, (c) => c.notNull().references('sites.id').onDelete('cascade'))
      .addColumn('audit_id', t.text, (c) => c.notNull())
      .addColumn('time', t.integer, (c) => c.notNull())
      .addPrimaryKeyConstraint('watched_captures_key', ['site_id', 'sha256'])
      .execute();
  },
};
