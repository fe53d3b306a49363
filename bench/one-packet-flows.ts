/** The process that the benchmark of a scan times: ten million flows of one packet each, all decoders on. */
import { decoders, observers } from '../src/capture/decoders.ts';
import { Dissector } from '../src/capture/dissect.ts';

const FLOWS = 10_000_000;
const PACKETS_A_SECOND = 100_000;
const ETHERNET = 1;

const dissector = new Dissector({ decoders, observers });
dissector.beginFile(0);
// Ethernet, IPv4 and a TCP SYN; addresses and ports are written over for each packet.
const frame = Buffer.from(
  `0200000000010200000000020800${'45000028000040004006000000000000'}0000000000000000000000000000000050020400${'00000000'}`,
  'hex',
);
const fields = new DataView(frame.buffer, frame.byteOffset);
const started = performance.now();
for (let index = 0; index < FLOWS; index++) {
  // A spread of sources behind a router and of destinations: no address pair comes twice.
  fields.setInt32(26, 0x0a000000 | (index & 0xffff));
  fields.setInt32(30, 0x40000000 + Math.imul(index, 2_654_435_761));
  fields.setUint16(34, 1024 + (index % 60_000));
  fields.setUint16(36, index % 3 === 0 ? 23 : 2323);
  const second = 1_700_000_000 + Math.floor(index / PACKETS_A_SECOND);
  dissector.frame(frame, 0, frame.length, frame.length, ETHERNET, second, 0);
}
dissector.finish();
const seconds = (performance.now() - started) / 1000;
process.stdout.write(
  JSON.stringify({
    packets: FLOWS,
    flows: dissector.flows.begun,
    seconds,
    held: dissector.flows.capacity,
  }),
);
