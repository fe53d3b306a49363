/**
 * One-time links: the first set-up, an invitation, and the way back for somebody who lost everything. The secret is in the
 * part of the URL after `#`, which browsers send to nobody: it is in no log, no history of a proxy and no Referer.
 */
import type { Selectable } from 'kysely';
import { NotFoundError } from '../base/index.ts';
import type { Tables, Tx } from '../store/index.ts';
import { hours, minutes, type Parts } from './config.ts';
import type { Db } from './people-rows.ts';
import { hashOf, newToken } from './secrets.ts';

export type LinkPurpose = 'setup' | 'invitation' | 'recovery';
export type LinkRow = Selectable<Tables['one_time_links']>;

export interface MadeLink {
  /** For the person alone; shown or mailed once. */
  readonly url: string;
  readonly expiresAt: number;
}

/** The console's page for links. */
export const LINK_PATH = '/welcome';

export class Links {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A new link; one for the same person and purpose before it is worthless. */
  async make(tx: Tx, purpose: LinkPurpose, personId: string | null): Promise<MadeLink> {
    const { store, clock, config } = this.#parts;
    const now = clock.now();
    const ttl = {
      setup: minutes(config.setUpMinutes),
      invitation: hours(config.invitationHours),
      recovery: minutes(config.recoveryMinutes),
    }[purpose];
    await this.sweep(tx);
    if (personId !== null) await this.endOf(tx, personId);
    const token = newToken(store.random);
    await tx.db
      .insertInto('one_time_links')
      .values({
        id: store.newId(),
        hash: hashOf('link', token),
        purpose,
        person_id: personId,
        created_at: now,
        expires_at: now + ttl,
      })
      .execute();
    return { url: `${config.origin}${LINK_PATH}#${token}`, expiresAt: now + ttl };
  }

  /** Removes links that are too old. That of the set-up stays, since it knows who began: the next one replaces it. */
  async sweep(tx: Tx): Promise<void> {
    await tx.db
      .deleteFrom('one_time_links')
      .where('expires_at', '<=', this.#parts.clock.now())
      .where('purpose', '!=', 'setup')
      .execute();
  }

  /** @throws NotFoundError `link-invalid`, whether it never was, was used, or is too old. */
  async find(db: Db, token: string): Promise<LinkRow> {
    const row = await db
      .selectFrom('one_time_links')
      .selectAll()
      .where('hash', '=', hashOf('link', token))
      .executeTakeFirst();
    if (row === undefined || row.expires_at <= this.#parts.clock.now())
      throw new NotFoundError(
        'link-invalid',
        'this link was used or is too old; ask for a new one.',
      );
    return row;
  }

  /** Uses a link up. @throws NotFoundError `link-invalid`. */
  async use(tx: Tx, token: string): Promise<LinkRow> {
    const row = await this.find(tx.db, token);
    await tx.db.deleteFrom('one_time_links').where('id', '=', row.id).execute();
    await tx.db.deleteFrom('ceremonies').where('bound_to', '=', row.id).execute();
    return row;
  }

  async endOf(tx: Tx, personId: string): Promise<void> {
    await tx.db.deleteFrom('one_time_links').where('person_id', '=', personId).execute();
  }
}
