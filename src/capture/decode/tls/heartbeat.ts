/** Heartbeats in clear (RFC 6520): before the handshake's end only an attacker sends them (CVE-2014-0160). */
import type { Direction, PacketRef } from '../../decoder.ts';
import type { Handshake } from './handshake.ts';
import { u16 } from './hello.ts';

const REQUEST = 1;
const RESPONSE = 2;
/** Type, length of the payload, and at least 16 bytes of padding. */
const OVERHEAD = 3 + 16;

/** Takes the heartbeat of `length` bytes that begins at `start`, of which three at most are needed. */
export function heartbeat(
  bytes: Uint8Array,
  start: number,
  length: number,
  handshake: Handshake,
  direction: Direction,
  at: PacketRef,
): void {
  if (length < 3 || (bytes[start] !== REQUEST && bytes[start] !== RESPONSE)) {
    handshake.malformed('not a heartbeat', 0, direction, at);
    return;
  }
  const claimed = u16(bytes, start + 1);
  handshake.emit(
    {
      protocol: handshake.protocol,
      event: 'heartbeat',
      type: bytes[start] === REQUEST ? 'heartbeat_request' : 'heartbeat_response',
      payload_length: claimed,
      record_length: length,
    },
    direction,
    at,
  );
  if (claimed + OVERHEAD > length)
    handshake.malformed('heartbeat payload longer than its record', 1, direction, at);
}
