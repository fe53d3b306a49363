/**
 * Makes the capture that the capture benchmarks read: the IoT Sentinel set joined in time order, several times over,
 * each copy later and with other MACs and private addresses, until it has about 450 MB and 1.3 million packets.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const ETHERNET_IPV4 = 0x0800;
const ETHERNET_ARP = 0x0806;

/**
 * @param copies - how many fleets of the set's devices there are.
 * @param times - how often all of it happens, one after the other: the same devices for longer.
 * @returns the path of the capture, made on first use.
 */
export function bigCapture(data: string, copies: number, times = 1): string {
  const folder = join(tmpdir(), 'fleetward-bench');
  const path = join(folder, `iot-sentinel-x${copies}-times-${times}.pcap`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const captures = readdirSync(data, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => readFileSync(join(data, name)))
    .filter((bytes) => bytes.length > FILE_HEADER_BYTES && bytes.readUInt32LE(0) === 0xa1b2c3d4)
    .sort((a, b) => firstTime(a) - firstTime(b));
  const span = firstTime(captures[captures.length - 1]) - firstTime(captures[0]) + 86_400;
  const unfinished = `${path}.${process.pid}`;
  const file = openSync(unfinished, 'w');
  writeSync(file, captures[0].subarray(0, FILE_HEADER_BYTES));
  for (let round = 0; round < copies * times; round++) {
    const copy = round % copies;
    for (const capture of captures) {
      const bytes = Buffer.from(capture.subarray(FILE_HEADER_BYTES));
      let at = 0;
      while (at + RECORD_HEADER_BYTES <= bytes.length) {
        const length = bytes.readUInt32LE(at + 8);
        bytes.writeUInt32LE(bytes.readUInt32LE(at) + round * span, at);
        rewrite(bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + length), copy);
        at += RECORD_HEADER_BYTES + length;
      }
      writeSync(file, bytes);
    }
  }
  closeSync(file);
  renameSync(unfinished, path);
  return path;
}

function firstTime(capture: Buffer): number {
  return capture.readUInt32LE(FILE_HEADER_BYTES);
}

/** Gives each copy its own devices: the last MAC byte but one, and the second byte of 10.x and 192.168.x. */
function rewrite(frame: Buffer, copy: number): void {
  if (frame.length < 34) return;
  for (const mac of [0, 6]) if ((frame[mac] & 1) === 0) frame[mac + 4] ^= copy;
  const type = frame.readUInt16BE(12);
  const offsets = type === ETHERNET_IPV4 ? [26, 30] : type === ETHERNET_ARP ? [28, 38] : [];
  if (type === ETHERNET_ARP)
    for (const mac of [22, 32]) if (frame[mac] + frame[mac + 1] > 0) frame[mac + 4] ^= copy;
  for (const at of offsets) {
    if (at + 4 > frame.length) continue;
    if (frame[at] === 10) frame[at + 1] ^= copy << 4;
    else if (frame[at] === 192 && frame[at + 1] === 168) frame[at + 2] ^= copy << 4;
  }
}
