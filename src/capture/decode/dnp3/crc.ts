/** CRC-16/DNP (IEEE 1815, 9.2.4.2): polynomial 0x3d65, reflected, complemented; sent low byte first. */

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa6bc : crc >> 1;
  return crc;
});

/** Whether the two bytes at `end` are the CRC of [start, end). */
export function crcFits(bytes: Uint8Array, start: number, end: number): boolean {
  let crc = 0;
  for (let at = start; at < end; at++) crc = (crc >> 8) ^ TABLE[(crc ^ bytes[at]) & 0xff];
  return (~crc & 0xffff) === (bytes[end] | (bytes[end + 1] << 8));
}
