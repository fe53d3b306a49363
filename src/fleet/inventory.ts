/**
 * The inventory: who is there, what each one says of itself, what it offers and whom it talks to; made from the
 * hosts and observations of captures.
 */
import type { HostId, Observation, ObservationKind, PacketRef, Traffic } from '../capture/index.ts';
import { AddressBook, prefixOf } from './address-book.ts';
import type {
  Device,
  DeviceBehaviour,
  ExpectedDevice,
  Network,
  TypeEvidenceKind,
} from './device.ts';
import { groupHosts } from './grouping.ts';
import { PeerNames } from './peer-names.ts';
import type { Routing } from './roles.ts';
import { type Surroundings, TrafficDevice } from './traffic-device.ts';

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

/** How devices' types are found besides by what they say of themselves. */
export interface Typing {
  readonly evidence?: TypeEvidenceKind;
  /** What a model says of the device with this MAC. */
  readonly behaviourOf?: (mac: string | undefined) => DeviceBehaviour;
}

/** Makes the inventory of a network from its traffic. */
export function inventory(
  traffic: Traffic,
  expectations?: InventoryExpectations,
  typing?: Typing,
): Network {
  return new TrafficNetwork(traffic, expectations, typing);
}

class TrafficNetwork implements Network, Surroundings {
  readonly devices: readonly TrafficDevice[];
  readonly gateways: readonly Device[];
  readonly resolvers = new Set<string>();
  readonly timeServers = new Set<string>();
  readonly routers = new Set<string>();
  readonly from: PacketRef | undefined;
  readonly to: PacketRef | undefined;
  readonly duration_s: number;
  readonly periods: readonly { readonly from: number; readonly to: number }[];
  readonly book: AddressBook;
  readonly evidence: TypeEvidenceKind;
  readonly behaviourOf: ((mac: string | undefined) => DeviceBehaviour) | undefined;
  readonly #traffic: Traffic;
  readonly #peerNames: PeerNames;
  readonly #byHost: (TrafficDevice | undefined)[] = [];
  readonly #byId = new Map<string, TrafficDevice>();
  readonly #expectations: InventoryExpectations | undefined;
  readonly #sharing = new Map<string, ReadonlyMap<string, readonly Device[]>>();

  constructor(
    traffic: Traffic,
    expectations: InventoryExpectations | undefined,
    typing: Typing = {},
  ) {
    this.evidence = typing.evidence ?? 'all';
    this.behaviourOf = typing.behaviourOf;
    this.#traffic = traffic;
    this.#expectations = expectations;
    this.book = new AddressBook(traffic.hosts);
    this.from = traffic.first;
    this.to = traffic.last;
    this.duration_s =
      traffic.first && traffic.last ? Math.max(0, timeOf(traffic.last) - timeOf(traffic.first)) : 0;
    this.periods = traffic.files.flatMap(({ span }) => span ?? []);
    this.#learnInfrastructure();
    const devices = groupHosts(traffic, this.book).map((group) => new TrafficDevice(this, group));
    const { observations } = traffic;
    for (const device of devices) {
      device.incomplete = device.group.hosts.some((host) => observations.isIncomplete(host));
    }
    for (const device of devices) {
      this.#byId.set(device.id, device);
      for (const host of [...device.group.hosts, ...device.group.silent])
        this.#byHost[host] = device;
    }
    this.#peerNames = new PeerNames(traffic, this.book, (host) => this.#byHost[host]);
    this.#handOutSightings(devices);
    this.#complete(devices);
    this.devices = devices.sort(
      (a, b) => b.bytesSent + b.bytesReceived - a.bytesSent - a.bytesReceived,
    );
    this.gateways = devices.filter((device) => device.roles.includes('gateway'));
  }

  deviceById(id: string): Device | undefined {
    return this.#byId.get(id);
  }

  deviceOfHost(host: HostId): TrafficDevice | undefined {
    return this.#byHost[host];
  }

  addressOf(host: HostId): string {
    return this.book.textOf(host);
  }

  segmentOf(address: string): string | undefined {
    return this.#expectations?.segmentOf(address);
  }

  nameOf(address: string, device: TrafficDevice): string | undefined {
    return this.#peerNames.nameOf(address, device);
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

  #learnInfrastructure(): void {
    for (const lease of this.#traffic.observations.of('dhcp')) {
      for (const resolver of lease.resolvers) this.resolvers.add(resolver);
      for (const router of lease.routers) this.routers.add(router);
      for (const server of lease.timeServers) this.timeServers.add(server);
    }
    for (const router of this.#traffic.observations.of('router')) {
      for (const resolver of router.resolvers) this.resolvers.add(resolver);
      if (router.lifetime_s > 0) this.routers.add(this.addressOf(router.client));
    }
  }

  #handOutSightings(devices: readonly TrafficDevice[]): void {
    /** Routers by the hosts that speak through them: what passes through shows that the router is there. */
    const routers: (TrafficDevice | undefined)[] = [];
    for (const device of devices) for (const host of device.group.forwarded) routers[host] = device;
    const { observations } = this.#traffic;
    for (const kind of observations.kinds()) {
      const list: readonly Observation<ObservationKind>[] = observations.of(kind);
      for (const observation of list) {
        const { client, server } = observation;
        this.#byHost[client]?.sees(kind, observation, 'client', server);
        this.#byHost[server]?.sees(kind, observation, 'server', client);
        routers[client]?.isSeen(observation);
        routers[server]?.isSeen(observation);
      }
    }
  }

  #complete(devices: readonly TrafficDevice[]): void {
    const routing: Routing = {
      named: this.routers,
      served: new Set(
        devices
          .filter(({ group }) => group.routes)
          .flatMap(({ addresses }) => addresses.map(prefixOf)),
      ),
    };
    const expected = (device: TrafficDevice): ExpectedDevice | undefined =>
      this.#expectations?.deviceFor({
        mac: device.mac,
        addresses: device.addresses,
        names: device.names.map(({ name }) => name),
      });
    const { from, to } = this;
    for (const device of devices) device.complete({ routing, from, to, expected });
  }
}

function timeOf(at: PacketRef): number {
  return at.seconds + at.nanos * 1e-9;
}
