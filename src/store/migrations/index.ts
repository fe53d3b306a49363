/** The schema's history. A migration that was released is never changed; a later one mends it. */
import type { StoreMigration } from '../migrate.ts';
import { facts } from './0001-facts.ts';
import { access } from './0002-access.ts';
import { jobs } from './0003-jobs.ts';
import { fleet } from './0004-fleet.ts';
import { audits } from './0005-audits.ts';
import { api } from './0006-api.ts';
import { watch } from './0007-watch.ts';

export const migrations: readonly StoreMigration[] = [
  facts,
  access,
  jobs,
  fleet,
  audits,
  api,
  watch,
];
