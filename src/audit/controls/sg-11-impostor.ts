/**
 * SG-11: the device acts as a DHCP server, a router or another host although somebody else is that already.
 * Decided from conflict alone, since a network has to have one of each:
 * - DHCP (RFC 2131, RFC 8415): offers that name other routers or resolvers than the network's own server does;
 * - router advertisements (RFC 4861) with a lifetime, beside those of the gateway; lifetime 0 routes nothing;
 * - ARP and Neighbour Discovery: claims to a router's address, or to those of two hosts, that their holders keep
 *   claiming at the same time. Virtual MACs (VRRP, CARP, HSRP, GLBP) and a re-assigned address are no conflict.
 * Devices marked `router`, `gateway` or `dhcp-server` in the expectations may act as what they are.
 */
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
  },
  floor: {},
  parameters: { claims: 3 },
  evaluate(device, network, { claims }) {
    const acts = [
      ...dhcpAnswers(device),
      ...advertisements(device),
      ...device.seen('claim').filter(isClaimant),
    ];
    if (acts.length === 0) return notSeen();
    if (isDeclared(device)) return pass(acts.length);
    const proof = [
      ...rogueDhcp(device, network),
      ...rogueRouter(device, network),
      ...stolenAddresses(device, network, claims),
    ];
    const judged = acts.reduce((sum, { observation }) => sum + observation.count, 0);
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
  const takesAddress = device
    .seen('dhcp')
    .some(({ role, peer }) => role === 'client' && peer.device === rightful);
  return answers
    .filter((answer) => takesAddress || offered(answer).some((address) => !own.has(address)))
    .map(({ observation: o }) =>
      evidence(network, o, {
        message: o.message,
        server_identifier: o.serverId,
        routers: o.routers.join(' ') || undefined,
        resolvers: o.resolvers.join(' ') || undefined,
        rightful_server: rightful.addresses[0] ?? rightful.id,
      }),
    );
}

/** Segments that two or more devices serve. */
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

/** Who of two servers is the network's own: the declared one, then the gateway, then who served first. */
function outranks(one: Device, other: Device): boolean {
  const rank = (device: Device) => (isDeclared(device) ? 2 : isGateway(device) ? 1 : 0);
  const difference = rank(one) - rank(other);
  return difference !== 0 ? difference > 0 : servedFrom(one) < servedFrom(other);
}

const servedFrom = (device: Device): number =>
  Math.min(
    ...dhcpAnswers(device).map(({ observation: { first } }) => first.seconds + first.nanos / 1e9),
  );

type Claim = Sighting<'claim'>;

const isClaimant = ({ role, observation }: Claim): boolean =>
  role === 'client' && !isVirtualMac(observation.mac) && observation.address !== '0.0.0.0';

/** VRRP and CARP (RFC 5798, 7.3), HSRP, HSRPv6 and GLBP: one address that moves between routers by design. */
const isVirtualMac = (mac: string): boolean =>
  /^(00:00:5e:00:0[12]|00:00:0c:07:ac|00:00:0c:9f:f|00:05:73:a0|00:07:b4)/i.test(mac);

function stolenAddresses(device: Device, network: Network, leastClaims: number): Evidence[] {
  const claimants = network.sharing('SG-11 claimed addresses', (other) =>
    other
      .seen('claim')
      .filter(isClaimant)
      .map(({ observation }) => observation.address),
  );
  const stolen = device
    .seen('claim')
    .filter(isClaimant)
    .filter(({ observation }) => observation.count >= leastClaims)
    .flatMap((claim) => {
      const rivals = claimants.get(claim.observation.address) ?? [];
      const holder = rivals.find((other) => isRobbed(other, device, claim));
      return holder ? [{ claim, holder }] : [];
    });
  const addresses = new Set(stolen.map(({ claim }) => claim.observation.address));
  const router = stolen.some(
    ({ claim, holder }) => network.routers.has(claim.observation.address) || isGateway(holder),
  );
  if (!router && addresses.size < 2) return [];
  return stolen.map(({ claim: { observation: o }, holder }) =>
    evidence(network, o, {
      protocol: o.protocol,
      address: o.address,
      claimed_by: o.mac,
      held_by: holder.mac,
      claims: o.count,
    }),
  );
}

/** `other` holds the claimed address by the better right, and still does so while `device` claims it. */
function isRobbed(other: Device, device: Device, { observation: claim }: Claim): boolean {
  if (other === device || other.mac === undefined) return false;
  const held = claimOf(other, claim.address);
  if (!held || !overlap(held, claim)) return false;
  const wasGiven = dhcpGave(other, claim.address);
  if (wasGiven !== dhcpGave(device, claim.address)) return wasGiven;
  const breadth = claimedAddresses(device) - claimedAddresses(other);
  return breadth !== 0 ? breadth > 0 : before(held.first, claim.first);
}

const claimOf = (device: Device, address: string): Claim['observation'] | undefined =>
  device.seen('claim').find((claim) => isClaimant(claim) && claim.observation.address === address)
    ?.observation;

const claimedAddresses = (device: Device): number =>
  new Set(
    device
      .seen('claim')
      .filter(isClaimant)
      .map(({ observation }) => observation.address),
  ).size;

const dhcpGave = (device: Device, address: string): boolean =>
  device
    .seen('dhcp')
    .some(
      ({ role, observation: o }) =>
        role === 'client' && o.message === 'ack' && o.address === address,
    );

type Moment = Claim['observation']['first'];
const before = (one: Moment, other: Moment): boolean =>
  one.seconds < other.seconds || (one.seconds === other.seconds && one.nanos < other.nanos);

type Span = Pick<Claim['observation'], 'first' | 'last'>;
const overlap = (one: Span, other: Span): boolean =>
  before(one.first, other.last) && before(other.first, one.last);
