/** A flow that ends, as conversations and observers see it. */
import type { EndedFlow } from './conversations.ts';
import type { Carrier, HostId, PacketRef } from './decoder.ts';
import type { FlowTable } from './flows.ts';
import { MULTICAST, OPENING_SEEN, RESET_SEEN, SYN_ACK_SEEN, SYN_SEEN } from './kernel/layout.ts';
import { carrierName } from './protocols.ts';

/** A flow that ends, read from its record; one object for all, since most leave nothing behind. */
export class ReusedEndedFlow implements EndedFlow {
  readonly #flows: FlowTable;
  readonly #serverOf: (flow: number) => HostId;
  #flow = 0;
  carrier: Carrier = 'tcp';
  client = 0;
  clientPort = 0;
  serverPort = 0;
  openingSeen = false;
  multicast = false;
  established = false;
  refused = false;
  readonly bytes: [number, number] = [0, 0];
  readonly packets: [number, number] = [0, 0];
  readonly payload: [number, number] = [0, 0];
  firstTime = 0;
  lastTime = 0;
  protocol: string | undefined;

  constructor(flows: FlowTable, serverOf: (flow: number) => HostId) {
    this.#flows = flows;
    this.#serverOf = serverOf;
  }

  take(flow: number, protocol: string | undefined): void {
    const flows = this.#flows;
    const flags = flows.flags(flow);
    this.#flow = flow;
    this.carrier = carrierName(flows.meta(flow) & 255);
    this.client = flows.clientHost(flow);
    this.clientPort = flows.clientPort(flow);
    this.serverPort = flows.serverPort(flow);
    this.openingSeen = (flags & OPENING_SEEN) !== 0;
    this.multicast = (flags & MULTICAST) !== 0;
    this.firstTime = flows.firstSeconds(flow) + flows.firstNanos(flow) * 1e-9;
    this.lastTime = flows.lastTime(flow);
    this.bytes[0] = flows.bytes(flow, 0);
    this.bytes[1] = flows.bytes(flow, 1);
    this.packets[0] = flows.packets(flow, 0);
    this.packets[1] = flows.packets(flow, 1);
    this.payload[0] = flows.payload(flow, 0);
    this.payload[1] = flows.payload(flow, 1);
    const opened = SYN_SEEN | SYN_ACK_SEEN;
    this.established = this.carrier === 'tcp' ? (flags & opened) === opened : this.packets[1] > 0;
    this.refused =
      (flags & RESET_SEEN) !== 0 && this.payload[1] === 0 && (flags & SYN_ACK_SEEN) === 0;
    this.protocol = protocol;
  }

  server(): HostId {
    return this.#serverOf(this.#flow);
  }

  first(): PacketRef {
    const flows = this.#flows;
    return {
      file: flows.firstFile(this.#flow),
      packet: flows.firstPacket(this.#flow),
      seconds: flows.firstSeconds(this.#flow),
      nanos: flows.firstNanos(this.#flow),
    };
  }

  last(): PacketRef {
    return this.lastOf(this.#flow);
  }

  lastOf(flow: number): PacketRef {
    const flows = this.#flows;
    const time = flows.lastTime(flow);
    const seconds = Math.floor(time);
    return {
      file: flows.lastFile(flow),
      packet: flows.lastPacket(flow),
      seconds,
      nanos: Math.min(999_999_999, Math.round((time - seconds) * 1e9)),
    };
  }
}
