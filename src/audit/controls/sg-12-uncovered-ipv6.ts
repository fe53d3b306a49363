/**
 * SG-12: the device talks over global IPv6 while the network's policy covers IPv4 only.
 * Decided from answered connections between global addresses; link-local and unique local ones stay inside and do
 * not count, and the several privacy addresses (RFC 8981) of a device are one device. What the policy covers is
 * for the operator to say (expectations.yaml, `policy`); unsaid, traffic cannot decide it.
 */
import { scopeOf } from '../../base/index.ts';
import type { Network, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

export const uncoveredIpv6 = control({
  id: 'SG-12',
  practice: 'segmentation',
  severity: 'high',
  title: 'IPv6 past a policy for IPv4',
  why: 'Rules that were written for IPv4 do not see this traffic, so whatever they forbid is open over IPv6.',
  fix: 'Write the same rules for IPv6, or switch IPv6 off in this segment.',
  provisions: {
    'iec-62443-4-2:2019': ['CR 5.1', 'NDR 5.2'],
  },
  floor: {},
  parameters: { policy: 'unknown', ipv4OnlySegments: [] as readonly string[] },
  evaluate(device, network, { policy, ipv4OnlySegments }) {
    const global = device.seen('connection').filter((seen) => isGlobalIpv6(network, seen));
    if (global.length === 0) return notSeen();
    const ipv4Only =
      policy === 'ipv4-only' ||
      (device.segment !== undefined && ipv4OnlySegments.includes(device.segment));
    if (ipv4Only) {
      const proof = global.map(({ observation, peer }) =>
        evidence(network, observation, {
          peer: peer.address,
          protocol: observation.protocol,
          bytes: observation.bytes[0] + observation.bytes[1],
        }),
      );
      return fail(global.length, proof);
    }
    return policy === 'dual-stack'
      ? pass(global.length)
      : notVisible('no expectation says whether the network’s policy covers IPv6');
  },
});

function isGlobalIpv6(network: Network, seen: Sighting<'connection'>): boolean {
  const { observation, role, peer } = seen;
  const own = network.addressOf(role === 'client' ? observation.client : observation.server);
  return (
    peer.address.includes(':') &&
    peer.scope === 'public' &&
    !peer.sameSegment &&
    scopeOf(own) === 'public' &&
    observation.answered > 0
  );
}
