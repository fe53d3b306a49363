/** All tables, joined from those of each room. */
import type { AccessTables } from './tables/access.ts';
import type { ApiTables } from './tables/api.ts';
import type { AuditTables } from './tables/audits.ts';
import type { FactTables } from './tables/facts.ts';
import type { FleetTables } from './tables/fleet.ts';
import type { JobTables } from './tables/jobs.ts';
import type { WatchTables } from './tables/watch.ts';

export interface Tables
  extends AccessTables,
    ApiTables,
    AuditTables,
    FactTables,
    FleetTables,
    JobTables,
    WatchTables {}
