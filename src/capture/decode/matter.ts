/**
 * Matter over UDP (Core Specification 1.3, 4.4: message format; 4.11 and 4.14: secure channel): which messages are in
 * clear, those by which a session begins, and which are encrypted. What an encrypted one holds is not seen.
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { u16le, u32le } from './integers.ts';
import { hexRun } from './wire-text.ts';

type MatterName =
  | 'msg_counter_sync_req'
  | 'msg_counter_sync_rsp'
  | 'standalone_ack'
  | 'pbkdf_param_request'
  | 'pbkdf_param_response'
  | 'pase_pake1'
  | 'pase_pake2'
  | 'pase_pake3'
  | 'case_sigma1'
  | 'case_sigma2'
  | 'case_sigma3'
  | 'case_sigma2_resume'
  | 'status_report'
  | 'icd_check_in'
  | 'message';

export interface MatterEvent extends AppEvent {
  readonly protocol: 'matter';
  /**
   * Of the secure channel, in clear: `pbkdf_param_request`, `pase_pake1` … (pairing by passcode), `case_sigma1` …
   * (by certificate), `status_report`, `standalone_ack`; `message` otherwise.
   */
  readonly event: MatterName;
  /** 0: unsecured. */
  readonly session_id: number;
  readonly session_type: 'unicast' | 'group';
  readonly encrypted: boolean;
  readonly counter: number;
  readonly source_node: string | undefined;
  /** Of unsecured messages. */
  readonly exchange_id: number | undefined;
  /** The sender began the exchange. */
  readonly initiator: boolean | undefined;
  readonly protocol_id: number | undefined;
  readonly opcode: number | undefined;
  /** Status report: 0 is success. */
  readonly general_code: number | undefined;
  readonly protocol_code: number | undefined;
}

const protocol = 'matter';
const PORT = 5540;
/** Commissioning by a user-directed client. */
const UDC_PORT = 5550;
const HEADER_BYTES = 8;
const PROTOCOL_HEADER_BYTES = 6;
/** Message integrity code at the end of an encrypted message. */
const MIC_BYTES = 16;
const SOURCE_PRESENT = 4;
const SECURE_CHANNEL = 0;
const STATUS_REPORT = 0x40;
/** Exchange flags: initiator, acknowledgement, reliable, secured extensions, vendor. */
const INITIATOR = 1;
const ACKNOWLEDGES = 2;
const EXCHANGE_RESERVED = 0xe8;

const OPCODES: Readonly<Record<number, MatterName>> = {
  0: 'msg_counter_sync_req',
  1: 'msg_counter_sync_rsp',
  16: 'standalone_ack',
  32: 'pbkdf_param_request',
  33: 'pbkdf_param_response',
  34: 'pase_pake1',
  35: 'pase_pake2',
  36: 'pase_pake3',
  48: 'case_sigma1',
  49: 'case_sigma2',
  50: 'case_sigma3',
  51: 'case_sigma2_resume',
  64: 'status_report',
  80: 'icd_check_in',
};

export const matterDecoder = datagramDecoder({
  protocol,
  ports: [PORT, UDC_PORT],
  recognise(bytes, start, end, flow) {
    const header = headerLength(bytes, start, end);
    if (header === 0) return false;
    if (isUnsecured(bytes, start)) return isSecureChannel(bytes, start + header, end);
    // What is encrypted looks like nothing: it is taken for Matter on its port only.
    const onPort = flow.serverPort === PORT || flow.clientPort === PORT;
    return onPort && end - start - header >= PROTOCOL_HEADER_BYTES + MIC_BYTES;
  },
  read(bytes, start, end): MatterEvent | string {
    const header = headerLength(bytes, start, end);
    if (header === 0) return 'not a message header';
    const encrypted = !isUnsecured(bytes, start);
    const body = start + header;
    if (!encrypted && end - body < PROTOCOL_HEADER_BYTES) return 'message too short';
    const exchange = bytes[body];
    const opcode = bytes[body + 1];
    const protocol_id = u16le(bytes, body + 4);
    const secureChannel = !encrypted && protocol_id === SECURE_CHANNEL;
    const report = body + PROTOCOL_HEADER_BYTES + ((exchange & ACKNOWLEDGES) !== 0 ? 4 : 0);
    const status = secureChannel && opcode === STATUS_REPORT && end - report >= 8;
    return {
      protocol,
      event: (secureChannel ? OPCODES[opcode] : undefined) ?? 'message',
      session_id: u16le(bytes, start + 1),
      session_type: (bytes[start + 3] & 3) === 1 ? 'group' : 'unicast',
      encrypted,
      counter: u32le(bytes, start + 4),
      source_node:
        (bytes[start] & SOURCE_PRESENT) !== 0
          ? hexRun(bytes.slice(start + 8, start + 16).reverse(), 0, 8)
          : undefined,
      exchange_id: encrypted ? undefined : u16le(bytes, body + 2),
      initiator: encrypted ? undefined : (exchange & INITIATOR) !== 0,
      protocol_id: encrypted ? undefined : protocol_id,
      opcode: encrypted ? undefined : opcode,
      general_code: status ? u16le(bytes, report) : undefined,
      protocol_code: status ? u16le(bytes, report + 6) : undefined,
    };
  },
});

/** Bytes of the message header; 0 when it is none: version 0, and reserved bits that are zero. */
function headerLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < HEADER_BYTES) return 0;
  const flags = bytes[start];
  const security = bytes[start + 3];
  const destination = flags & 3;
  if ((flags & 0xf8) !== 0 || destination === 3 || (security & 0x1c) !== 0 || (security & 3) > 1)
    return 0;
  const length = HEADER_BYTES + ((flags & SOURCE_PRESENT) !== 0 ? 8 : 0) + [0, 8, 2][destination];
  return length <= end - start ? length : 0;
}

/** Session 0 of unicast carries what is not encrypted (4.4.1.3). */
function isUnsecured(bytes: Uint8Array, start: number): boolean {
  return u16le(bytes, start + 1) === 0 && (bytes[start + 3] & 3) === 0;
}

/** A known message of the secure channel, with no vendor and no reserved flag. */
function isSecureChannel(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < PROTOCOL_HEADER_BYTES) return false;
  const opcode = bytes[at + 1];
  if ((bytes[at] & EXCHANGE_RESERVED) !== 0 || OPCODES[opcode] === undefined) return false;
  if (u16le(bytes, at + 4) !== SECURE_CHANNEL) return false;
  const body = at + PROTOCOL_HEADER_BYTES + ((bytes[at] & ACKNOWLEDGES) !== 0 ? 4 : 0);
  if (opcode === 0x10) return body === end;
  if (opcode === STATUS_REPORT) return end - body >= 8;
  // The others are a TLV structure, which begins with 0x15 and ends with 0x18; the pake and sigma messages too.
  return end - body >= 4 && bytes[body] === 0x15 && bytes[end - 1] === 0x18;
}
