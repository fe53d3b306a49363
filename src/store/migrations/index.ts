/** The schema's history. A migration that was released is never changed; a later one mends it. */
import type { StoreMigration } from '../migrate.ts';
import { facts } from './0001-facts.ts';

export const migrations: readonly StoreMigration[] = [facts];
