/** People, their ways to sign in, sessions, tokens, roles and approvals. */
import type { CreateTableBuilder } from 'kysely';
import type { StoreMigration } from '../migrate.ts';

type Type = 'text' | 'integer' | 'bytes';
/** With `!`: required. */
type Column = Type | `${Type}!`;

export const access: StoreMigration = {
  name: '0002-access',
  async up(db, t) {
    const table = (name: string, columns: Readonly<Record<string, Column>>) =>
      Object.entries(columns).reduce(
        (builder, [column, type]) =>
          type.endsWith('!')
            ? builder.addColumn(column, t[type.slice(0, -1) as Type], (c) => c.notNull())
            : builder.addColumn(column, t[type as Type]),
        db.schema.createTable(name) as CreateTableBuilder<string, string>,
      );
    const index = (on: string, ...columns: string[]) =>
      db.schema
        .createIndex(`${on}_${columns.join('_')}`)
        .on(on)
        .columns(columns)
        .execute();

    await table('people', {
      id: 'text!',
      login: 'text',
      name: 'text',
      email: 'text',
      status: 'text!',
      handle: 'bytes!',
      created_at: 'integer!',
      joined_at: 'integer',
      removed_at: 'integer',
      revision: 'integer!',
    })
      .addPrimaryKeyConstraint('people_key', ['id'])
      .addUniqueConstraint('people_login', ['login'])
      .addUniqueConstraint('people_handle', ['handle'])
      .execute();

    await table('role_grants', {
      id: 'text!',
      person_id: 'text!',
      role: 'text!',
      segment: 'text!',
      source: 'text!',
      given_at: 'integer!',
    })
      .addPrimaryKeyConstraint('role_grants_key', ['id'])
      .addUniqueConstraint('role_grants_once', ['person_id', 'role', 'segment', 'source'])
      .execute();
    await index('role_grants', 'role');

    await table('passkeys', {
      id: 'text!',
      person_id: 'text!',
      credential_id: 'text!',
      public_key: 'bytes!',
      counter: 'integer!',
      transports: 'text!',
      aaguid: 'text!',
      backed_up: 'integer!',
      rp_id: 'text!',
      name: 'text!',
      created_at: 'integer!',
      used_at: 'integer',
      suspended_at: 'integer',
    })
      .addPrimaryKeyConstraint('passkeys_key', ['id'])
      .addUniqueConstraint('passkeys_credential', ['credential_id'])
      .execute();
    await index('passkeys', 'person_id');

    await table('passwords', {
      person_id: 'text!',
      sealed: 'bytes!',
      alone: 'integer!',
      changed_at: 'integer!',
    })
      .addPrimaryKeyConstraint('passwords_key', ['person_id'])
      .execute();

    await table('totp_secrets', {
      person_id: 'text!',
      sealed: 'bytes!',
      last_step: 'integer!',
      created_at: 'integer!',
      used_at: 'integer',
    })
      .addPrimaryKeyConstraint('totp_secrets_key', ['person_id'])
      .execute();

    await table('recovery_codes', {
      hash: 'bytes!',
      person_id: 'text!',
      made_at: 'integer!',
    })
      .addPrimaryKeyConstraint('recovery_codes_key', ['hash'])
      .execute();
    await index('recovery_codes', 'person_id');

    await table('federated_identities', {
      issuer: 'text!',
      subject: 'text!',
      person_id: 'text!',
      linked_at: 'integer!',
      used_at: 'integer',
    })
      .addPrimaryKeyConstraint('federated_identities_key', ['issuer', 'subject'])
      .execute();
    await index('federated_identities', 'person_id');

    await table('sessions', {
      id: 'text!',
      hash: 'bytes!',
      person_id: 'text!',
      method: 'text!',
      aal: 'integer!',
      verified_at: 'integer!',
      created_at: 'integer!',
      seen_at: 'integer!',
      expires_at: 'integer!',
      address: 'text!',
      agent: 'text!',
    })
      .addPrimaryKeyConstraint('sessions_key', ['id'])
      .addUniqueConstraint('sessions_hash', ['hash'])
      .execute();
    await index('sessions', 'person_id');
    await index('sessions', 'expires_at');

    await table('api_tokens', {
      id: 'text!',
      hash: 'bytes!',
      person_id: 'text!',
      name: 'text!',
      hint: 'text!',
      scopes: 'text!',
      segments: 'text',
      created_at: 'integer!',
      expires_at: 'integer!',
      used_at: 'integer',
    })
      .addPrimaryKeyConstraint('api_tokens_key', ['id'])
      .addUniqueConstraint('api_tokens_hash', ['hash'])
      .execute();
    await index('api_tokens', 'person_id');

    await table('one_time_links', {
      id: 'text!',
      hash: 'bytes!',
      purpose: 'text!',
      person_id: 'text',
      created_at: 'integer!',
      expires_at: 'integer!',
    })
      .addPrimaryKeyConstraint('one_time_links_key', ['id'])
      .addUniqueConstraint('one_time_links_hash', ['hash'])
      .execute();
    await index('one_time_links', 'person_id');

    await table('ceremonies', {
      id: 'text!',
      hash: 'bytes!',
      purpose: 'text!',
      bound_to: 'text!',
      person_id: 'text',
      challenge: 'text',
      sealed: 'bytes',
      tries: 'integer!',
      created_at: 'integer!',
      expires_at: 'integer!',
    })
      .addPrimaryKeyConstraint('ceremonies_key', ['id'])
      .addUniqueConstraint('ceremonies_hash', ['hash'])
      .execute();
    await index('ceremonies', 'expires_at');
    await index('ceremonies', 'bound_to');
    await index('ceremonies', 'person_id');

    await table('attempts', {
      key: 'text!',
      failures: 'integer!',
      last_at: 'integer!',
      blocked_until: 'integer!',
    })
      .addPrimaryKeyConstraint('attempts_key', ['key'])
      .execute();
    await index('attempts', 'last_at');

    await table('approvals', {
      id: 'text!',
      action: 'text!',
      permission: 'text!',
      segment: 'text!',
      params: 'text!',
      digest: 'text!',
      reason: 'text!',
      requested_by: 'text!',
      requested_at: 'integer!',
      expires_at: 'integer!',
      ready_at: 'integer',
      status: 'text!',
      decided_by: 'text',
      decided_at: 'integer',
      decision_reason: 'text',
      error: 'text',
    })
      .addPrimaryKeyConstraint('approvals_key', ['id'])
      .execute();
    await index('approvals', 'status', 'id');
  },
};
