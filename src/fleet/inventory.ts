/**
 * The inventory: who is there, what each one says of itself, what it offers and whom it talks to; made from the
 * hosts and observations of captures.
 */
import type { Scope } from '../base/index.ts';
import type {
  HostId,
  Hosts,
  Observation,
  ObservationKind,
  PacketRef,
  Traffic,
} from '../capture/index.ts';
import { describe } from './description.ts';
import type {
  Device,
  DeviceName,
  ExpectedDevice,
  Network,
  NetworkRole,
  Peer,
  Service,
  Sighting,
} from './device.ts';
import { type DeviceGroup, groupHosts, prefixOf } from './grouping.ts';
import { deviceNames } from './names.ts';
import { PeerNames } from './peer-names.ts';
import { servicesOf } from './services.ts';
import { type TypeJudgement, typeOf } from './types/type-of.ts';
import { isRandomised, vendorOf } from './vendors/index.ts';

/** What the user expects of the network; from expectations.yaml. */
export interface InventoryExpectations {
  /** The entry that describes a device, by MAC, address or one of its names. */
  deviceFor(found: {
    readonly mac: string | undefined;
    readonly addresses: readonly string[];
    readonly names: readonly string[];
  }): ExpectedDevice | undefined;
  /** The declared segment that an address lies in. */
  segmentOf(address: string): string | undefined;
}

const PEERS_MAX = 2000;
const PEER_SERVICES_MAX = 16;

/** Makes the inventory of a network from its traffic. */
export function inventory(traffic: Traffic, expectations?: InventoryExpectations): Network {
  return new TrafficNetwork(traffic, expectations);
}

class TrafficNetwork implements Network {
  readonly devices: readonly TrafficDevice[];
  readonly gateways: readonly Device[];
  readonly resolvers = new Set<string>();
  readonly timeServers = new Set<string>();
  readonly routers = new Set<string>();
  readonly from: PacketRef | undefined;
  readonly to: PacketRef | undefined;
  readonly duration_s: number;
  readonly traffic: Traffic;
  readonly hosts: Hosts;
  readonly peerNames: PeerNames;
  readonly #byHost = new Map<HostId, TrafficDevice>();
  readonly #byId = new Map<string, TrafficDevice>();
  readonly #expectations: InventoryExpectations | undefined;
  readonly #sharing = new Map<string, ReadonlyMap<string, readonly Device[]>>();

  constructor(traffic: Traffic, expectations: InventoryExpectations | undefined) {
    this.traffic = traffic;
    this.hosts = traffic.hosts;
    this.#expectations = expectations;
    this.from = traffic.first;
    this.to = traffic.last;
    this.duration_s =
      traffic.first && traffic.last ? Math.max(0, timeOf(traffic.last) - timeOf(traffic.first)) : 0;
    this.#learnInfrastructure();
    this.peerNames = new PeerNames(traffic);
    const devices = groupHosts(traffic).map((group) => new TrafficDevice(this, group));
    for (const device of devices) {
      this.#byId.set(device.id, device);
      for (const host of device.group.hosts) this.#byHost.set(host, device);
    }
    this.#handOutSightings();
    for (const device of devices) device.complete(this.#expectations);
    // A MAC that neither speaks for itself nor routes is an address that somebody wrote to.
    this.devices = devices.sort(
      (a, b) => b.bytesSent + b.bytesReceived - a.bytesSent - a.bytesReceived,
    );
    this.gateways = devices.filter((device) => device.roles.includes('gateway'));
  }

  deviceById(id: string): Device | undefined {
    return this.#byId.get(id);
  }

  deviceOfHost(host: HostId): TrafficDevice | undefined {
    return this.#byHost.get(host);
  }

  addressOf(host: HostId): string {
    return this.hosts.addressOf(host);
  }

  sharing(
    name: string,
    keysOf: (device: Device) => Iterable<string>,
  ): ReadonlyMap<string, readonly Device[]> {
    const known = this.#sharing.get(name);
    if (known) return known;
    const sharing = new Map<string, Device[]>();
    for (const device of this.devices) {
      for (const key of new Set(keysOf(device))) {
        const sharers = sharing.get(key);
        if (sharers) sharers.push(device);
        else sharing.set(key, [device]);
      }
    }
    this.#sharing.set(name, sharing);
    return sharing;
  }

  segmentOf(address: string): string | undefined {
    return this.#expectations?.segmentOf(address);
  }

  /** Two hosts are in one segment: declared so, or on the same link, or with the same prefix. */
  sameSegment(device: TrafficDevice, other: HostId, scope: Scope): boolean {
    if (
      scope === 'multicast' ||
      scope === 'broadcast' ||
      scope === 'link_local' ||
      scope === 'loopback'
    )
      return true;
    const address = this.addressOf(other);
    const declared = this.segmentOf(address);
    if (declared !== undefined || device.declaredSegment !== undefined)
      return declared === device.declaredSegment;
    const prefix = prefixOf(address);
    if (device.addresses.some((own) => prefixOf(own) === prefix)) return true;
    const otherDevice = this.deviceOfHost(other);
    // Both are known by MAC, so both are on the link that was captured.
    return scope === 'private' && otherDevice?.mac !== undefined && device.mac !== undefined;
  }

  #learnInfrastructure(): void {
    for (const lease of this.traffic.observations.of('dhcp')) {
      for (const resolver of lease.resolvers) this.resolvers.add(resolver);
      for (const router of lease.routers) this.routers.add(router);
      for (const server of lease.timeServers) this.timeServers.add(server);
    }
    for (const router of this.traffic.observations.of('router')) {
      for (const resolver of router.resolvers) this.resolvers.add(resolver);
      if (router.lifetime_s > 0) this.routers.add(this.addressOf(router.client));
    }
  }

  #handOutSightings(): void {
    const { observations } = this.traffic;
    for (const kind of observations.kinds()) {
      for (const observation of observations.of(kind)) {
        const client = this.#byHost.get(observation.client);
        const server = this.#byHost.get(observation.server);
        if (client) client.sees(kind, observation, 'client', observation.server, server);
        if (server) server.sees(kind, observation, 'server', observation.client, client);
      }
    }
  }
}

class TrafficDevice implements Device {
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
  names: readonly DeviceName[] = [];
  roles: readonly NetworkRole[] = [];
  description: Readonly<Record<string, string>> = {};
  services: readonly Service[] = [];
  expected: ExpectedDevice | undefined;
  declaredSegment: string | undefined;
  segment: string | undefined;
  firstSeen: PacketRef = NEVER;
  lastSeen: PacketRef = NEVER;
  readonly #network: TrafficNetwork;
  readonly #sightings = new Map<ObservationKind, Sighting<ObservationKind>[]>();
  #peers: readonly Peer[] | undefined;
  #type: TypeJudgement | undefined;

  constructor(network: TrafficNetwork, group: DeviceGroup) {
    const { hosts } = network;
    this.#network = network;
    this.group = group;
    this.mac = group.mac;
    const sum = (counts: Float64Array): number =>
      group.hosts.reduce((total, host) => total + counts[host], 0);
    this.bytesSent = sum(hosts.bytesSent);
    this.bytesReceived = sum(hosts.bytesReceived);
    this.packetsSent = sum(hosts.packetsSent);
    this.packetsReceived = sum(hosts.packetsReceived);
    this.addresses = [
      ...new Set(
        group.hosts
          .filter((host) => hosts.scopeOf(host) !== 'unspecified')
          .sort((a, b) => addressRank(hosts, a) - addressRank(hosts, b))
          .map((host) => hosts.addressOf(host)),
      ),
    ].slice(0, 64);
    this.id = group.mac === undefined ? `ip:${this.addresses[0]}` : `mac:${group.mac}`;
    this.vendor = group.mac === undefined ? undefined : vendorOf(group.mac);
    this.randomisedMac = group.mac !== undefined && isRandomised(group.mac);
  }

  seen<K extends ObservationKind>(kind: K): readonly Sighting<K>[] {
    return (this.#sightings.get(kind) ?? []) as unknown as readonly Sighting<K>[];
  }

  get type(): string | undefined {
    return this.expected?.type ?? this.#typing.type;
  }

  get typeCandidates(): Device['typeCandidates'] {
    return this.#typing.candidates;
  }

  get typeEvidence(): Device['typeEvidence'] {
    return this.#typing.evidence;
  }

  get #typing(): TypeJudgement {
    this.#type ??= typeOf(this);
    return this.#type;
  }

  get peers(): readonly Peer[] {
    this.#peers ??= this.#findPeers();
    return this.#peers;
  }

  sees<K extends ObservationKind>(
    kind: K,
    observation: Observation<K>,
    role: 'client' | 'server',
    other: HostId,
    otherDevice: TrafficDevice | undefined,
  ): void {
    const { hosts } = this.#network;
    const scope = hosts.scopeOf(other);
    const address = hosts.addressOf(other);
    const sighting: Sighting<K> = {
      observation,
      role,
      peer: {
        host: other,
        address,
        mac: hosts.macOf(other),
        name: this.#network.peerNames.nameOf(address),
        device: otherDevice,
        scope,
        sameSegment: this.#network.sameSegment(this, other, scope),
      },
    };
    const sightings = this.#sightings.get(kind);
    if (sightings) sightings.push(sighting as unknown as Sighting<ObservationKind>);
    else this.#sightings.set(kind, [sighting as unknown as Sighting<ObservationKind>]);
    if (this.firstSeen === NEVER || isBefore(observation.first, this.firstSeen))
      this.firstSeen = observation.first;
    if (this.lastSeen === NEVER || isBefore(this.lastSeen, observation.last))
      this.lastSeen = observation.last;
  }

  /** What needs all sightings to be handed out. */
  complete(expectations: InventoryExpectations | undefined): void {
    this.names = deviceNames(this);
    this.expected = expectations?.deviceFor({
      mac: this.mac,
      addresses: this.addresses,
      names: this.names.map(({ name }) => name),
    });
    if (this.expected?.name !== undefined) {
      this.names = [{ name: this.expected.name, source: 'expected' }, ...this.names];
    }
    this.declaredSegment =
      this.expected?.segment ??
      firstDefined(this.addresses, (address) => this.#network.segmentOf(address));
    const guess = this.addresses.find(
      (address) => !address.startsWith('fe80:') && !address.startsWith('169.254.'),
    );
    this.segment = this.declaredSegment ?? (guess === undefined ? undefined : prefixOf(guess));
    this.services = servicesOf(this);
    this.description = describe(this);
    this.roles = this.#findRoles();
    if (this.firstSeen === NEVER) {
      this.firstSeen = this.#network.from ?? NEVER;
      this.lastSeen = this.#network.to ?? NEVER;
    }
  }

  #findRoles(): NetworkRole[] {
    const roles: NetworkRole[] = [];
    const { routers } = this.#network;
    if (this.group.routes || this.addresses.some((address) => routers.has(address)))
      roles.push('gateway');
    const serves = (kind: 'dhcp' | 'ntp'): boolean =>
      this.seen(kind).some(({ role }) => role === 'server');
    const dhcpAnswers = new Set(['offer', 'ack', 'nak', 'advertise', 'reply']);
    if (
      this.seen('dhcp').some(
        ({ role, observation }) => role === 'server' && dhcpAnswers.has(observation.message),
      )
    ) {
      roles.push('dhcp_server');
    }
    if (
      this.seen('dns').some(
        ({ role, observation }) =>
          role === 'server' && observation.service === 'dns' && observation.rcode !== undefined,
      )
    ) {
      roles.push('resolver');
    }
    if (
      serves('ntp') &&
      this.seen('ntp').some(({ role, observation }) => role === 'server' && observation.answered)
    ) {
      roles.push('ntp_server');
    }
    return roles;
  }

  #findPeers(): Peer[] {
    interface Sum {
      readonly sighting: Sighting<'connection'>;
      readonly services: Set<string>;
      bytesOut: number;
      bytesIn: number;
      packetsOut: number;
      packetsIn: number;
    }
    const sums = new Map<string, Sum>();
    for (const sighting of this.seen('connection')) {
      const { observation, role, peer } = sighting;
      const key = peer.device?.id ?? peer.address;
      let sum = sums.get(key);
      if (!sum) {
        if (sums.size >= PEERS_MAX) continue;
        sum = {
          sighting,
          services: new Set(),
          bytesOut: 0,
          bytesIn: 0,
          packetsOut: 0,
          packetsIn: 0,
        };
        sums.set(key, sum);
      }
      const out = role === 'client' ? 0 : 1;
      const back = role === 'client' ? 1 : 0;
      sum.bytesOut += observation.bytes[out];
      sum.bytesIn += observation.bytes[back];
      sum.packetsOut += observation.packetCount[out];
      sum.packetsIn += observation.packetCount[back];
      if (sum.services.size < PEER_SERVICES_MAX) sum.services.add(serviceText(observation));
    }
    return [...sums.values()]
      .map(({ sighting: { peer }, services, ...counts }) => ({
        address: peer.address,
        name: peer.device?.names[0]?.name ?? peer.name,
        device: peer.device?.id,
        scope: peer.scope,
        sameSegment: peer.sameSegment,
        services: [...services],
        ...counts,
      }))
      .sort((a, b) => b.bytesOut + b.bytesIn - a.bytesOut - a.bytesIn);
  }
}

const NEVER: PacketRef = { file: 0, packet: 0, seconds: 0, nanos: 0 };

/** `tcp/443 tls`, `arp`. */
function serviceText({ carrier, serverPort, protocol }: Observation<'connection'>): string {
  const place = carrier === 'tcp' || carrier === 'udp' ? `${carrier}/${serverPort}` : carrier;
  return protocol === undefined || protocol === carrier ? place : `${place} ${protocol}`;
}

/** IPv4 before global IPv6 before link-local ones. */
function addressRank(hosts: Hosts, host: HostId): number {
  const scope = hosts.scopeOf(host);
  const isIpv6 = hosts.addressOf(host).includes(':');
  return (isIpv6 ? 1 : 0) + (scope === 'link_local' ? 2 : 0);
}

function timeOf(at: PacketRef): number {
  return at.seconds + at.nanos * 1e-9;
}

function isBefore(a: PacketRef, b: PacketRef): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}

function firstDefined<T, R>(items: readonly T[], pick: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const picked = pick(item);
    if (picked !== undefined) return picked;
  }
  return undefined;
}
