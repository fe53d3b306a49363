/** All tables, joined from those of each room. */
import type { FactTables } from './tables/facts.ts';

export interface Tables extends FactTables {}
