/** The packet at hand: where it is in its capture, when it came, and what its headers said. One object a run. */
import type { PacketRef } from './decoder.ts';
import type { Hosts } from './hosts.ts';
import type { LinkHeader } from './link.ts';

export class Packet {
  file = 0;
  /** From 1 in each file. */
  number = 0;
  seconds = 0;
  nanos = 0;
  /** Both as one double, exact to about 0.2 µs. */
  time = 0;
  /** Length on the wire, link header included. */
  wireBytes = 0;
  /** The frame, and the bytes of the network packet in it: the frame too, unless it was reassembled. */
  frame: Uint8Array = new Uint8Array(0);
  bytes: Uint8Array = this.frame;
  readonly link: LinkHeader = {
    type: -1,
    payload: 0,
    end: 0,
    source: -1,
    target: -1,
    vlan: 0,
    group: false,
  };
  /** Number of what the packet carries, see protocols.ts, and the FAMILY_… of its addresses, see hosts.ts. */
  protocol = 0;
  family = 0;
  /** The 32 bits of IPv4 addresses, or the numbers of IPv6 ones. */
  source = 0;
  target = 0;
  sourcePort = 0;
  targetPort = 0;
  /** Flags of the TCP header, 0 for other packets. */
  control = 0;
  /** Where in `bytes` the transport header begins, and where its payload is: none, unless `payload < end`. */
  transport = 0;
  payload = 0;
  end = 0;
  /** Length of the payload on the wire; the capture may have cut it. */
  payloadBytes = 0;
  readonly #hosts: Hosts;
  #sourceMac = -1;
  #ref: PacketRef | undefined;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  /** Takes the next frame. */
  next(bytes: Uint8Array, wireBytes: number, seconds: number, nanos: number): void {
    this.number++;
    this.frame = bytes;
    this.bytes = bytes;
    this.wireBytes = wireBytes;
    this.seconds = seconds;
    this.nanos = nanos;
    this.time = seconds + nanos * 1e-9;
    this.#sourceMac = -1;
    this.#ref = undefined;
  }

  /** Number of the sender's MAC, 0 without one; looked up only when it is asked for. */
  get sourceMac(): number {
    if (this.#sourceMac < 0) {
      const { source } = this.link;
      this.#sourceMac = source < 0 ? 0 : this.#hosts.mac(this.frame, source);
    }
    return this.#sourceMac;
  }

  /** A reference that outlives the packet; made at most once for it. */
  ref(): PacketRef {
    this.#ref ??= {
      file: this.file,
      packet: this.number,
      seconds: this.seconds,
      nanos: this.nanos,
    };
    return this.#ref;
  }
}
