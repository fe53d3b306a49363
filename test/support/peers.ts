/** Payloads of the captures in test/vectors/peers: what real programs sent each other, for tests of one decoder. */
import { join } from 'node:path';
import type { Direction } from '../../src/capture/index.ts';
import { pcapRecords, root } from './fleetward.ts';

export const PEERS = join(root, 'test/vectors/peers');

export type Conversation = (readonly [bytes: Buffer, direction: Direction])[];

const TCP = 6;

/** The conversations of a capture with payload, oldest first; who sent first is the client. Frames are Ethernet and IPv4. */
export function conversations(name: string): Conversation[] {
  const flows = new Map<string, { first: string; payloads: Conversation }>();
  for (const record of pcapRecords(join(PEERS, `${name}.pcap`))) {
    const ip = record.subarray(16 + 14);
    const transport = ip.subarray((ip[0]! & 15) * 4, ip.readUInt16BE(2));
    const payload = transport.subarray(ip[9] === TCP ? (transport[12]! >> 4) * 4 : 8);
    const from = `${ip.subarray(12, 16).join('.')}:${transport.readUInt16BE(0)}`;
    const to = `${ip.subarray(16, 20).join('.')}:${transport.readUInt16BE(2)}`;
    if (payload.length === 0) continue;
    const key = [from, to].sort().join(' ');
    let flow = flows.get(key);
    if (!flow) {
      flow = { first: from, payloads: [] };
      flows.set(key, flow);
    }
    flow.payloads.push([payload, flow.first === from ? 0 : 1]);
  }
  return [...flows.values()].map(({ payloads }) => payloads);
}

/** Hexadecimal text with blanks as bytes. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replace(/\s+/g, ''), 'hex');
}
