/**
 * MO-05: names carry data: many long labels of random look in one zone, or a volume of TXT and NULL answers from one.
 * Decided from lookups by zone. Reverse lookups (RFC 1035, 3.5), service discovery (RFC 6763), reputation services
 * that encode a hash or an address in the name, and what a resolver forwards for others are no tunnel; a content
 * network has long names too, but few of them a device.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

/** Zones whose services put a hash, an address or a nonce into the name by design. */
const REPUTATION_ZONES = new Set([
  'mcafee.com',
  'sophosxl.net',
  'sophosxl.com',
  'spamhaus.org',
  'spamhaus.net',
  'barracudacentral.org',
  'surbl.org',
  'uribl.com',
  'senderbase.org',
  'e5.sk',
  'eset.com',
  'trendmicro.com',
  'kaspersky.com',
  'kaspersky-labs.com',
  'bitdefender.net',
  'avast.com',
  'avira.com',
  'webrootcloudav.com',
  'cymru.com',
  'dnswl.org',
  'njabl.org',
  'sorbs.net',
  'spamcop.net',
  'googlesyndication.com',
  'gstatic.com',
  'apnic.net',
  'akamai.net',
  'akamaiedge.net',
  'akadns.net',
  'cloudfront.net',
  'amazonaws.com',
  'googlevideo.com',
  'fbcdn.net',
  'windows.net',
]);
const CARRYING_TYPES = new Set(['TXT', 'NULL', 'PRIVATE', 'KEY', 'TYPE10', 'TYPE65399', 'UNKNOWN']);

export const dnsTunnel = control({
  id: 'MO-05',
  practice: 'monitoring',
  severity: 'high',
  title: 'Data hidden in name lookups',
  why: 'Name lookups pass nearly every firewall, so they are used to carry commands in and data out unseen.',
  fix: 'Find out which program on the device makes these lookups and remove it. Block the zone at the resolver meanwhile.',
  provisions: {},
  floor: { sessions: 1000, hours: 24 },
  parameters: {
    namesMin: 15,
    labelMin_bytes: 24,
    labelEntropyMin_bits: 3.2,
    carryingNamesMin: 10,
    carryingMin_bytes: 1000,
    'iec-62443-4-2:2019': ['CR 6.2'],
  },
  evaluate(device, network, parameters) {
    const lookups = device
      .seen('dns')
      .filter(({ role, observation: o }) => role === 'client' && o.service === 'dns');
    if (lookups.length === 0) return notSeen();
    const forwarded = zonesAskedOf(device);
    const tunnels = [...byZone(lookups)].flatMap(([zone, asked]) => {
      if (forwarded.has(zone) || isOrdinary(zone)) return [];
      const carrying = judgeZone(asked, parameters);
      return carrying.length > 0 ? [{ zone, carrying }] : [];
    });
    const judged = lookups.reduce((sum, { observation }) => sum + observation.count, 0);
    if (tunnels.length === 0) return pass(judged);
    const proof = tunnels.flatMap(({ zone, carrying }) =>
      carrying.slice(0, PROOFS_A_ZONE).map(({ observation: o }) =>
        evidence(network, o, {
          zone,
          name: o.name,
          type: o.type,
          names: carrying.length,
          lookups: sumOf(carrying, (lookup) => lookup.count),
          query_bytes: sumOf(carrying, (lookup) => lookup.queryBytes),
          answer_bytes: sumOf(carrying, (lookup) => lookup.answerBytes),
        }),
      ),
    );
    return fail(judged, proof);
  },
});

const PROOFS_A_ZONE = 8;

type Lookup = Sighting<'dns'>;
type Thresholds = typeof dnsTunnel.parameters;

/** The lookups of a zone that carry data, or none. */
function judgeZone(asked: readonly Lookup[], least: Thresholds): Lookup[] {
  const long = asked.filter(
    ({ observation: o }) =>
      (o.labelBytes ?? 0) >= least.labelMin_bytes &&
      (o.labelEntropy ?? 0) >= least.labelEntropyMin_bits,
  );
  if (namesOf(long) >= least.namesMin) return long;
  const carrying = asked.filter(({ observation: o }) => CARRYING_TYPES.has(o.type));
  const bytes = sumOf(carrying, (lookup) => lookup.answerBytes);
  return namesOf(carrying) >= least.carryingNamesMin && bytes >= least.carryingMin_bytes
    ? carrying
    : [];
}

/** Different names; of a folded record each lookup is one. */
function namesOf(lookups: readonly Lookup[]): number {
  const folded = lookups.filter(({ observation }) => observation.folded);
  const names = new Set(lookups.map(({ observation }) => observation.name));
  return names.size + sumOf(folded, (lookup) => lookup.count);
}

const sumOf = (lookups: readonly Lookup[], of: (lookup: Lookup['observation']) => number): number =>
  lookups.reduce((sum, { observation }) => sum + of(observation), 0);

function byZone(lookups: readonly Lookup[]): Map<string, Lookup[]> {
  const zones = new Map<string, Lookup[]>();
  for (const lookup of lookups) {
    const zone = lookup.observation.zone ?? lookup.observation.name;
    if (/(^|\.)_(tcp|udp)\./.test(lookup.observation.name)) continue;
    const known = zones.get(zone);
    if (known) known.push(lookup);
    else zones.set(zone, [lookup]);
  }
  return zones;
}

function zonesAskedOf(device: Device): Set<string> {
  const asked = device.seen('dns').filter(({ role }) => role === 'server');
  return new Set(asked.map(({ observation: o }) => o.zone ?? o.name));
}

const isOrdinary = (zone: string): boolean =>
  REPUTATION_ZONES.has(zone) || /(^|\.)(arpa|local|localdomain|lan|home)$/.test(zone);
