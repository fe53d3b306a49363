/**
 * TFTP's transfers. The server answers a request from a port of its own choice (RFC 1350, 4), so the answer is another
 * flow, often one that the server seems to have opened: it is known by the client's port, which the request announced.
 */
import type { Flow, PacketRef } from '../../decoder.ts';
import { magicOf } from '../../magic.ts';
import { u16be } from '../integers.ts';

/** Client ports of transfers that were asked for and have not begun, in a run, and clients of one port. */
const PORTS_MAX = 1_024;
const ON_A_PORT_MAX = 16;
const BLOCK_BYTES_DEFAULT = 512;
const BLOCKS_ROUND = 0x10000;

/** One file on its way, from the request on. */
export class Transfer {
  readonly operation: 'read' | 'write';
  readonly file: string;
  readonly mode: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  /** Scratch place of the observer. */
  session: unknown;
  blockSize = BLOCK_BYTES_DEFAULT;
  length = 0;
  blocks = 0;
  repeats = 0;
  complete = false;
  /** A flow carries it, or carried it. */
  carried = false;
  magic: string | undefined;
  /** The last packet that brought something new. */
  at: PacketRef | undefined;
  #lastBlock = 0;

  constructor(
    operation: 'read' | 'write',
    file: string,
    mode: string,
    clientAddress: string,
    clientPort: number,
  ) {
    this.operation = operation;
    this.file = file;
    this.mode = mode;
    this.clientAddress = clientAddress;
    this.clientPort = clientPort;
  }

  /** Takes a DATA message [start, end) with its header. */
  data(bytes: Uint8Array, start: number, end: number, at: PacketRef): void {
    const block = u16be(bytes, start + 2);
    const length = end - start - 4;
    // Block numbers go round; the one after 65,535 is 0, or 1 where a server skips it.
    const ahead = (block - this.#lastBlock + BLOCKS_ROUND) % BLOCKS_ROUND;
    if (ahead === 0 || ahead >= BLOCKS_ROUND / 2) {
      this.repeats++;
      return;
    }
    if (this.blocks === 0 && block === 1) this.magic = magicOf(bytes, start + 4, end);
    this.#lastBlock = block;
    this.blocks++;
    this.length += length;
    this.at = at;
    // Where the OACK was not seen, a longer block shows what was agreed on.
    if (length > this.blockSize) this.blockSize = length;
    else if (length < this.blockSize) this.complete = true;
  }

  /** An ACK of the last block ends the transfer. */
  isEndedBy(block: number): boolean {
    return this.complete && block === this.#lastBlock;
  }
}

/** What each run expects, by the client's port. */
const expectedBy = new WeakMap<object, Map<number, Transfer[]>>();

/** The transfer may begin on a flow of its own. */
export function expect(run: object, transfer: Transfer): void {
  let byPort = expectedBy.get(run);
  if (!byPort) {
    byPort = new Map();
    expectedBy.set(run, byPort);
  }
  const { clientPort, clientAddress } = transfer;
  const others = byPort.get(clientPort)?.filter((other) => other.clientAddress !== clientAddress);
  byPort.delete(clientPort);
  if (byPort.size >= PORTS_MAX)
    for (const oldest of byPort.keys()) {
      byPort.delete(oldest);
      break;
    }
  byPort.set(clientPort, [...(others ?? []).slice(1 - ON_A_PORT_MAX), transfer]);
}

/** The transfer that a flow may carry, because one of its ends asked for it. */
export function expectedOn(flow: Flow): Transfer | undefined {
  const byPort = flow.run && expectedBy.get(flow.run);
  if (!byPort || byPort.size === 0) return undefined;
  // The server sends first, so the flow seems to be the server's.
  return (
    of(byPort.get(flow.serverPort), flow.serverAddress) ??
    of(byPort.get(flow.clientPort), flow.clientAddress)
  );
}

function of(transfers: readonly Transfer[] | undefined, address: string): Transfer | undefined {
  return transfers?.find(({ clientAddress }) => clientAddress === address);
}

/** It began: it is expected no more. */
export function begun(run: object | undefined, transfer: Transfer): void {
  const byPort = run && expectedBy.get(run);
  const others = byPort?.get(transfer.clientPort)?.filter((other) => other !== transfer);
  if (!byPort || !others) return;
  if (others.length > 0) byPort.set(transfer.clientPort, others);
  else byPort.delete(transfer.clientPort);
}
