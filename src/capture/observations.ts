/**
 * Observations: what the capture proves about who spoke with whom and how, aggregated from events and flows, with
 * the packets that prove it. Equal observations are counted, not repeated, and each kind is bounded, so memory
 * follows the number of different things seen and not the length of the capture.
 */
import type { Secret } from '../base/index.ts';
import type { Carrier, Flow, HostId, PacketRef } from './decoder.ts';
import { HOSTS_MAX } from './hosts.ts';
import type {
  AdministrationFields,
  AnnouncementFields,
  AssociationFields,
  ClaimFields,
  CoapFields,
  ConnectionFields,
  ControlWriteFields,
  DhcpFields,
  DnsFields,
  FanOutFields,
  FtpFields,
  HttpFields,
  IdentificationFields,
  IkeFields,
  KerberosFields,
  LocalControlFields,
  LoginFields,
  MailFields,
  MalformedFields,
  MediaStreamFields,
  MqttFields,
  NtpFields,
  OpcUaFields,
  PersonalDataFields,
  PollingFields,
  PortMappingFields,
  RadiusFields,
  RouterFields,
  RtspFields,
  SipFields,
  SnmpFields,
  SshFields,
  StunFields,
  SyslogFields,
  TelnetFields,
  TftpFields,
  TlsFields,
  TransferFields,
  TunnelFields,
} from './observation-kinds.ts';
import { WordTable } from './word-table.ts';

export type * from './observation-kinds.ts';

/** Packets that are kept as proof of one observation. */
export const PROOF_PACKETS_MAX = 8;
/** Different observations kept of one kind; the rest are counted in `dropped`. */
export const OBSERVATIONS_MAX = 50_000;
/** Different observations kept of one kind between two hosts on one port: one host cannot fill the kind with one other. */
const OBSERVATIONS_A_PAIR_MAX = 4_000;
/** Different observations kept in all, connections and bursts apart. */
const OBSERVATIONS_TOTAL_MAX = 150_000;

/** What every observation has. */
export interface Observed {
  readonly client: HostId;
  readonly server: HostId;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly carrier: Carrier;
  /** The opening was seen, so who is client and who is server is certain. */
  readonly openingSeen: boolean;
  readonly multicast: boolean;
  readonly first: PacketRef;
  last: PacketRef;
  /** How many times the same was seen. */
  count: number;
  /** The packets that prove it, at most PROOF_PACKETS_MAX. */
  readonly packets: PacketRef[];
  /** Secrets inside those packets, to be masked wherever the packets are saved. */
  readonly secrets: Secret[];
  /** The secret is spread over packets (Telnet: a key a packet), so their whole payload is masked when saved. */
  maskPayload?: boolean;
}

export interface ObservationFields {
  tls: TlsFields;
  http: HttpFields;
  login: LoginFields;
  mqtt: MqttFields;
  coap: CoapFields;
  ssh: SshFields;
  telnet: TelnetFields;
  ftp: FtpFields;
  transfer: TransferFields;
  dns: DnsFields;
  announcement: AnnouncementFields;
  dhcp: DhcpFields;
  ntp: NtpFields;
  port_mapping: PortMappingFields;
  control_write: ControlWriteFields;
  polling: PollingFields;
  identification: IdentificationFields;
  local_control: LocalControlFields;
  association: AssociationFields;
  personal_data: PersonalDataFields;
  opcua: OpcUaFields;
  claim: ClaimFields;
  router: RouterFields;
  fan_out: FanOutFields;
  connection: ConnectionFields;
  malformed: MalformedFields;
  tftp: TftpFields;
  mail: MailFields;
  snmp: SnmpFields;
  syslog: SyslogFields;
  radius: RadiusFields;
  kerberos: KerberosFields;
  ike: IkeFields;
  sip: SipFields;
  administration: AdministrationFields;
  rtsp: RtspFields;
  media_stream: MediaStreamFields;
  stun: StunFields;
  tunnel: TunnelFields;
}
export type ObservationKind = keyof ObservationFields;
export type Observation<K extends ObservationKind> = Observed & ObservationFields[K];

/** What observations need to know of a flow: a Flow, or a bare pair of hosts. */
export type Parties = Pick<
  Flow,
  'carrier' | 'client' | 'server' | 'clientPort' | 'serverPort' | 'openingSeen' | 'multicast'
>;

/** All observations of one kind. */
interface KindRecords {
  readonly list: Observation<ObservationKind>[];
  /** By the parties' number, then by key. */
  readonly byParties: Map<number, Map<string, Observation<ObservationKind>>>;
}

/** The run's observations by kind: counted, bounded. */
export class Observations {
  readonly #byKind = new Map<ObservationKind, KindRecords>();
  /** Client, server, port and carrier of records that are kept: more than there can be. */
  readonly #parties = new WordTable(3, 2 ** Math.ceil(Math.log2(OBSERVATIONS_TOTAL_MAX + 1)));
  #total = 0;
  #trail: Observed[] | undefined;
  /** By host: an observation with it was not kept. */
  readonly #incomplete = new Uint8Array(HOSTS_MAX);
  /** How many observations of a kind were not kept because there were too many different ones. */
  readonly dropped = new Map<ObservationKind, number>();

  /**
   * Notes one observation. Alike ones (same kind, hosts, server port and `key`) are counted on the first, whose
   * record is returned so that its counters can grow; `fields` is called for a new one only.
   * @returns the record, or undefined when there is no room for another.
   */
  note<K extends ObservationKind>(
    kind: K,
    parties: Parties,
    at: PacketRef,
    key: string,
    fields: () => ObservationFields[K],
  ): Observation<K> | undefined {
    const records = this.#recordsOf(kind);
    const { client, server, serverPort, carrier } = parties;
    const service = (serverPort << 3) | carrierCode(carrier);
    let byKey = records.byParties.get(this.#parties.find(client, server, service, 0));
    const known = byKey?.get(key) as Observation<K> | undefined;
    if (known) {
      this.#trail?.push(known);
      touch(known, at);
      return known;
    }
    if (
      records.list.length >= OBSERVATIONS_MAX ||
      this.#total >= OBSERVATIONS_TOTAL_MAX ||
      (byKey?.size ?? 0) >= OBSERVATIONS_A_PAIR_MAX
    ) {
      this.dropped.set(kind, (this.dropped.get(kind) ?? 0) + 1);
      this.#incomplete[client] = 1;
      this.#incomplete[server] = 1;
      return undefined;
    }
    const { clientPort, openingSeen, multicast } = parties;
    const record = {
      client,
      server,
      clientPort,
      serverPort,
      carrier,
      openingSeen,
      multicast,
      first: at,
      last: at,
      count: 1,
      packets: [at],
      secrets: [],
      ...fields(),
    } as unknown as Observation<K>;
    if (!byKey) {
      byKey = new Map();
      records.byParties.set(this.#parties.intern(client, server, service, 0), byKey);
    }
    byKey.set(key, record);
    records.list.push(record);
    this.#total++;
    this.#trail?.push(record);
    return record;
  }

  /** Takes a record that was aggregated elsewhere. */
  add<K extends ObservationKind>(kind: K, record: Observation<K>): void {
    this.#recordsOf(kind).list.push(record);
  }

  of<K extends ObservationKind>(kind: K): readonly Observation<K>[] {
    return (this.#byKind.get(kind)?.list ?? []) as unknown as readonly Observation<K>[];
  }

  kinds(): Iterable<ObservationKind> {
    return this.#byKind.keys();
  }

  /** Whether something that was seen of a host was not kept, so that nothing may be concluded from silence. */
  isIncomplete(host: HostId): boolean {
    return this.#incomplete[host] === 1;
  }

  /** From now on records that are noted are listed in `trail` as well; undefined ends it. */
  follow(trail: Observed[] | undefined): void {
    this.#trail = trail;
  }

  #recordsOf(kind: ObservationKind): KindRecords {
    let records = this.#byKind.get(kind);
    if (!records) {
      records = { list: [], byParties: new Map() };
      this.#byKind.set(kind, records);
    }
    return records;
  }
}

const CARRIERS: readonly Carrier[] = ['tcp', 'udp', 'arp', 'icmp', 'icmpv6', 'igmp', 'other'];

/** A small number for a carrier. */
export function carrierCode(carrier: Carrier): number {
  return CARRIERS.indexOf(carrier);
}

/** The same was seen again. */
export function touch(observed: Observed, at: PacketRef): void {
  observed.count++;
  observed.last = at;
  addProof(observed, at);
}

/** Adds a packet to an observation's proof, unless it is there or there are enough. */
export function addProof(observed: Observed, at: PacketRef): void {
  const { packets } = observed;
  if (packets.length >= PROOF_PACKETS_MAX) return;
  for (const known of packets) if (known.packet === at.packet && known.file === at.file) return;
  packets.push(at);
}
