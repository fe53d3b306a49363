/**
 * The checks of Suricata's verification tests (test.yaml): how many events there must be with which fields. Only those
 * on events of one protocol are taken; those on alerts, flows and anomalies depend on rules and settings.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { EventLine } from './dissect.ts';

export interface Check {
  readonly count: number;
  /** EVE's path of a field → its value. */
  readonly match: Readonly<Record<string, unknown>>;
}

interface TestFile {
  readonly checks?: readonly {
    readonly filter?: {
      readonly requires?: Readonly<Record<string, unknown>>;
      readonly filename?: string;
      readonly count: number;
      readonly match: Record<string, unknown>;
    };
  }[];
}

/** The checks of a case on events of `eventType`, as the newest Suricata must meet them. */
export function checksOf(folder: string, eventType: string): Check[] {
  const { checks = [] } = parse(readFileSync(join(folder, 'test.yaml'), 'utf8')) as TestFile;
  return checks.flatMap(({ filter }) => {
    if (!filter || filter.filename !== undefined || filter.requires?.['lt-version']) return [];
    const isOurs =
      filter.match.event_type === eventType ||
      (filter.match.event_type === undefined &&
        Object.keys(filter.match).some((path) => path.startsWith(`${eventType}.`)) &&
        !Object.keys(filter.match).some((path) => path.startsWith('alert.')));
    return isOurs ? [{ count: filter.count, match: filter.match }] : [];
  });
}

/** How many events have every field of the check. `fieldOf` tells where an EVE path lies in ours. */
export function countMatching(
  events: readonly EventLine[],
  check: Check,
  fieldOf: (event: EventLine, path: string) => unknown,
): number {
  return events.filter((event) =>
    Object.entries(check.match).every(
      ([path, value]) => path === 'event_type' || sameValue(fieldOf(event, path), value, path),
    ),
  ).length;
}

function sameValue(actual: unknown, expected: unknown, path: string): boolean {
  if (path.endsWith('.__len')) return (actual as string | undefined)?.length === expected;
  return actual === expected;
}

/** What lies at `queries[0].rrname` of a value. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value;
  for (const step of path.replace(/\.__len$/, '').split(/[.[\]]+/)) {
    if (step === '') continue;
    if (at === null || typeof at !== 'object') return undefined;
    at = (at as Record<string, unknown>)[step];
  }
  return at;
}

/** Fields that EVE has beside the protocol's. */
export function envelopeField(event: EventLine, path: string): unknown {
  if (path === 'pcap_cnt') return event.packet;
  if (path === 'proto') return undefined;
  return event[path];
}
