/**
 * Xiaomi's miIO: a header of 32 bytes, and content encrypted under the device's token (AES-128-CBC). A hello holds
 * ones everywhere; its answer has the device's number and clock, and, of a device that nobody owns yet (or of old
 * firmware), the token itself where a checksum belongs.
 */
import type { Secret } from '../../base/index.ts';
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { u16be, u32be } from './integers.ts';

export interface MiioEvent extends AppEvent {
  readonly protocol: 'miio';
  readonly event: 'hello' | 'hello_response' | 'message';
  /** Number of the device; undefined in a hello. */
  readonly did: number | undefined;
  /** The device's seconds since it started. */
  readonly stamp: number | undefined;
  /** Bytes of encrypted content. */
  readonly encrypted_bytes: number;
  /** The answer gave the key to the device to whoever asked: its keyed hash. */
  readonly token: Secret | undefined;
}

const protocol = 'miio';
const MAGIC = 0x2131;
const HEADER_BYTES = 32;
const CHECKSUM = 16;

export const miioDecoder = datagramDecoder({
  protocol,
  ports: [54_321],
  recognise(bytes, start, end) {
    const length = end - start;
    return (
      length >= HEADER_BYTES &&
      u16be(bytes, start) === MAGIC &&
      u16be(bytes, start + 2) === length &&
      length % 16 === 0
    );
  },
  read(bytes, start, end, { secrets }): MiioEvent | string {
    const length = end - start;
    if (length < HEADER_BYTES || u16be(bytes, start) !== MAGIC) return 'not a miIO message';
    if (u16be(bytes, start + 2) !== length) return 'length is not the datagram’s';
    const did = u32be(bytes, start + 8);
    const stamp = u32be(bytes, start + 12);
    const hello = did === 0xffffffff && stamp === 0xffffffff;
    const bare = length === HEADER_BYTES;
    const token =
      bare && !hello && !isFilled(bytes, start + CHECKSUM)
        ? secrets.seal(bytes.subarray(start + CHECKSUM, start + HEADER_BYTES))
        : undefined;
    return {
      protocol,
      event: !bare ? 'message' : hello ? 'hello' : 'hello_response',
      did: hello ? undefined : did,
      stamp: hello ? undefined : stamp,
      encrypted_bytes: length - HEADER_BYTES,
      token,
    };
  },
});

/** All zeros or all ones: nothing is told. */
function isFilled(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at];
  if (first !== 0 && first !== 0xff) return false;
  for (let i = 1; i < 16; i++) if (bytes[at + i] !== first) return false;
  return true;
}
