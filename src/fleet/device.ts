/**
 * A device as the inventory knows it: found by its MAC on its segment or by its address behind a router, with what
 * it says of itself, what it offers, whom it talks to, and every observation it takes part in.
 */
import type { Scope } from '../base/index.ts';
import type { HostId, Observation, ObservationKind, PacketRef } from '../capture/index.ts';

/** What a device does for the network it is in. */
export type NetworkRole =
  | 'gateway'
  | 'resolver'
  | 'dhcp_server'
  | 'ntp_server'
  | 'access_point'
  /** Polls or commands controllers, and is polled or commanded. */
  | 'master'
  | 'outstation';

export interface Device {
  /** `mac:aa:bb:cc:dd:ee:ff`, or `ip:192.0.2.1` behind a router or in a capture without Ethernet. */
  readonly id: string;
  readonly mac: string | undefined;
  /** Vendor of the MAC's registered prefix. */
  readonly vendor: string | undefined;
  /** The MAC is locally administered: random, or made up. */
  readonly randomisedMac: boolean;
  readonly addresses: readonly string[];
  /** Best first, by how it was learnt (DHCP, mDNS, SSDP, NBNS, HTTP, TLS, DNS). */
  readonly names: readonly DeviceName[];
  readonly roles: readonly NetworkRole[];
  /** By expectations, else the prefix of its first address (`192.168.1.0/24`). */
  readonly segment: string | undefined;
  readonly type: string | undefined;
  readonly typeCandidates: readonly TypeCandidate[];
  /** Why it is of that type, one sentence a rule, with the packet. */
  readonly typeEvidence: readonly StatedEvidence[];
  /** The two kinds of evidence by themselves: what it says of itself, and how it behaves (where a model was asked). */
  readonly stated?: StatedType;
  readonly behaviour?: DeviceBehaviour | undefined;
  /** What it says of itself: maker, model, version, serial (masked), operating system. */
  readonly description: Readonly<Record<string, string>>;
  readonly services: readonly Service[];
  readonly peers: readonly Peer[];
  /** What it spoke, and whether that could be read on the way; the most spoken first. */
  readonly spoken?: readonly SpokenProtocol[];
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly firstSeen: PacketRef;
  readonly lastSeen: PacketRef;
  /** More was seen of it than could be kept: that something is not there proves nothing. */
  readonly incomplete?: boolean;
  /** What the user's expectations say of it. */
  readonly expected: ExpectedDevice | undefined;
  /** Observations of a kind that it takes part in, each with its role and the other side. */
  seen<K extends ObservationKind>(kind: K): readonly Sighting<K>[];
}

/** Which kinds of evidence a device's type is taken from: what it says of itself, how it behaves, or both. */
export type TypeEvidenceKind = 'all' | 'stated' | 'traffic';

/** A type with how probable it is. */
export interface TypeCandidate {
  readonly type: string;
  readonly probability: number;
}

export interface StatedEvidence {
  readonly rule: string;
  readonly text: string;
  readonly at: PacketRef;
}

/** What a device is by what it says of itself. */
export interface StatedType {
  /** Undefined: unknown. */
  readonly type: string | undefined;
  readonly candidates: readonly TypeCandidate[];
  readonly evidence: readonly StatedEvidence[];
}

/** What a device is by how it behaves, as a model judges it that sees no address, no name and no serial number. */
export interface DeviceBehaviour {
  /** Undefined: none that the model was taught, or too little was seen. */
  readonly type: string | undefined;
  /** The types that it may be, look-alikes among them; the likeliest first. */
  readonly set: readonly string[];
  readonly candidates: readonly TypeCandidate[];
  /** The type that it comes nearest to, whether or not it is of it. */
  readonly nearest: string | undefined;
  /** What spoke for the type (positive) and against it, in parts of all that was asked. */
  readonly reasons: readonly { readonly text: string; readonly weight: number }[];
  /** What it does that is not known of the nearest type, and the other way round. */
  readonly doubts: readonly string[];
  /** What would make it surer. */
  readonly advice: readonly string[];
  /** Packets that were looked at. */
  readonly packets: number;
}

export interface DeviceName {
  readonly name: string;
  readonly source:
    | 'expected'
    | 'dhcp'
    | 'mdns'
    | 'ssdp'
    | 'nbns'
    | 'llmnr'
    | 'identification'
    | 'syslog'
    | 'http'
    | 'tls'
    | 'dns';
}

/** A service that the device really offered: it answered. */
export interface Service {
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
  readonly protocol: string | undefined;
  /** Banner or server text, cut and escaped for print by whoever prints it. */
  readonly product: string | undefined;
  readonly clients: number;
}

/** Whether what was said could be read on the way: never, always, now and then, or not known. */
export type Protection = 'encrypted' | 'clear' | 'both' | 'unknown';

export interface SpokenProtocol {
  /** As decoders call it; where none recognised it, the carrier: `tcp`. */
  readonly protocol: string;
  readonly protection: Protection;
  readonly packets: number;
  readonly bytes: number;
}

export interface Peer {
  readonly address: string;
  /** From DNS answers that the capture holds, else the SNI or Host it was called by. */
  readonly name: string | undefined;
  /** Set when the peer is a device of this inventory. */
  readonly device: string | undefined;
  readonly scope: Scope;
  /** In the device's own segment (same link, no router between). */
  readonly sameSegment: boolean;
  /** e.g. `tcp/443 tls`, at most 16. */
  readonly services: readonly string[];
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly packetsIn: number;
}

/** One observation from the device's side. */
export interface Sighting<K extends ObservationKind> {
  readonly observation: Observation<K>;
  /** The part the device played. */
  readonly role: 'client' | 'server';
  readonly peer: {
    readonly host: HostId;
    readonly address: string;
    readonly mac: string | undefined;
    readonly name: string | undefined;
    readonly device: Device | undefined;
    readonly scope: Scope;
    readonly sameSegment: boolean;
  };
}

/** An entry of expectations.yaml that matched. */
export interface ExpectedDevice {
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly segment: string | undefined;
  readonly lifeUntil: string | undefined;
  /** Free marks that controls ask for: `scanner`, `router`, `gateway`, `constrained`, `hub`, `life-safety`. */
  readonly marks: readonly string[];
}

/** The network of one scan: its devices, and the period and inputs they were seen in. */
export interface Network {
  readonly devices: readonly Device[];
  deviceById(id: string): Device | undefined;
  deviceOfHost(host: HostId): Device | undefined;
  addressOf(host: HostId): string;
  readonly gateways: readonly Device[];
  /** Addresses that DHCP or router advertisements named as resolvers and time servers. */
  readonly resolvers: ReadonlySet<string>;
  readonly timeServers: ReadonlySet<string>;
  /** Addresses that DHCP offers and router advertisements named as gateways. */
  readonly routers: ReadonlySet<string>;
  readonly from: PacketRef | undefined;
  readonly to: PacketRef | undefined;
  /** Length of the capture in seconds. */
  readonly duration_s: number;
  /** When there was somebody watching: one period a capture, in seconds since 1970; the whole time where absent. */
  readonly periods?: readonly { readonly from: number; readonly to: number }[];
  /**
   * Which devices share something: `keysOf` gives a device's keys (key fingerprints, credential hashes); computed
   * once a run for each `name`.
   */
  sharing(
    name: string,
    keysOf: (device: Device) => Iterable<string>,
  ): ReadonlyMap<string, readonly Device[]>;
}
