/** Audits, verdicts, findings, evidence and posture. */
import type { StoreMigration } from '../migrate.ts';

export const audits: StoreMigration = {
  name: '0005-audits',
  async up(db, t) {
    await db.schema
      .createTable('uploads')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('site_id', t.text, (c) => c.notNull())
      .addColumn('name', t.text, (c) => c.notNull())
      .addColumn('bytes', t.integer, (c) => c.notNull())
      .addColumn('keep', t.integer, (c) => c.notNull())
      .addColumn('source', t.text, (c) => c.notNull())
      .addColumn('actor_kind', t.text, (c) => c.notNull())
      .addColumn('actor_id', t.text, (c) => c.notNull())
      .addColumn('created', t.integer, (c) => c.notNull())
      .addColumn('audit_id', t.text)
      .execute();
    await db.schema
      .createTable('audits')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('site_id', t.text, (c) => c.notNull())
      .addColumn('name', t.text, (c) => c.notNull())
      .addColumn('source', t.text, (c) => c.notNull())
      .addColumn('state', t.text, (c) => c.notNull())
      .addColumn('job_id', t.text)
      .addColumn('actor_kind', t.text, (c) => c.notNull())
      .addColumn('actor_id', t.text, (c) => c.notNull())
      .addColumn('created', t.integer, (c) => c.notNull())
      .addColumn('finished', t.integer)
      .addColumn('period_from', t.integer)
      .addColumn('period_to', t.integer)
      .addColumn('summary', t.text)
      .addColumn('error_code', t.text)
      .addColumn('error', t.text)
      .addColumn('capture', t.text)
      .execute();
    await db.schema.createIndex('audits_site').on('audits').columns(['site_id', 'id']).execute();
    await db.schema
      .createTable('audit_reports')
      .addColumn('audit_id', t.text, (c) => c.primaryKey())
      .addColumn('report', t.bytes, (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('verdicts')
      .addColumn('device_id', t.text, (c) => c.notNull())
      .addColumn('control', t.text, (c) => c.notNull())
      .addColumn('verdict', t.text, (c) => c.notNull())
      .addColumn('why', t.text)
      .addColumn('floor', t.text)
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('audit_id', t.text, (c) => c.notNull())
      .addPrimaryKeyConstraint('verdicts_key', ['device_id', 'control'])
      .execute();
    await db.schema
      .createIndex('verdicts_control')
      .on('verdicts')
      .columns(['control', 'verdict'])
      .execute();
    await db.schema
      .createTable('verdict_changes')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('device_id', t.text, (c) => c.notNull())
      .addColumn('control', t.text, (c) => c.notNull())
      .addColumn('from_verdict', t.text)
      .addColumn('to_verdict', t.text, (c) => c.notNull())
      .addColumn('audit_id', t.text, (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('verdict_changes_device')
      .on('verdict_changes')
      .columns(['device_id', 'id'])
      .execute();
    await db.schema
      .createTable('findings')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('device_id', t.text, (c) => c.notNull())
      .addColumn('control', t.text, (c) => c.notNull())
      .addColumn('severity', t.integer, (c) => c.notNull())
      .addColumn('state', t.text, (c) => c.notNull())
      .addColumn('title', t.text, (c) => c.notNull())
      .addColumn('note', t.text, (c) => c.notNull())
      .addColumn('fingerprint', t.text, (c) => c.notNull())
      .addColumn('assignee_id', t.text)
      .addColumn('opened', t.integer, (c) => c.notNull())
      .addColumn('changed', t.integer, (c) => c.notNull())
      .addColumn('last_seen', t.integer, (c) => c.notNull())
      .addColumn('first_audit', t.text, (c) => c.notNull())
      .addColumn('last_audit', t.text, (c) => c.notNull())
      .addColumn('reason', t.text)
      .addColumn('accepted_by', t.text)
      .addColumn('approved_by', t.text)
      .addColumn('accepted', t.integer)
      .addColumn('expires', t.integer)
      .addUniqueConstraint('findings_once', ['device_id', 'control'])
      .execute();
    for (const columns of [
      ['state', 'severity', 'id'],
      ['state', 'changed', 'id'],
      ['state', 'expires'],
      ['control', 'state', 'id'],
      ['assignee_id', 'state', 'id'],
      ['severity', 'id'],
      ['changed', 'id'],
    ])
      await db.schema
        .createIndex(`findings_by_${columns.slice(0, 2).join('_')}`)
        .on('findings')
        .columns(columns)
        .execute();
    await db.schema
      .createTable('finding_evidence')
      .addColumn('finding_id', t.text, (c) =>
        c.primaryKey().references('findings.id').onDelete('cascade'),
      )
      .addColumn('audit_id', t.text, (c) => c.notNull())
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('evidence', t.text, (c) => c.notNull())
      .addColumn('slice', t.bytes)
      .addColumn('sha256', t.text)
      .addColumn('delete_after', t.integer)
      .execute();
    await db.schema
      .createIndex('finding_evidence_delete')
      .on('finding_evidence')
      .column('delete_after')
      .execute();
    await db.schema
      .createTable('finding_comments')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('finding_id', t.text, (c) =>
        c.notNull().references('findings.id').onDelete('cascade'),
      )
      .addColumn('person_id', t.text, (c) => c.notNull())
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('text', t.text, (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex('finding_comments_finding')
      .on('finding_comments')
      .columns(['finding_id', 'id'])
      .execute();
    await db.schema
      .createTable('device_posture')
      .addColumn('device_id', t.text, (c) => c.primaryKey())
      .addColumn('passed', t.integer, (c) => c.notNull())
      .addColumn('failed', t.integer, (c) => c.notNull())
      .addColumn('accepted', t.integer, (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('posture_points')
      .addColumn('id', t.text, (c) => c.primaryKey())
      .addColumn('scope', t.text, (c) => c.notNull())
      .addColumn('scope_id', t.text, (c) => c.notNull())
      .addColumn('time', t.integer, (c) => c.notNull())
      .addColumn('passed', t.integer, (c) => c.notNull())
      .addColumn('failed', t.integer, (c) => c.notNull())
      .addColumn('accepted', t.integer, (c) => c.notNull())
      .addColumn('devices', t.integer, (c) => c.notNull())
      .addColumn('open_findings', t.integer, (c) => c.notNull())
      .addColumn('audit_id', t.text)
      .execute();
    await db.schema
      .createIndex('posture_points_scope')
      .on('posture_points')
      .columns(['scope', 'scope_id', 'time'])
      .execute();
  },
};
