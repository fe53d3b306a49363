import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/icmp');
const events = async (name: string) => (await dissect(join(zeek, `${name}.pcap`))).events;

describe('Zeek’s Neighbour Discovery traces', () => {
  it('reads a router advertisement', async () => {
    const { observations, events: all } = await dissect(join(zeek, 'icmp6-router-advert.pcap'));
    expect(all).toContainEqual(expect.objectContaining({ event: 'router_advertisement' }));
    expect([...observations.of('router')].length).toBeGreaterThan(0);
  });

  it('reads solicitations', async () => {
    expect(await events('icmp6-neighbor-solicit')).toContainEqual(
      expect.objectContaining({ protocol: 'ndp', event: 'neighbor_solicitation' }),
    );
    expect(await events('icmp6-router-solicit')).toContainEqual(
      expect.objectContaining({ event: 'router_solicitation' }),
    );
  });

  it('reads options, and reports those that are cut', async () => {
    expect((await events('icmp6-nd-options')).length).toBeGreaterThan(0);
    const cut = await events('icmp6-nd-short-options');
    const malformed = cut.filter(({ event }) => event === 'malformed').map(({ packet }) => packet);
    // As tshark has it.
    expect(malformed).toEqual([1, 3, 5, 7, 13, 14, 15, 16]);
  });

  it.each(['icmp6-timeexceeded', 'icmp6-toobig', 'icmp6-mld-query', 'icmp6-mldv1'])(
    'has no event for other ICMPv6: %s',
    async (name) => {
      expect((await events(name)).filter(({ protocol }) => protocol === 'ndp')).toEqual([]);
    },
  );
});
