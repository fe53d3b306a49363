/**
 * Follows flows: counts each packet on its flow, tells who opened it and who answered, and hands payloads to the
 * flow's decoding for as long as a decoder wants them. Nothing is allocated for a packet that nobody decodes.
 */
import { scopeOfIpv4 } from '../base/index.ts';
import { Conversations } from './conversations.ts';
import type { Direction } from './decoder.ts';
import type { FlowRecords } from './decoding.ts';
import { type DecodingOptions, Decodings } from './decodings.ts';
import { FanOuts } from './fan-out.ts';
import type { FlowTable } from './flows.ts';
import { FAMILY_IPV4, FAMILY_IPV6, type Hosts } from './hosts.ts';
import {
  FIN_CLIENT,
  FIN_SERVER,
  IGNORED,
  MULTICAST,
  NEW_DESTINATION,
  OPENING_SEEN,
  RESET_SEEN,
  SERVICE_PORTS,
  SYN_ACK_SEEN,
  SYN_SEEN,
  TCP_ACK,
  TCP_RST,
  TCP_SYN,
} from './kernel/layout.ts';
import type { PacketKernel } from './kernel.ts';
import type { Observations } from './observations.ts';
import { Packet } from './packet.ts';
import { carrierName, TCP } from './protocols.ts';

const CLOSED = FIN_CLIENT | FIN_SERVER;

export type FollowOptions = DecodingOptions;

export class FlowFollower {
  readonly decodings: Decodings;
  readonly #flows: FlowTable;
  readonly #hosts: Hosts;
  readonly #packet: Packet;
  readonly #observations: Observations;
  readonly #conversations: Conversations;
  readonly #fanOuts = new FanOuts();

  constructor(
    kernel: PacketKernel,
    flows: FlowTable,
    hosts: Hosts,
    observations: Observations,
    options: FollowOptions,
  ) {
    const packet = new Packet(kernel);
    this.#packet = packet;
    this.#flows = flows;
    this.#hosts = hosts;
    this.#observations = observations;
    for (const { carriers, ports } of options.decoders ?? []) {
      const bits = (carriers.includes('tcp') ? 1 : 0) | (carriers.includes('udp') ? 2 : 0);
      for (const port of ports) kernel.bytes[SERVICE_PORTS + port] |= bits;
    }
    this.#conversations = new Conversations(kernel);
    const records = this.#records(kernel);
    this.decodings = new Decodings(packet, flows, records, hosts, observations, options);
  }

  #records(kernel: PacketKernel): FlowRecords {
    const flows = this.#flows;
    const opened = SYN_SEEN | SYN_ACK_SEEN;
    return {
      client: (slot) => flows.clientHost(slot),
      server: (slot) => kernel.run.serverOf(slot),
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
    this.#flows.endAll();
    this.#conversations.finish(this.#observations, (protocol) => this.decodings.nameOf(protocol));
    this.#fanOuts.finish(this.#observations);
  }

  /** The packet at hand was counted on its flow: what it says of the flow's ends, and its payload for the decoding. */
  look(): void {
    const flows = this.#flows;
    const packet = this.#packet;
    const { flow, side, protocol } = packet;
    if (packet.knocks) this.#knock(flow);
    const flags = flows.flags(flow);
    // A refusal is no answer.
    const answers = side === 1 && (packet.control & TCP_RST) === 0;
    if (answers && (flags & NEW_DESTINATION) !== 0) this.#noteAnswer(flow);
    if ((flags & IGNORED) !== 0) return;
    if (protocol === TCP) this.#stream(flow, flags, side);
    else if (packet.payload < packet.end) this.#datagram(flow, side);
  }

  #stream(flow: number, flags: number, side: Direction): void {
    const packet = this.#packet;
    const { bytes, transport, payload, end, control } = packet;
    const syn = (control & TCP_SYN) !== 0;
    const ack = (control & TCP_ACK) !== 0;
    const back = side === 0 ? 1 : 0;
    let decoded = this.decodings.of(flow);
    if (payload < end || (syn && decoded)) {
      if (!decoded) {
        decoded = this.decodings.begin(flow, 'tcp', packet.targetPort, packet.sourcePort);
        if (!decoded) return;
        // What this side acknowledges is where the other one goes on, whichever of its segments comes first.
        if (ack) decoded.begin(readInt(bytes, transport + 8), back);
      }
      let sequence = readInt(bytes, transport + 4);
      if (syn) decoded.begin(++sequence, side);
      if (payload < end) decoded.segment(sequence, bytes, payload, end, side);
      this.decodings.update(decoded);
    }
    if (!decoded) return;
    if (ack) decoded.acknowledged(readInt(bytes, transport + 8), back);
    if ((flags & CLOSED) === CLOSED || (flags & RESET_SEEN) !== 0) {
      decoded.close(packet.ref());
      this.decodings.update(decoded);
    }
  }

  #datagram(flow: number, side: Direction): void {
    const { bytes, protocol, payload, end, targetPort, sourcePort } = this.#packet;
    const decoded =
      this.decodings.of(flow) ??
      this.decodings.begin(flow, carrierName(protocol), targetPort, sourcePort);
    if (!decoded) return;
    decoded.datagram(bytes, payload, end, side);
    this.decodings.update(decoded);
  }

  /** A host opens a flow: a destination that is new to it may be one of many. */
  #knock(flow: number): void {
    const packet = this.#packet;
    const sender = this.#flows.clientHost(flow);
    const { protocol, family, target, targetPort } = packet;
    const outside = this.#isOutside(family, target);
    const isNew = this.#fanOuts.contact(sender, protocol, targetPort, target, outside, packet);
    if (isNew) this.#flows.setFlags(flow, NEW_DESTINATION);
  }

  #isOutside(family: number, address: number): boolean {
    if (family === FAMILY_IPV4) return scopeOfIpv4(address) === 'public';
    return family === FAMILY_IPV6 && this.#hosts.isGlobalIpv6(address);
  }

  #noteAnswer(flow: number): void {
    const flows = this.#flows;
    flows.clearFlags(flow, NEW_DESTINATION);
    const since = flows.begunAt(flow);
    const { protocol } = this.#packet;
    this.#fanOuts.answered(flows.clientHost(flow), protocol, flows.serverPort(flow), since);
  }

  /** A flow ends, and its record is given up. */
  endFlow(flow: number): void {
    const flows = this.#flows;
    if (this.decodings.of(flow)) this.decodings.end(flow, flows.last(flow));
    this.#conversations.add(flow, flows.begunAt(flow));
  }
}

function readInt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
