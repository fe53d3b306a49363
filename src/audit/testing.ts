/**
 * Terse scenes for the tests of controls: a network, its devices, parties outside, and what was seen between them.
 *
 * ```ts
 * const home = scene();
 * const camera = home.device('192.168.1.20');
 * const cloud = home.party('198.51.100.7', { name: 'cloud.example' });
 * home.saw('mqtt', camera, cloud, { serverPort: 1883, userName: 'cam', returnCode: 0 });
 * expect(home.judge(clearMqtt, camera)).toMatchObject({ verdict: 'fail' });
 * ```
 */

import type { Secret } from '../base/index.ts';
import { isLocalScope, SecretSealer, scopeOf } from '../base/index.ts';
import type {
  HostId,
  ObservationFields,
  ObservationKind,
  Observed,
  PacketRef,
} from '../capture/index.ts';
import type { Device, Network, Sighting } from '../fleet/index.ts';
import type { Control, Judgement } from './control.ts';

/** One end of what was seen: a device of the inventory, or somebody outside it. */
export interface Party {
  readonly host: HostId;
  readonly address: string;
  readonly mac: string | undefined;
  readonly name: string | undefined;
  readonly device: Device | undefined;
}

type SceneDevice = Device & { readonly party: Party };
export type Saw<K extends ObservationKind> = Partial<Omit<Observed, 'client' | 'server'>> &
  Partial<ObservationFields[K]> & { /** Seconds since the scene began. */ at?: number };

const T0 = Date.UTC(2026, 0, 5, 12) / 1000;
const sealer = new SecretSealer(new Uint8Array(32));

/** A secret under the scene's key: equal texts give equal hashes. */
export const secret = (text: string): Secret => sealer.seal(text);

/** A moment of the scene; every call is the next packet of file 0. */
let packetNumber = 0;
export function at(second = 0): PacketRef {
  packetNumber++;
  return {
    file: 0,
    packet: packetNumber,
    seconds: T0 + Math.floor(second),
    nanos: Math.round((second % 1) * 1e9),
  };
}

export interface Scene {
  readonly network: Network;
  /** A device on the segment; `overrides` may set any field of Device. */
  device(address: string, overrides?: Partial<Device>): SceneDevice;
  /** Somebody who is no device of the inventory: a cloud, an attacker, a multicast group. */
  party(address: string, known?: { name?: string; mac?: string }): Party;
  /** Notes an observation on both sides and returns it. */
  saw<K extends ObservationKind>(
    kind: K,
    client: Party | SceneDevice,
    server: Party | SceneDevice,
    fields?: Saw<K>,
  ): Observed & ObservationFields[K];
  /** What a control says of a device, before the floor. */
  judge<P extends object>(control: Control<P>, device: Device, parameters?: Partial<P>): Judgement;
}

/** @param overrides - fields of Network; `duration_s` also sets how long each device is in view (default an hour). */
export function scene(overrides: Partial<Network> = {}): Scene {
  const devices: SceneDevice[] = [];
  const parties: Party[] = [];
  const sightings = new Map<
    Device,
    { kind: ObservationKind; sighting: Sighting<ObservationKind> }[]
  >();
  const duration_s = overrides.duration_s ?? 3600;

  const network: Network = {
    devices,
    deviceById: (id) => devices.find((device) => device.id === id),
    deviceOfHost: (host) => parties[host - 1]?.device,
    addressOf: (host) => parties[host - 1]?.address ?? '0.0.0.0',
    get gateways() {
      return devices.filter((device) => device.roles.includes('gateway'));
    },
    resolvers: new Set(),
    timeServers: new Set(),
    routers: new Set(),
    from: at(0),
    to: at(duration_s),
    duration_s,
    sharing(_name, keysOf) {
      const owners = new Map<string, Device[]>();
      for (const device of devices) {
        for (const key of new Set(keysOf(device))) {
          owners.set(key, [...(owners.get(key) ?? []), device]);
        }
      }
      return owners;
    },
    ...overrides,
  };

  function party(
    address: string,
    known: { name?: string; mac?: string; device?: Device } = {},
  ): Party {
    const made = {
      host: parties.length + 1,
      address,
      mac: known.mac,
      name: known.name,
      device: known.device,
    };
    parties.push(made);
    return made;
  }

  function device(address: string, deviceOverrides: Partial<Device> = {}): SceneDevice {
    const mac = 'mac' in deviceOverrides ? deviceOverrides.mac : macOf(address, devices.length);
    const made: SceneDevice = {
      id: mac ? `mac:${mac}` : `ip:${address}`,
      mac,
      vendor: undefined,
      randomisedMac: false,
      addresses: [address],
      names: [],
      roles: [],
      segment: segmentOf(address),
      type: undefined,
      typeCandidates: [],
      typeEvidence: [],
      description: {},
      services: [],
      peers: [],
      bytesSent: 0,
      bytesReceived: 0,
      packetsSent: 0,
      packetsReceived: 0,
      firstSeen: at(0),
      lastSeen: at(duration_s),
      expected: undefined,
      ...deviceOverrides,
      seen: (<K extends ObservationKind>(kind: K) =>
        (sightings.get(made) ?? [])
          .filter((entry) => entry.kind === kind)
          .map((entry) => entry.sighting)) as Device['seen'],
      get party() {
        return own;
      },
    };
    const own = party(address, { device: made, ...(mac ? { mac } : {}) });
    devices.push(made);
    return made;
  }

  function note(
    self: Party,
    other: Party,
    role: 'client' | 'server',
    kind: ObservationKind,
    observation: unknown,
  ) {
    if (!self.device) return;
    const sighting = {
      observation,
      role,
      peer: {
        host: other.host,
        address: other.address,
        mac: other.mac,
        name: other.name,
        device: other.device,
        scope: scopeOf(other.address),
        sameSegment: sameSegment(self.address, other.address),
      },
    } as Sighting<ObservationKind>;
    const list = sightings.get(self.device) ?? [];
    list.push({ kind, sighting });
    sightings.set(self.device, list);
  }

  return {
    network,
    device,
    party,
    saw(kind, client, server, fields) {
      const one = 'party' in client ? client.party : client;
      const other = 'party' in server ? server.party : server;
      const { at: second = 0, ...given } = fields ?? ({} as Saw<typeof kind>);
      const first = at(second);
      const observation = {
        client: one.host,
        server: other.host,
        clientPort: 49152,
        serverPort: PORTS[kind] ?? 80,
        carrier: CARRIERS[kind] ?? 'tcp',
        openingSeen: true,
        multicast: scopeOf(other.address) === 'multicast',
        first,
        last: first,
        count: 1,
        packets: [first],
        secrets: [],
        ...blank(kind),
        ...given,
      };
      note(one, other, 'client', kind, observation);
      if (other !== one) note(other, one, 'server', kind, observation);
      return observation as never;
    },
    judge: (control, judged, parameters) =>
      control.evaluate(judged, network, { ...control.parameters, ...parameters }),
  };
}

const PORTS: Partial<Record<ObservationKind, number>> = {
  tls: 443,
  mqtt: 1883,
  coap: 5683,
  ssh: 22,
  telnet: 23,
  ftp: 21,
  dns: 53,
  dhcp: 67,
  ntp: 123,
  announcement: 1900,
  control_write: 502,
  opcua: 4840,
  polling: 502,
  local_control: 9999,
  tftp: 69,
  mail: 25,
  snmp: 161,
  syslog: 514,
  radius: 1812,
  kerberos: 88,
  ike: 500,
  administration: 5555,
  rtsp: 554,
  stun: 3478,
  tunnel: 51820,
  sip: 5060,
};
const CARRIERS: Partial<Record<ObservationKind, Observed['carrier']>> = {
  coap: 'udp',
  association: 'other',
  dns: 'udp',
  dhcp: 'udp',
  ntp: 'udp',
  announcement: 'udp',
  tftp: 'udp',
  snmp: 'udp',
  syslog: 'udp',
  radius: 'udp',
  kerberos: 'udp',
  ike: 'udp',
  media_stream: 'udp',
  stun: 'udp',
  tunnel: 'udp',
  sip: 'udp',
  claim: 'arp',
  router: 'icmpv6',
};

/** Fields as an observer would leave them when nothing particular was seen. */
const BLANK: { [K in ObservationKind]: () => ObservationFields[K] } = {
  tls: () => ({
    dtls: false,
    clientHello: undefined,
    serverHello: undefined,
    certificates: [],
    clientCertificates: [],
    clientCertificateRequested: false,
    resumed: false,
    established: true,
    applicationBytes: [0, 0],
    pskIdentity: undefined,
    alerts: [],
    retry: false,
  }),
  http: () => ({
    method: 'GET',
    host: undefined,
    path: '/',
    userAgent: undefined,
    authorization: undefined,
    cookie: false,
    cookieNames: [],
    passwordField: false,
    status: 200,
    product: undefined,
    wwwAuthenticate: undefined,
    requestType: undefined,
    responseType: undefined,
    requestBytes: 0,
    responseBytes: 0,
    location: undefined,
    title: undefined,
    loginForm: false,
    responseEncoding: undefined,
    upnpDescription: undefined,
  }),
  login: () => ({
    protocol: 'http',
    method: 'basic',
    user: undefined,
    secret: undefined,
    outcome: 'unknown',
    times: [],
    target: undefined,
  }),
  mqtt: () => ({
    clientId: 'client',
    protocolVersion: 4,
    userName: undefined,
    password: undefined,
    keepAlive_s: 60,
    will: undefined,
    returnCode: 0,
    subscriptions: [],
    published: new Map(),
    received: new Map(),
    messages: 0,
    from: T0,
    to: T0 + 60,
  }),
  coap: () => ({
    method: 'GET',
    code: '0.01',
    path: '/',
    oscore: false,
    payloadBytes: 0,
    response: '2.05',
    responseBytes: 0,
  }),
  ssh: () => ({
    clientBanner: undefined,
    serverBanner: undefined,
    hassh: undefined,
    hasshServer: undefined,
    hostKey: undefined,
    hostKeyType: undefined,
    kex: undefined,
    encrypted: true,
  }),
  telnet: () => ({ negotiated: true, bytes: [0, 0] }),
  ftp: () => ({ banner: undefined, user: undefined, secured: false, passwordSent: false }),
  transfer: () => ({
    protocol: 'http',
    name: '/file',
    toClient: true,
    bytes: 0,
    contentType: undefined,
    magic: undefined,
  }),
  dns: () => ({
    service: 'dns',
    name: 'example.com',
    type: 'A',
    rcode: 0,
    answers: [],
    addresses: [],
    queryBytes: 0,
    answerBytes: 0,
  }),
  announcement: () => ({
    protocol: 'ssdp',
    service: 'upnp:rootdevice',
    instance: undefined,
    hostName: undefined,
    fields: {},
    answer: false,
  }),
  dhcp: () => ({
    message: 'ack',
    version: 4,
    clientMac: undefined,
    hostName: undefined,
    vendorClass: undefined,
    parameters: [],
    address: undefined,
    serverId: undefined,
    routers: [],
    resolvers: [],
    timeServers: [],
  }),
  ntp: () => ({ version: 4, mode: 3, stratum: 2, answered: true, offset_s: 0 }),
  port_mapping: () => ({
    protocol: 'upnp',
    externalPort: 8080,
    internalPort: 80,
    internalClient: undefined,
    transport: 'tcp',
    lease_s: 3600,
    description: undefined,
    outcome: 'granted',
  }),
  control_write: () => ({
    protocol: 'modbus',
    operation: 'write_single_register',
    effect: 'value',
    station: '1',
    outcome: 'accepted',
  }),
  polling: () => ({ protocol: 'modbus', station: '1', reads: 1, writes: 0, answers: 1 }),
  association: () => ({
    ssid: 'Home',
    bssid: '02:00:00:00:00:01',
    security: 'rsn',
    pairwiseCiphers: ['ccmp-128'],
    groupCipher: 'ccmp-128',
    keyManagement: ['psk'],
    pmf: 'capable',
    seenIn: 'association',
    outcome: 'accepted',
  }),
  personal_data: () => ({
    protocol: 'http',
    data: 'email',
    where: 'body',
    value: secret('someone@maker.net'),
  }),
  local_control: () => ({
    protocol: 'kasa',
    operation: 'system.set_relay_state',
    effect: 'change',
    protection: 'none',
    outcome: 'accepted',
  }),
  identification: () => ({
    protocol: 'modbus',
    maker: undefined,
    model: undefined,
    version: undefined,
    serial: undefined,
    name: undefined,
  }),
  tftp: () => ({
    operation: 'read',
    file: 'file',
    mode: 'octet',
    outcome: 'answered',
    error: undefined,
  }),
  mail: () => ({
    protocol: 'smtp',
    banner: undefined,
    tlsOffered: false,
    secured: false,
    user: undefined,
    method: undefined,
    messages: 0,
  }),
  snmp: () => ({
    version: 2,
    operation: 'read',
    community: undefined,
    wellKnown: undefined,
    user: undefined,
    security: undefined,
    outcome: 'accepted',
  }),
  syslog: () => ({ hostName: undefined, apps: [], messages: 1, severity: 6 }),
  radius: () => ({
    request: 'access',
    nasIdentifier: undefined,
    nasAddress: undefined,
    authentication: 'eap',
    eapType: undefined,
    authenticated: true,
    outcome: 'accepted',
  }),
  kerberos: () => ({
    request: 'as',
    user: undefined,
    realm: undefined,
    service: undefined,
    outcome: 'accepted',
    error: undefined,
    encryption: 18,
    ticketEncryption: 18,
  }),
  ike: () => ({ version: 2, exchange: 'sa_init', offered: [], chosen: undefined, vendorIds: [] }),
  sip: () => ({
    method: 'REGISTER',
    userAgent: undefined,
    product: undefined,
    status: 200,
    media: [],
  }),
  opcua: () => ({
    securityPolicy: 'Basic256Sha256',
    securityMode: 'sign_and_encrypt',
    use: 'session',
    session: 'none',
    userToken: undefined,
    passwordInClear: false,
    endpointUrl: undefined,
    serverName: undefined,
    offered: [],
  }),
  claim: () => ({ protocol: 'arp', mac: '', address: '', gratuitous: false }),
  router: () => ({ lifetime_s: 1800, prefixes: [], resolvers: [] }),
  fan_out: () => ({ port: 23, window_s: 60, destinations: 0, unanswered: 0, total: 0 }),
  connection: () => ({
    flows: 1,
    established: 1,
    answered: 1,
    refused: 0,
    bytes: [1000, 1000],
    packetCount: [10, 10],
    protocol: undefined,
    shortSessions: [],
  }),
  malformed: () => ({ protocol: 'dns', units: 0, malformed: 0, reasons: new Map() }),
  administration: () => ({
    protocol: 'adb',
    answered: true,
    version: undefined,
    security: undefined,
    access: 'unknown',
    anonymous: false,
    target: undefined,
  }),
  rtsp: () => ({
    method: 'DESCRIBE',
    path: '/stream',
    status: 200,
    authorization: undefined,
    credentialInUrl: false,
    midstream: false,
    product: undefined,
    userAgent: undefined,
    realm: undefined,
    media: [],
  }),
  media_stream: () => ({
    media: 'video',
    payloadType: 96,
    encoding: 'H264',
    profile: 'RTP/AVP',
    protection: 'clear',
    carriage: 'udp',
    packetsSeen: 1_000,
  }),
  stun: () => ({
    method: 'binding',
    use: 'server',
    outcome: 'granted',
    errorCode: undefined,
    mappedAddress: undefined,
    relayedAddress: undefined,
    clientSoftware: undefined,
    serverSoftware: undefined,
    realm: undefined,
  }),
  tunnel: () => ({ protocol: 'wireguard', established: true }),
};
const blank = <K extends ObservationKind>(kind: K): ObservationFields[K] => BLANK[kind]();

const macOf = (address: string, index: number): string =>
  `00:11:22:33:${(index >> 8).toString(16).padStart(2, '0')}:${((Number(address.split('.').at(-1)) || index) & 255).toString(16).padStart(2, '0')}`;

const segmentOf = (address: string): string | undefined =>
  /^\d+\.\d+\.\d+\.\d+$/.test(address)
    ? `${address.split('.').slice(0, 3).join('.')}.0/24`
    : undefined;

function sameSegment(one: string, other: string): boolean {
  const scope = scopeOf(other);
  if (scope === 'link_local' || scope === 'multicast' || scope === 'broadcast') return true;
  return (
    isLocalScope(scopeOf(one)) &&
    segmentOf(one) !== undefined &&
    segmentOf(one) === segmentOf(other)
  );
}
