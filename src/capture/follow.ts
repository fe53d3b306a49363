/**
 * Follows flows: counts each packet on its flow, tells who opened it and who answered, and hands payloads to the
 * flow's decoding for as long as a decoder wants them. Nothing is allocated for a packet that nobody decodes.
 */
import { scopeOfIpv4 } from '../base/index.ts';
import { Conversations } from './conversations.ts';
import type { Carrier, HostId } from './decoder.ts';
import type { FlowRecords } from './decoding.ts';
import { type DecodingOptions, Decodings } from './decodings.ts';
import { ReusedEndedFlow } from './ended-flow.ts';
import { FanOuts } from './fan-out.ts';
import {
  FIN_CLIENT,
  FIN_SERVER,
  FlowTable,
  IGNORED,
  LOW_IS_CLIENT,
  MULTICAST,
  NEW_DESTINATION,
  OPENING_SEEN,
  RESET_SEEN,
  SYN_ACK_SEEN,
  SYN_SEEN,
} from './flows.ts';
import { FAMILY_IPV4, FAMILY_IPV6, FAMILY_NONE, type Hosts } from './hosts.ts';
import type { LinkHeader } from './link.ts';
import type { Observations } from './observations.ts';
import type { Packet } from './packet.ts';
import { ICMP, OTHER, TCP, UDP } from './protocols.ts';

const TCP_FIN = 1;
const TCP_SYN = 2;
const TCP_RST = 4;
const TCP_ACK = 16;

/** Who opened a new flow, as far as its first packet tells. */
type Opener = 0 | 1 | 2;
const UNKNOWN = 0;
const SOURCE = 1;
const TARGET = 2;

const CLOSED = FIN_CLIENT | FIN_SERVER;
/** Silent for so long, a flow makes room first, and begins anew when it speaks again. */
const TCP_IDLE_S = 3600;
const OTHER_IDLE_S = 300;
const FLOWS_DEFAULT = 131_072;
/** Set in the number that stands for a host without an address: no IPv6 address has such a number, and no host such an IPv4 one. */
const NO_ADDRESS = 0x0080_0000;
export interface FollowOptions extends DecodingOptions {
  /** Flows held at once; 128 bytes each. */
  readonly flows?: number;
}

export class FlowFollower {
  readonly flows: FlowTable;
  readonly decodings: Decodings;
  readonly hosts: Hosts;
  readonly #packet: Packet;
  readonly #observations: Observations;
  readonly #conversations = new Conversations();
  readonly #fanOuts = new FanOuts();
  /** Bit 1: a TCP decoder's port; bit 2: a UDP decoder's. */
  readonly #servicePorts = new Uint8Array(65_536);
  readonly #ended: ReusedEndedFlow;

  /** @param packet - the packet at hand; read at each call. */
  constructor(packet: Packet, hosts: Hosts, observations: Observations, options: FollowOptions) {
    this.#packet = packet;
    this.hosts = hosts;
    this.#observations = observations;
    this.flows = new FlowTable(options.flows ?? FLOWS_DEFAULT, (flow) => this.#endFlow(flow));
    for (const { carriers, ports } of options.decoders ?? []) {
      const bits = (carriers.includes('tcp') ? 1 : 0) | (carriers.includes('udp') ? 2 : 0);
      for (const port of ports) this.#servicePorts[port] |= bits;
    }
    this.decodings = new Decodings(
      packet,
      this.flows,
      this.#records(),
      hosts,
      observations,
      options,
    );
    this.#ended = new ReusedEndedFlow(this.flows, (flow) => this.#serverOf(flow));
  }

  #records(): FlowRecords {
    const { flows } = this;
    const opened = SYN_SEEN | SYN_ACK_SEEN;
    return {
      client: (slot) => flows.clientHost(slot),
      server: (slot) => this.#serverOf(slot),
      clientPort: (slot) => flows.clientPort(slot),
      serverPort: (slot) => flows.serverPort(slot),
      isMulticast: (slot) => (flows.flags(slot) & MULTICAST) !== 0,
      openingSeen: (slot) => (flows.flags(slot) & OPENING_SEEN) !== 0,
      established: (slot) => (flows.flags(slot) & opened) === opened,
      payloadBytes: (slot, direction) => flows.payload(slot, direction),
    };
  }

  /** Ends all flows and hands over what was aggregated; call once. */
  finish(): void {
    this.flows.endAll();
    this.#conversations.finish(this.#observations);
    this.#fanOuts.finish(this.#observations);
  }

  /** A packet of a protocol that is counted but not looked into, or whose header is cut. */
  bare(protocol: number, family: number, source: number, target: number): void {
    const flow = this.#flow(protocol, family, source, target, 0, 0, UNKNOWN);
    const side = this.#side(flow, source, 0);
    this.flows.count(
      flow,
      side,
      this.#packet.wireBytes,
      0,
      this.#packet.time,
      this.#packet.file,
      this.#packet.number,
    );
  }

  tcp(
    family: number,
    source: number,
    target: number,
    header: number,
    payload: number,
    end: number,
    payloadBytes: number,
  ): void {
    const bytes = this.#packet.bytes;
    const { flows } = this;
    const sourcePort = (bytes[header] << 8) | bytes[header + 1];
    const targetPort = (bytes[header + 2] << 8) | bytes[header + 3];
    const control = bytes[header + 13];
    const syn = (control & TCP_SYN) !== 0;
    const ack = (control & TCP_ACK) !== 0;
    let flow = this.#flow(
      TCP,
      family,
      source,
      target,
      sourcePort,
      targetPort,
      syn ? (ack ? TARGET : SOURCE) : UNKNOWN,
    );
    let flags = flows.flags(flow);
    if (syn && !ack && (flags & (CLOSED | RESET_SEEN)) !== 0) {
      // The same ports again: another connection.
      flows.end(flow);
      flow = this.#flow(TCP, family, source, target, sourcePort, targetPort, SOURCE);
      flags = flows.flags(flow);
    }
    const side = this.#side(flow, source, sourcePort);
    // A refusal is no answer.
    if (side === 1 && (control & TCP_RST) === 0) this.#noteAnswer(flow, TCP);
    flows.count(
      flow,
      side,
      this.#packet.wireBytes,
      payloadBytes,
      this.#packet.time,
      this.#packet.file,
      this.#packet.number,
    );
    if ((control & (TCP_SYN | TCP_FIN | TCP_RST)) !== 0) {
      if (syn) flows.setFlags(flow, ack ? SYN_ACK_SEEN | OPENING_SEEN : SYN_SEEN | OPENING_SEEN);
      if ((control & TCP_RST) !== 0) flows.setFlags(flow, RESET_SEEN);
      if ((control & TCP_FIN) !== 0) flows.setFlags(flow, side === 0 ? FIN_CLIENT : FIN_SERVER);
      flags = flows.flags(flow);
    }
    if ((flags & IGNORED) !== 0) return;
    let decoded = this.decodings.of(flow);
    if (payload < end || (syn && decoded)) {
      if (!decoded) {
        decoded = this.decodings.begin(flow, 'tcp', targetPort, sourcePort);
        if (!decoded) return;
        // What this side acknowledges is where the other one goes on, whichever of its segments comes first.
        if (ack) decoded.begin(readInt(bytes, header + 8), side === 0 ? 1 : 0);
      }
      const sequence = readInt(bytes, header + 4);
      if (syn) decoded.begin(sequence + 1, side);
      if (payload < end) {
        decoded.segment(
          syn ? sequence + 1 : sequence,
          bytes,
          payload,
          end,
          side,
          this.#packet.ref(),
        );
      }
      this.decodings.update(decoded);
    }
    if (!decoded) return;
    if (ack)
      decoded.acknowledged(readInt(bytes, header + 8), side === 0 ? 1 : 0, this.#packet.ref());
    if ((flags & CLOSED) === CLOSED || (flags & RESET_SEEN) !== 0) {
      decoded.close(this.#packet.ref());
      this.decodings.update(decoded);
    }
  }

  datagram(
    protocol: number,
    carrier: Carrier,
    family: number,
    source: number,
    target: number,
    sourcePort: number,
    targetPort: number,
    payload: number,
    end: number,
    payloadBytes: number,
  ): void {
    const { flows } = this;
    const flow = this.#flow(protocol, family, source, target, sourcePort, targetPort, UNKNOWN);
    const side = this.#side(flow, source, sourcePort);
    if (side === 1) this.#noteAnswer(flow, protocol);
    flows.count(
      flow,
      side,
      this.#packet.wireBytes,
      payloadBytes,
      this.#packet.time,
      this.#packet.file,
      this.#packet.number,
    );
    if (payload >= end || (flows.flags(flow) & IGNORED) !== 0) return;
    const decoded =
      this.decodings.of(flow) ?? this.decodings.begin(flow, carrier, targetPort, sourcePort);
    if (!decoded) return;
    decoded.datagram(this.#packet.bytes, payload, end, side, this.#packet.ref());
    this.decodings.update(decoded);
  }

  /** A frame that carries neither IP nor ARP: counted between its MACs, by its type. */
  otherFrame(link: LinkHeader): void {
    const target = link.target >= 0 ? this.hosts.mac(this.#packet.bytes, link.target) : 0;
    const type = link.type;
    const flow = this.#flow(
      OTHER,
      FAMILY_NONE,
      this.#packet.sourceMac,
      target,
      type,
      type,
      UNKNOWN,
    );
    const side = this.#side(flow, this.#packet.sourceMac, type);
    this.flows.count(
      flow,
      side,
      this.#packet.wireBytes,
      0,
      this.#packet.time,
      this.#packet.file,
      this.#packet.number,
    );
  }

  /** The flow of a packet, a new one where there is none. */
  #flow(
    protocol: number,
    family: number,
    source: number,
    target: number,
    sourcePort: number,
    targetPort: number,
    opener: Opener,
  ): number {
    const { flows } = this;
    // A host without an address yet (0.0.0.0, DHCP) is told apart by its MAC.
    const from = source === 0 ? NO_ADDRESS | this.#packet.sourceMac : source;
    const meta =
      protocol | (family << 8) | (this.#packet.link.vlan << 12) | (source === 0 ? 1 << 24 : 0);
    const sourceIsLow = from < target || (from === target && sourcePort <= targetPort);
    const low = sourceIsLow ? from : target;
    const high = sourceIsLow ? target : from;
    const ports = sourceIsLow ? (sourcePort << 16) | targetPort : (targetPort << 16) | sourcePort;
    const idle = protocol === TCP ? TCP_IDLE_S : OTHER_IDLE_S;
    const known = flows.find(low, high, ports, meta, this.#packet.time, idle);
    if (known !== 0) return known;
    const flow = flows.begin(low, high, ports, meta, this.#packet.time, idle);
    const link = this.#packet.link;
    const multicast = this.#isMulticast(family, target);
    const fromClient =
      opener === SOURCE ||
      (opener === UNKNOWN &&
        (multicast || !this.#looksLikeServer(protocol, sourcePort, targetPort)));
    let bits = (sourceIsLow === fromClient ? LOW_IS_CLIENT : 0) | (multicast ? MULTICAST : 0);
    if (multicast) bits |= OPENING_SEEN;
    flows.setFlags(flow, bits);
    flows.setStart(
      flow,
      this.#packet.file,
      this.#packet.number,
      this.#packet.seconds,
      this.#packet.nanos,
    );
    const sender = this.hosts.host(this.#packet.sourceMac, family, source);
    const targetMac =
      multicast || link.target < 0 ? 0 : this.hosts.mac(this.#packet.frame, link.target);
    if (fromClient) {
      flows.setClient(flow, sender);
      flows.setServerMac(flow, targetMac);
      if (!multicast && sender !== 0 && isKnock(protocol, opener)) {
        this.#knock(flow, sender, protocol, family, target, targetPort);
      }
    } else {
      flows.setServer(flow, sender);
      flows.setServerMac(flow, this.#packet.sourceMac);
      flows.setClient(flow, this.hosts.host(targetMac, family, target));
    }
    return flow;
  }

  /** A host opens a flow: a destination that is new to it may be one of many. */
  #knock(
    flow: number,
    sender: HostId,
    protocol: number,
    family: number,
    target: number,
    port: number,
  ): void {
    const outside = this.#isOutside(family, target);
    const isNew = this.#fanOuts.contact(sender, protocol, port, target, outside, this.#packet);
    if (isNew) this.flows.setFlags(flow, NEW_DESTINATION);
  }

  #isMulticast(family: number, target: number): boolean {
    if (this.#packet.link.group) return true;
    if (family === FAMILY_IPV4) return target >>> 28 === 14 || target === -1;
    return family === FAMILY_IPV6 && this.hosts.isMulticastIpv6(target);
  }

  #isOutside(family: number, address: number): boolean {
    if (family === FAMILY_IPV4) return scopeOfIpv4(address) === 'public';
    return family === FAMILY_IPV6 && this.hosts.isGlobalIpv6(address);
  }

  /** Midstream or without an opening: the end with a service's port is taken for the server. */
  #looksLikeServer(protocol: number, sourcePort: number, targetPort: number): boolean {
    const bit = protocol === TCP ? 1 : 2;
    const sourceKnown = (this.#servicePorts[sourcePort] & bit) !== 0;
    const targetKnown = (this.#servicePorts[targetPort] & bit) !== 0;
    if (sourceKnown !== targetKnown) return sourceKnown;
    return sourcePort < 1024 && targetPort >= 1024;
  }

  /** Which side of a flow a packet comes from. */
  #side(flow: number, source: number, sourcePort: number): 0 | 1 {
    const { flows } = this;
    const from = source === 0 ? NO_ADDRESS | this.#packet.sourceMac : source;
    if (flows.clientAddress(flow) === from && flows.clientPort(flow) === sourcePort) return 0;
    if (
      flows.serverHost(flow) === 0 ||
      (flows.serverMac(flow) === 0 && this.#packet.sourceMac !== 0)
    ) {
      flows.setServerMac(flow, this.#packet.sourceMac);
      const family = (flows.meta(flow) >>> 8) & 15;
      flows.setServer(flow, this.hosts.host(this.#packet.sourceMac, family, source));
    }
    return 1;
  }

  #noteAnswer(flow: number, protocol: number): void {
    const { flows } = this;
    if ((flows.flags(flow) & NEW_DESTINATION) === 0) return;
    flows.clearFlags(flow, NEW_DESTINATION);
    const since = flows.firstSeconds(flow) + flows.firstNanos(flow) * 1e-9;
    this.#fanOuts.answered(flows.clientHost(flow), protocol, flows.serverPort(flow), since);
  }

  #serverOf(flow: number): HostId {
    const { flows } = this;
    const known = flows.serverHost(flow);
    if (known !== 0) return known;
    const family = (flows.meta(flow) >>> 8) & 15;
    const host = this.hosts.host(flows.serverMac(flow), family, flows.serverAddress(flow));
    flows.setServer(flow, host);
    return host;
  }

  #endFlow(flow: number): void {
    const { flows, hosts } = this;
    const client = flows.clientHost(flow);
    const ended = this.#ended;
    if (this.decodings.of(flow)) this.decodings.end(flow, ended.lastOf(flow));
    if (flows.packets(flow, 1) > 0 || this.#conversations.takesUnanswered(client)) {
      ended.take(flow, this.decodings.protocolOf(flow));
      this.#conversations.add(ended);
    }
    hosts.bytesSent[client] += flows.bytes(flow, 0);
    hosts.bytesReceived[client] += flows.bytes(flow, 1);
    hosts.packetsSent[client] += flows.packets(flow, 0);
    hosts.packetsReceived[client] += flows.packets(flow, 1);
    const server = flows.serverHost(flow);
    if (server === 0) return;
    hosts.bytesSent[server] += flows.bytes(flow, 1);
    hosts.bytesReceived[server] += flows.bytes(flow, 0);
    hosts.packetsSent[server] += flows.packets(flow, 1);
    hosts.packetsReceived[server] += flows.packets(flow, 0);
  }
}

/** The packet opens a conversation that an answer would complete; midstream packets do not. */
function isKnock(protocol: number, opener: Opener): boolean {
  return protocol === TCP ? opener === SOURCE : protocol === UDP || protocol === ICMP;
}

function readInt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
