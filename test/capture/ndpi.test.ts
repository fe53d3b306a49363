import { beforeAll, describe, expect, it } from 'vitest';
import { tallyNames } from '../../scripts/compatibility/ndpi.ts';
import { type ComparedFlow, compareNdpi } from '../../scripts/compatibility/ndpi-flows.ts';
import { tallyRisks } from '../../scripts/compatibility/ndpi-risks.ts';
import { data } from '../support/needs.ts';

const captures = data('ndpi-iot');
/** Where docs/compatibility.md tells a disagreement, and why. */
const EXPLAINED = ['dtls', 'ftp_data', 'ssdp', 'tls'];
/** A protocol of so few flows that one of them is more than the bar allows is judged with all others only. */
const FLOWS_MIN = 20;

describe('nDPI’s regression captures', captures, () => {
  let flows: readonly ComparedFlow[] = [];
  beforeAll(async () => {
    flows = await compareNdpi(captures.path);
  }, 60_000);

  it('are named alike, protocol by protocol', () => {
    const tallies = [...tallyNames(flows)];
    const all = { flows: 0, agreed: 0 };
    for (const [name, tally] of tallies) {
      all.flows += tally.flows;
      all.agreed += tally.agreed;
      if (tally.flows < FLOWS_MIN) continue;
      expect(tally.agreed / tally.flows, [name, ...tally.disagreements].join('\n')).toBeGreaterThan(
        0.95,
      );
    }
    const disagreeing = tallies.filter(([, { disagreements }]) => disagreements.length > 0);
    expect(EXPLAINED).toEqual(expect.arrayContaining(disagreeing.map(([name]) => name)));
    const disagreements = tallies.flatMap(([, tally]) => tally.disagreements).join('\n');
    expect(all.flows).toBeGreaterThan(1_000);
    expect(all.agreed / all.flows, disagreements).toBeGreaterThan(0.98);
  });

  it('show the risks that nDPI flags, of those that have a counterpart', () => {
    const tallies = [...tallyRisks(flows)];
    let both = 0;
    let missed: string[] = [];
    for (const [risk, tally] of tallies) {
      both += tally.both;
      missed = [...missed, ...tally.theirs.map((flow) => `${risk}: ${flow}`)];
    }
    expect(both).toBeGreaterThan(870);
    expect(both / (both + missed.length), missed.join('\n')).toBeGreaterThan(0.98);
  });
});
