/** A device as traffic shows it: its hosts' counts, and every observation that one of them takes part in. */
import type { Scope } from '../base/index.ts';
import type { HostId, Observation, ObservationKind, PacketRef } from '../capture/index.ts';
import { type AddressBook, prefixOf } from './address-book.ts';
import { describe } from './description.ts';
import type {
  Device,
  DeviceBehaviour,
  DeviceName,
  ExpectedDevice,
  NetworkRole,
  Peer,
  Service,
  Sighting,
  SpokenProtocol,
  StatedType,
  TypeEvidenceKind,
} from './device.ts';
import type { DeviceGroup } from './grouping.ts';
import { deviceNames } from './names.ts';
import { peersOf } from './peers.ts';
import { isGateway, type Routing, servingRoles } from './roles.ts';
import { servicesOf } from './services.ts';
import { spokenBy } from './spoken.ts';
import { typeOf } from './types/type-of.ts';
import { isRandomised, vendorOf } from './vendors/index.ts';

const ADDRESSES_MAX = 64;
const LOOKED_UP_MAX = 16;
const NEVER: PacketRef = { file: 0, packet: 0, seconds: 0, nanos: 0 };

/** What a device asks of the network it is in. */
export interface Surroundings {
  readonly book: AddressBook;
  deviceOfHost(host: HostId): TrafficDevice | undefined;
  /** The declared segment that an address lies in. */
  segmentOf(address: string): string | undefined;
  /** What `device` would call an address. */
  nameOf(address: string, device: TrafficDevice): string | undefined;
  readonly evidence: TypeEvidenceKind;
  readonly behaviourOf: ((mac: string | undefined) => DeviceBehaviour) | undefined;
}

/** What completes a device once all sightings are handed out. */
export interface Completion {
  readonly routing: Routing;
  readonly from: PacketRef | undefined;
  readonly to: PacketRef | undefined;
  expected(device: TrafficDevice): ExpectedDevice | undefined;
}

type PeerView = Sighting<ObservationKind>['peer'];

export class TrafficDevice implements Device {
  readonly id: string;
  readonly mac: string | undefined;
  readonly vendor: string | undefined;
  readonly randomisedMac: boolean;
  readonly addresses: readonly string[];
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly group: DeviceGroup;
  incomplete = false;
  names: readonly DeviceName[] = [];
  roles: readonly NetworkRole[] = [];
  description: Readonly<Record<string, string>> = {};
  services: readonly Service[] = [];
  expected: ExpectedDevice | undefined;
  segment: string | undefined;
  firstSeen: PacketRef = NEVER;
  lastSeen: PacketRef = NEVER;
  readonly #around: Surroundings;
  readonly #prefixes: ReadonlySet<string>;
  readonly #sightings = new Map<ObservationKind, Sighting<ObservationKind>[]>();
  /** By the other side's host. */
  readonly #views = new Map<HostId, PeerView>();
  #declaredSegment: string | undefined;
  #peers: readonly Peer[] | undefined;
  #stated: StatedType | undefined;
  #behaviour: DeviceBehaviour | undefined;

  constructor(around: Surroundings, group: DeviceGroup) {
    const { book } = around;
    const { hosts } = book;
    this.#around = around;
    this.group = group;
    this.mac = group.mac;
    const all = [...group.hosts, ...group.silent];
    const sum = (counts: Float64Array): number =>
      all.reduce((total, host) => total + counts[host], 0);
    this.bytesSent = sum(hosts.bytesSent);
    this.bytesReceived = sum(hosts.bytesReceived);
    this.packetsSent = sum(hosts.packetsSent);
    this.packetsReceived = sum(hosts.packetsReceived);
    this.addresses = addressesOf(group.hosts, book) ?? addressesOf(group.silent, book) ?? [];
    this.id = group.mac === undefined ? `ip:${this.addresses[0]}` : `mac:${group.mac}`;
    this.vendor = group.mac === undefined ? undefined : vendorOf(group.mac);
    this.randomisedMac = group.mac !== undefined && isRandomised(group.mac);
    this.#prefixes = new Set(this.addresses.map(prefixOf));
    this.#declaredSegment = this.#segmentOfAddresses();
  }

  seen<K extends ObservationKind>(kind: K): readonly Sighting<K>[] {
    return (this.#sightings.get(kind) ?? []) as unknown as readonly Sighting<K>[];
  }

  /** What a person said holds; then how it behaves, where a model was asked and knows it; then what it says. */
  get type(): string | undefined {
    return this.expected?.type ?? this.#judged.type;
  }

  get typeCandidates(): Device['typeCandidates'] {
    return this.#judged.candidates;
  }

  get typeEvidence(): Device['typeEvidence'] {
    return this.#around.evidence === 'traffic' ? [] : this.stated.evidence;
  }

  get stated(): StatedType {
    this.#stated ??= typeOf(this);
    return this.#stated;
  }

  get behaviour(): DeviceBehaviour | undefined {
    this.#behaviour ??= this.#around.behaviourOf?.(this.mac);
    return this.#behaviour;
  }

  get #judged(): Pick<StatedType, 'type' | 'candidates'> {
    const { evidence } = this.#around;
    const behaviour = evidence === 'stated' ? undefined : this.behaviour;
    if (behaviour && (evidence === 'traffic' || behaviour.type !== undefined)) return behaviour;
    return this.stated;
  }

  get spoken(): readonly SpokenProtocol[] {
    return spokenBy(this);
  }

  get peers(): readonly Peer[] {
    this.#peers ??= peersOf(this);
    return this.#peers;
  }

  sees(
    kind: ObservationKind,
    observation: Observation<ObservationKind>,
    role: 'client' | 'server',
    other: HostId,
  ): void {
    const sighting: Sighting<ObservationKind> = { observation, role, peer: this.#viewOf(other) };
    const sightings = this.#sightings.get(kind);
    if (sightings) sightings.push(sighting);
    else this.#sightings.set(kind, [sighting]);
    this.isSeen(observation);
  }

  /** Widens the time that the device is known to have been there. */
  isSeen({ first, last }: Observation<ObservationKind>): void {
    if (this.firstSeen === NEVER || isBefore(first, this.firstSeen)) this.firstSeen = first;
    if (this.lastSeen === NEVER || isBefore(this.lastSeen, last)) this.lastSeen = last;
  }

  /** What needs all sightings to be handed out. */
  complete({ routing, from, to, expected }: Completion): void {
    const lookedUp = this.addresses
      .slice(0, LOOKED_UP_MAX)
      .flatMap((address) => this.#around.nameOf(address, this) ?? []);
    this.names = deviceNames(this, lookedUp);
    this.expected = expected(this);
    if (this.expected?.name !== undefined) {
      this.names = [{ name: this.expected.name, source: 'expected' }, ...this.names];
    }
    this.#declaredSegment = this.expected?.segment ?? this.#declaredSegment;
    const routable = this.addresses.find(
      (address) => !address.startsWith('fe80:') && !address.startsWith('169.254.'),
    );
    this.segment =
      this.#declaredSegment ?? (routable === undefined ? undefined : prefixOf(routable));
    this.services = servicesOf(this);
    this.description = describe(this);
    const serving = servingRoles(this);
    this.roles = isGateway(this, this.group.routes, routing) ? ['gateway', ...serving] : serving;
    if (this.firstSeen === NEVER) {
      this.firstSeen = from ?? NEVER;
      this.lastSeen = to ?? NEVER;
    }
  }

  #segmentOfAddresses(): string | undefined {
    for (const address of this.addresses) {
      const segment = this.#around.segmentOf(address);
      if (segment !== undefined) return segment;
    }
    return undefined;
  }

  #viewOf(host: HostId): PeerView {
    let view = this.#views.get(host);
    if (!view) {
      const { book } = this.#around;
      const address = book.textOf(host);
      const scope = book.scopeOf(host);
      const device = this.#around.deviceOfHost(host);
      view = {
        host,
        address,
        mac: book.macOf(host),
        name: this.#around.nameOf(address, this),
        device,
        scope,
        sameSegment: this.#isBeside(host, scope, device),
      };
      this.#views.set(host, view);
    }
    return view;
  }

  /** Another host is in the device's segment: declared so, or on the same link, or with the same prefix. */
  #isBeside(host: HostId, scope: Scope, device: TrafficDevice | undefined): boolean {
    if (GROUP_SCOPES.has(scope)) return true;
    const { book } = this.#around;
    const declared = this.#around.segmentOf(book.textOf(host));
    if (declared !== undefined || this.#declaredSegment !== undefined)
      return declared === this.#declaredSegment;
    if (this.#prefixes.has(book.prefixOf(host))) return true;
    // Both are known by MAC, so both are on the link that was captured; unless a router's MAC stands for the other.
    return (
      scope === 'private' &&
      this.mac !== undefined &&
      device?.mac !== undefined &&
      device.mac === book.macOf(host)
    );
  }
}

/** Scopes that end at the link. */
const GROUP_SCOPES: ReadonlySet<Scope> = new Set([
  'multicast',
  'broadcast',
  'link_local',
  'loopback',
]);

/**
 * Addresses of hosts, IPv4 before global IPv6 before link-local ones, and of a kind the most used first; undefined
 * where there is none.
 */
function addressesOf(hosts: readonly HostId[], book: AddressBook): readonly string[] | undefined {
  const { packetsSent } = book.hosts;
  const rank = (host: HostId): number =>
    (book.isIpv6(host) ? 1 : 0) + (book.scopeOf(host) === 'link_local' ? 2 : 0);
  const addresses = hosts
    .filter((host) => book.scopeOf(host) !== 'unspecified')
    .sort((a, b) => rank(a) - rank(b) || packetsSent[b] - packetsSent[a])
    .map((host) => book.textOf(host));
  return addresses.length > 0 ? [...new Set(addresses)].slice(0, ADDRESSES_MAX) : undefined;
}

function isBefore(a: PacketRef, b: PacketRef): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}
