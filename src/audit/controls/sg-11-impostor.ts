/**
 * SG-11: the device acts as a DHCP server, a router or another host although somebody else is that already.
 * Decided from conflict alone, since a network has to have one of each:
 * - DHCP (RFC 2131, RFC 8415): offers that name other routers or resolvers than the network's own server does;
 * - router advertisements (RFC 4861) with a lifetime, beside those of the gateway; lifetime 0 routes nothing;
 * - ARP and Neighbour Discovery: claims to a router's address, or to those of two hosts, that their holders keep
 *   claiming at the same time, in the same capture. Virtual MACs (VRRP, CARP, HSRP, GLBP) and a re-assigned address are no conflict.
 * Devices marked `router`, `gateway` or `dhcp-server` in the expectations may act as what they are.
 */
import type { Observation, PacketRef } from '../../capture/index.ts';
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import type { Evidence } from '../control.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

export const impostor = control({
  id: 'SG-11',
  practice: 'segmentation',
  severity: 'critical',
  title: 'Poses as DHCP server, router or another host',
  why: 'Whoever answers for the network’s router or address server can read and alter what every neighbour sends.',
  fix: 'Take the device off the network and find out what runs on it. If it is meant to serve the network, declare it as router or dhcp-server in the expectations.',
  provisions: {
    'eu-cra:2024-2847': ['I(2)(i)'],
    'iec-62443-4-2:2019': ['CR 3.1', 'NDR 5.2'],
  },
  floor: { hours: 24 },
  parameters: { claimsMin: 3 },
  evaluate(device, network, { claimsMin }) {
    const acts = [
      ...[...dhcpAnswers(device), ...advertisements(device)].map(({ observation }) => observation),
      ...claimsOf(device, network),
    ];
    if (acts.length === 0) return notSeen();
    const judged = acts.reduce((total, { count }) => total + count, 0);
    if (isDeclared(device)) return pass(judged);
    const proof = [
      ...rogueDhcp(device, network),
      ...rogueRouter(device, network),
      ...stolenAddresses(device, network, claimsMin),
    ];
    return proof.length > 0 ? fail(judged, proof) : pass(judged);
  },
});

const DECLARED = ['router', 'gateway', 'dhcp-server'];
const isDeclared = ({ expected }: Device): boolean =>
  DECLARED.some((mark) => expected?.marks.includes(mark));

/** Messages that only a server sends. */
const SERVER_MESSAGES = /^(offer|ack|nak|advertise|reply)$/;

const dhcpAnswers = (device: Device): Sighting<'dhcp'>[] =>
  device
    .seen('dhcp')
    .filter(
      ({ role, observation }) => role === 'server' && SERVER_MESSAGES.test(observation.message),
    );

function rogueDhcp(device: Device, network: Network): Evidence[] {
  const answers = dhcpAnswers(device);
  if (answers.length === 0) return [];
  const rightful = serversBySegment(network)
    .get(`${device.segment}`)
    ?.find((rival) => rival !== device && outranks(rival, device));
  if (!rightful) return [];
  const own = new Set(dhcpAnswers(rightful).flatMap(offered));
  const served = dhcpAnswers(rightful).flatMap(({ observation }) => sightingsOf(observation));
  return (
    answers
      .filter(
        (answer) =>
          isServedBy(device, rightful) || offered(answer).some((address) => !own.has(address)),
      )
      // Before the network's own server speaks there is no network yet: a device that is being set up serves the phone.
      .filter(({ observation }) => isAfterAny(sightingsOf(observation), served))
      .map(({ observation: o }) =>
        evidence(network, o, {
          message: o.message,
          server_identifier: o.serverId,
          routers: o.routers.join(' ') || undefined,
          resolvers: o.resolvers.join(' ') || undefined,
          rightful_server: rightful.addresses[0] ?? rightful.id,
        }),
      )
  );
}

/** The packets that are known of an observation; captures apart, since another capture may be another day. */
const sightingsOf = ({ first, packets, last }: Observation<'dhcp' | 'claim'>): PacketRef[] => [
  first,
  ...packets,
  last,
];

const isAfterAny = (later: readonly PacketRef[], earlier: readonly PacketRef[]): boolean =>
  later.some((one) =>
    earlier.some((other) => other.file === one.file && secondsOf(other) <= secondsOf(one)),
  );

const isServedBy = (device: Device, server: Device): boolean =>
  device
    .seen('dhcp')
    .some(
      ({ role, peer, observation: o }) =>
        role === 'client' &&
        SERVER_MESSAGES.test(o.message) &&
        o.message !== 'nak' &&
        peer.device === server,
    );

/** Devices that serve a segment. */
const serversBySegment = (network: Network) =>
  network.sharing('SG-11 DHCP servers', (device) =>
    dhcpAnswers(device).length > 0 ? [`${device.segment}`] : [],
  );

/** What a victim would be led to. */
const offered = ({ observation: o }: Sighting<'dhcp'>): string[] => [...o.routers, ...o.resolvers];

const advertisements = (device: Device): Sighting<'router'>[] =>
  device
    .seen('router')
    .filter(({ role, observation }) => role === 'client' && observation.lifetime_s > 0);

function rogueRouter(device: Device, network: Network): Evidence[] {
  const own = advertisements(device);
  if (own.length === 0 || isGateway(device)) return [];
  const rightful = network
    .sharing('SG-11 routers', (other) => (advertisements(other).length > 0 ? ['router'] : []))
    .get('router')
    ?.find((other) => other !== device && (isGateway(other) || isDeclared(other)));
  if (!rightful) return [];
  const prefixes = new Set(advertisements(rightful).flatMap(({ observation: o }) => o.prefixes));
  return own
    .filter(({ observation: o }) => !o.prefixes.length || o.prefixes.some((p) => !prefixes.has(p)))
    .map(({ observation: o }) =>
      evidence(network, o, {
        lifetime_s: o.lifetime_s,
        prefixes: o.prefixes.join(' ') || undefined,
        resolvers: o.resolvers.join(' ') || undefined,
        rightful_router: rightful.addresses[0] ?? rightful.id,
      }),
    );
}

const isGateway = (device: Device): boolean => device.roles.includes('gateway');

/**
 * Who of two servers is the network's own: the declared one, then the one from which the other takes its own address,
 * then the gateway, then who served first. (A rogue that names itself as router looks like a gateway too.)
 */
function outranks(one: Device, other: Device): boolean {
  const rank = (device: Device, rival: Device) =>
    (isDeclared(device) ? 4 : 0) +
    (isServedBy(rival, device) ? 2 : 0) +
    (isGateway(device) ? 1 : 0);
  const difference = rank(one, other) - rank(other, one);
  return difference !== 0 ? difference > 0 : servedFrom(one) < servedFrom(other);
}

const servedFrom = (device: Device): number =>
  Math.min(...dhcpAnswers(device).map(({ observation }) => secondsOf(observation.first)));

const PROOFS_AN_ADDRESS = 8;

/** All claims of a device to one address, by one protocol. */
interface Claim {
  readonly address: string;
  readonly protocol: 'arp' | 'ndp';
  readonly observations: readonly Observation<'claim'>[];
  readonly first_s: number;
  readonly last_s: number;
  readonly count: number;
  /** How many of them nobody had asked for. */
  readonly unasked: number;
}

/** Claims by the MAC that they name; computed once a run. */
const claimsByNetwork = new WeakMap<Network, Map<string, Claim[]>>();

/**
 * By the MAC in the claim, and not by who sent it: two MACs that claim one address look like one host to whatever
 * tells hosts apart by address.
 */
function claimsOf({ mac }: Device, network: Network): readonly Claim[] {
  let claims = claimsByNetwork.get(network);
  if (!claims) {
    claims = allClaims(network);
    claimsByNetwork.set(network, claims);
  }
  return (mac === undefined ? undefined : claims.get(mac)) ?? [];
}

function allClaims(network: Network): Map<string, Claim[]> {
  const observed = new Map<string, Map<string, Observation<'claim'>[]>>();
  for (const device of network.devices) {
    for (const { role, observation } of device.seen('claim')) {
      const { address, protocol, mac } = observation;
      if (role !== 'client' || isVirtualMac(mac)) continue;
      const byAddress = observed.get(mac) ?? new Map<string, Observation<'claim'>[]>();
      observed.set(mac, byAddress);
      const key = `${protocol} ${address}`;
      const known = byAddress.get(key);
      if (known) known.push(observation);
      else byAddress.set(key, [observation]);
    }
  }
  return new Map(
    [...observed].map(([mac, byAddress]) => [mac, [...byAddress.values()].map(claimOf)]),
  );
}

function claimOf(observations: readonly Observation<'claim'>[]): Claim {
  const [{ address, protocol }] = observations;
  return {
    address,
    protocol,
    observations,
    first_s: Math.min(...observations.map(({ first }) => secondsOf(first))),
    last_s: Math.max(...observations.map(({ last }) => secondsOf(last))),
    count: sum(observations),
    unasked: sum(observations.filter(({ gratuitous }) => gratuitous)),
  };
}

const sum = (observations: readonly Observation<'claim'>[]): number =>
  observations.reduce((total, { count }) => total + count, 0);

/** VRRP and CARP (RFC 5798, 7.3), HSRP, HSRPv6 and GLBP: one address that moves between routers by design. */
const isVirtualMac = (mac: string): boolean =>
  /^(00:00:5e:00:0[12]|00:00:0c:07:ac|00:00:0c:9f:f|00:05:73:a0|00:07:b4)/i.test(mac);

function stolenAddresses(device: Device, network: Network, leastClaims: number): Evidence[] {
  const claimants = network.sharing('SG-11 claimed addresses', (other) =>
    claimsOf(other, network).map(({ address }) => address),
  );
  const stolen = claimsOf(device, network)
    .filter(({ count }) => count >= leastClaims)
    .flatMap((claim) => {
      const rivals = claimants.get(claim.address) ?? [];
      const holder = rivals.find(
        (rival) => rival !== device && isRobbed(rival, device, claim, network),
      );
      return holder ? [{ claim, holder }] : [];
    });
  const addresses = new Set(stolen.map(({ claim }) => claim.address));
  const router = stolen.some(
    ({ claim, holder }) => network.routers.has(claim.address) || isGateway(holder),
  );
  if (!router && addresses.size < 2) return [];
  return stolen.flatMap(({ claim, holder }) =>
    claim.observations.slice(0, PROOFS_AN_ADDRESS).map((observation) =>
      evidence(network, observation, {
        protocol: observation.protocol,
        address: observation.address,
        claimed_by: observation.mac,
        held_by: holder.mac,
        claims: observation.count,
        unasked: observation.gratuitous,
      }),
    ),
  );
}

const shareACapture = (one: Claim, other: Claim): boolean => {
  const files = new Set(one.observations.flatMap(sightingsOf).map(({ file }) => file));
  return other.observations.flatMap(sightingsOf).some(({ file }) => files.has(file));
};

/**
 * `holder` holds the claimed address by the better right, and still claims it while `device` does: DHCP gave it to
 * the holder; or the device claims it unasked and the holder when asked; or the device claims more addresses than
 * the holder; or it came later.
 */
function isRobbed(holder: Device, device: Device, claim: Claim, network: Network): boolean {
  const held = claimsOf(holder, network).find(
    ({ address, protocol }) => address === claim.address && protocol === claim.protocol,
  );
  if (!held || held.first_s >= claim.last_s || claim.first_s >= held.last_s) return false;
  if (!shareACapture(claim, held)) return false;
  const given = dhcpGave(holder, claim.address);
  if (given !== dhcpGave(device, claim.address)) return given;
  const unasked = claim.unasked / claim.count - held.unasked / held.count;
  if (Math.abs(unasked) >= 0.5) return unasked > 0;
  const breadth = breadthOf(device, claim, network) - breadthOf(holder, claim, network);
  return breadth !== 0 ? breadth > 0 : held.first_s < claim.first_s;
}

const breadthOf = (device: Device, { protocol }: Claim, network: Network): number =>
  claimsOf(device, network).filter((claim) => claim.protocol === protocol).length;

const dhcpGave = (device: Device, address: string): boolean =>
  device
    .seen('dhcp')
    .some(
      ({ role, observation: o }) =>
        role === 'client' && o.message === 'ack' && o.address === address,
    );

const secondsOf = ({ seconds, nanos }: PacketRef): number => seconds + nanos / 1e9;
