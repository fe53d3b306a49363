import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tallySuricata } from '../../scripts/compatibility/suricata.ts';

const vectors = join(import.meta.dirname, '../vectors/suricata');

/** Checks of the set by the type of EVE's record: in all, and those met but for the hash of a secret. */
const HELD = { ike: [2, 0], krb5: [2, 0], snmp: [6, 2], tftp: [1, 0] } as const;

describe('Suricata’s verification tests', async () => {
  const { tallies } = await tallySuricata(vectors);
  it.each(Object.entries(HELD))('%s: every check is met', (type, [checks, sealed]) => {
    const tally = tallies.get(type)!;
    expect(tally.missed).toEqual([]);
    expect([tally.checks, tally.sealed]).toEqual([checks, sealed]);
    expect(tally.met).toBe(checks - sealed);
  });
});
