/** Severities as numbers that sort, and what a control weighs in posture. */
import { SEVERITIES, type Severity } from '../control.ts';

/** 1 info … 5 critical. */
export const severityRank = (severity: Severity): number =>
  SEVERITIES.length - SEVERITIES.indexOf(severity);

export const severityOf = (rank: number): Severity =>
  SEVERITIES[SEVERITIES.length - rank] ?? 'info';

/** One critical failure outweighs several milder ones; what only informs weighs nothing. */
export const WEIGHTS: Readonly<Record<Severity, number>> = {
  critical: 10,
  high: 5,
  medium: 3,
  low: 1,
  info: 0,
};
