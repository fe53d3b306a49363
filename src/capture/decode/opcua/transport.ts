/** The messages below OPC UA's services (OPC 10000-6, 6.7 and 7.1): their types and sizes, and what opens a channel. */
import type { ByteReader } from '../byte-reader.ts';
import { readCertificate } from '../tls/certificate.ts';
import { readString, readTypeId, skipString } from './built-in.ts';
import type { OpcUaCertificate, OpcUaEvent, OpcUaOpenSecureChannel } from './events.ts';
import { SECURITY_MODES, serviceOf, statusName } from './names.ts';
import { readResponseHeader, skipRequestHeader } from './services.ts';

export const HEADER_BYTES = 8;

/** Message types as three letters in one number. */
const code = (letters: string): number =>
  (letters.charCodeAt(0) << 16) | (letters.charCodeAt(1) << 8) | letters.charCodeAt(2);
export const HEL = code('HEL');
export const ACK = code('ACK');
export const ERR = code('ERR');
export const RHE = code('RHE');
export const OPN = code('OPN');
const CLO = code('CLO');
export const MSG = code('MSG');

/** Least size of a message type, which is the header's for those of the transport; 0 for an unknown type. */
export function smallestOf(type: number): number {
  switch (type) {
    case HEL:
    case ACK:
    case ERR:
    case RHE:
      return HEADER_BYTES;
    case OPN:
    case CLO:
    case MSG:
      return 24;
    default:
      return 0;
  }
}

export function sizeAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at + 4] | (bytes[at + 5] << 8) | (bytes[at + 6] << 16) | (bytes[at + 7] << 24)) >>> 0
  );
}

/** Hello, reverse hello, acknowledge and error. */
export function readTransport(type: number, reader: ByteReader): OpcUaEvent {
  const protocol = 'opcua';
  if (type === ERR)
    return {
      protocol,
      event: 'error',
      status: statusName(reader.u32le()),
      reason: readString(reader),
    };
  if (type === RHE) {
    const server_uri = readString(reader);
    const endpoint_url = readString(reader);
    return {
      protocol,
      event: 'reverse_hello',
      protocol_version: undefined,
      endpoint_url,
      server_uri,
    };
  }
  const protocol_version = reader.u32le();
  const receive_buffer_size = reader.u32le();
  const send_buffer_size = reader.u32le();
  reader.skip(8);
  if (type === ACK)
    return {
      protocol,
      event: 'acknowledge',
      protocol_version,
      receive_buffer_size,
      send_buffer_size,
    };
  const endpoint_url = readString(reader);
  return { protocol, event: 'hello', protocol_version, endpoint_url, server_uri: undefined };
}

interface OpenBody {
  readonly response: boolean;
  readonly mode: OpcUaOpenSecureChannel['security_mode'];
  readonly renew: boolean | undefined;
  readonly lifetime: number | undefined;
  /** Of a response; else 0. */
  readonly channel: number;
  readonly fault: string;
}

/** OpenSecureChannelRequest or -Response (OPC 10000-4, 5.5.2), which policy None leaves in clear. */
export function readOpen(reader: ByteReader): OpenBody | undefined {
  const message = serviceOf(readTypeId(reader));
  if (message?.response) {
    readResponseHeader(reader);
    reader.skip(4);
    const channel = reader.u32le();
    reader.skip(12);
    const lifetime = reader.u32le();
    const { fault } = reader;
    return { response: true, mode: undefined, renew: undefined, lifetime, channel, fault };
  }
  skipRequestHeader(reader);
  reader.skip(4);
  const renew = reader.u32le() === 1;
  const mode = SECURITY_MODES[reader.u32le()];
  skipString(reader);
  const lifetime = reader.u32le();
  return { response: false, mode, renew, lifetime, channel: 0, fault: reader.fault };
}

export function certificateOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): OpcUaCertificate | undefined {
  const certificate = end > start ? readCertificate(bytes, start, end) : undefined;
  if (!certificate) return undefined;
  const { subject, issuer, not_before, not_after, alternative_names } = certificate;
  const { key_type, key_bits, signature, sha256 } = certificate;
  return {
    subject,
    issuer,
    not_before,
    not_after,
    alternative_names,
    key_type,
    key_bits,
    signature,
    sha256,
  };
}
