/** Reads the packets out of a finding's evidence (pcapng, draft-ietf-opsawg-pcapng), and draws bytes as hex. */
export interface Packet {
  /** Milliseconds since 1970; undefined where the block tells none. */
  readonly time: number | undefined;
  readonly bytes: Uint8Array;
  readonly length: number;
}

const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const ENHANCED = 6;
const PACKETS_MAX = 500;
const OPTION_TSRESOL = 9;

export function readPackets(file: Uint8Array): Packet[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const packets: Packet[] = [];
  const perSecond: number[] = [];
  let little = true;
  for (let at = 0; at + 12 <= file.length && packets.length < PACKETS_MAX; ) {
    const isSection = view.getUint32(at, true) === SECTION;
    if (isSection) {
      little = view.getUint32(at + 8, true) === 0x1a2b3c4d;
      perSecond.length = 0;
    }
    const type = view.getUint32(at, little);
    const size = view.getUint32(at + 4, little);
    if (size < 12 || at + size > file.length) break;
    if (type === INTERFACE) perSecond.push(resolution(view, at + 16, at + size - 4, little));
    if (type === ENHANCED && size >= 32) {
      const captured = view.getUint32(at + 20, little);
      const units = perSecond[view.getUint32(at + 8, little)] ?? 1e6;
      const ticks = view.getUint32(at + 12, little) * 2 ** 32 + view.getUint32(at + 16, little);
      packets.push({
        time: ticks === 0 ? undefined : (ticks / units) * 1000,
        bytes: file.subarray(at + 28, Math.min(at + 28 + captured, at + size - 4)),
        length: view.getUint32(at + 24, little),
      });
    }
    at += size;
  }
  return packets;
}

/** Units a second, from the option if_tsresol; a microsecond when absent. */
function resolution(view: DataView, from: number, to: number, little: boolean): number {
  for (let at = from; at + 4 <= to; ) {
    const code = view.getUint16(at, little);
    const size = view.getUint16(at + 2, little);
    if (code === 0) break;
    if (code === OPTION_TSRESOL && size === 1 && at + 4 < to) {
      const value = view.getUint8(at + 4);
      return value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value;
    }
    at += 4 + Math.ceil(size / 4) * 4;
  }
  return 1e6;
}

/** Offset, sixteen bytes, and what of them is text. */
export function hex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'))
      .join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(47)}  ${text}`);
  }
  return lines.join('\n');
}
