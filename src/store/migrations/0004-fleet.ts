/**
 * Sites, segments and devices. Each way to sort devices has its index, so that no page grows with the fleet; what they
 * are filtered and counted by has one that needs no look at the rows, and so has the text that a search reads.
 */
import type { StoreMigration } from '../migrate.ts';

const SORTS = ['name', 'type', 'vendor', 'last_seen', 'first_seen', 'worst', 'posture'];
const FILTERS = ['segment_id', 'owner_id', 'type', 'vendor', 'model', 'criticality'];

export const fleet: StoreMigration = {
  name: '0004-fleet',
  async up(db, t) {
    await db.schema
      .createTable('sites')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('name', t.text, (c) => c.notNull().unique())
      .addColumn('zone', t.text, (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('segments')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('site_id', t.text, (c) => c.notNull().references('sites.id'))
      .addColumn('name', t.text, (c) => c.notNull())
      .addColumn('prefixes', t.text, (c) => c.notNull())
      .addColumn('notes', t.text, (c) => c.notNull())
      .addUniqueConstraint('segments_name', ['site_id', 'name'])
      .execute();
    await db.schema
      .createTable('devices')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('site_id', t.text, (c) => c.notNull().references('sites.id'))
      .addColumn('segment_id', t.text, (c) => c.references('segments.id'))
      .addColumn('name', t.text, (c) => c.notNull())
      .addColumn('type', t.text, (c) => c.notNull())
      .addColumn('vendor', t.text, (c) => c.notNull())
      .addColumn('model', t.text, (c) => c.notNull())
      .addColumn('version', t.text, (c) => c.notNull())
      .addColumn('mac', t.text, (c) => c.notNull())
      .addColumn('address', t.text, (c) => c.notNull())
      .addColumn('given', t.text, (c) => c.notNull())
      .addColumn('seen', t.text, (c) => c.notNull())
      .addColumn('terms', t.text, (c) => c.notNull())
      .addColumn('owner_id', t.text)
      .addColumn('criticality', t.text, (c) => c.notNull())
      .addColumn('notes', t.text, (c) => c.notNull())
      .addColumn('first_seen', t.integer, (c) => c.notNull())
      .addColumn('last_seen', t.integer, (c) => c.notNull())
      .addColumn('retired', t.integer)
      .addColumn('revision', t.integer, (c) => c.notNull())
      .addColumn('worst', t.integer, (c) => c.notNull())
      .addColumn('open_findings', t.integer, (c) => c.notNull())
      .addColumn('accepted_findings', t.integer, (c) => c.notNull())
      .addColumn('posture', t.real, (c) => c.notNull())
      .addColumn('search', t.text, (c) => c.notNull())
      .execute();
    for (const column of SORTS)
      await db.schema
        .createIndex(`devices_by_${column}`)
        .on('devices')
        .columns([column, 'id'])
        .execute();
    for (const column of FILTERS)
      await db.schema
        .createIndex(`devices_of_${column}`)
        .on('devices')
        .columns([column, 'retired'])
        .execute();
    await db.schema.createIndex('devices_search').on('devices').columns(['search', 'id']).execute();
    await db.schema
      .createTable('device_keys')
      .addColumn('site_id', t.text, (c) => c.notNull())
      .addColumn('key', t.text, (c) => c.notNull())
      .addColumn('device_id', t.text, (c) =>
        c.notNull().references('devices.id').onDelete('cascade'),
      )
      .addPrimaryKeyConstraint('device_keys_key', ['site_id', 'key'])
      .execute();
    await db.schema
      .createIndex('device_keys_device')
      .on('device_keys')
      .column('device_id')
      .execute();
    await db.schema
      .createTable('device_tags')
      .addColumn('device_id', t.text, (c) =>
        c.notNull().references('devices.id').onDelete('cascade'),
      )
      .addColumn('tag', t.text, (c) => c.notNull())
      .addPrimaryKeyConstraint('device_tags_key', ['tag', 'device_id'])
      .execute();
    await db.schema
      .createIndex('device_tags_device')
      .on('device_tags')
      .column('device_id')
      .execute();
    await db.schema
      .createTable('device_details')
      .addColumn('device_id', t.text, (c) =>
        c.primaryKey().references('devices.id').onDelete('cascade'),
      )
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('audit_id', t.text)
      .addColumn('details', t.text, (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('device_groups')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('name', t.text, (c) => c.notNull().unique())
      .addColumn('filter', t.text, (c) => c.notNull())
      .addColumn('owner_id', t.text, (c) => c.notNull())
      .execute();
  },
};
