/** How a device says what it is: in a list of identities, and as attributes of its Identity object. */

import { formatIpv4 } from '../../../base/index.ts';
import { u16be, u16le, u32be, u32le } from '../integers.ts';
import { wireText } from '../wire-text.ts';
import { deviceTypeName } from './names.ts';
import { vendorName } from './vendors.ts';

/** Fields are EVE's. */
export interface CipIdentity {
  readonly protocol_version?: number;
  /** Where the device says that it listens. */
  readonly socket_address?: string;
  readonly socket_port?: number;
  readonly vendor_id: string;
  readonly device_type: string;
  readonly product_code: number;
  readonly revision: string;
  readonly status: number;
  readonly serial: number;
  readonly product_name: string;
  readonly state?: number;
}

const SOCKET_BYTES = 18;
const FIXED_BYTES = 15;

/** The item of a list (volume 2, 2-4.2): version, socket address, identity, state. */
export function readListed(bytes: Uint8Array, start: number, end: number): CipIdentity | undefined {
  const identity = readIdentity(bytes, start + SOCKET_BYTES, end);
  if (!identity) return undefined;
  const state = start + SOCKET_BYTES + FIXED_BYTES + bytes[start + SOCKET_BYTES + FIXED_BYTES - 1];
  return {
    protocol_version: u16le(bytes, start),
    socket_address: formatIpv4(u32be(bytes, start + 6)),
    socket_port: u16be(bytes, start + 4),
    ...identity,
    ...(state < end ? { state: bytes[state] } : {}),
  };
}

/** Attributes 1 to 7 of the Identity object, in order (volume 1, 5A-2). */
export function readIdentity(
  bytes: Uint8Array,
  start: number,
  end: number,
): CipIdentity | undefined {
  const name = start + FIXED_BYTES;
  if (name > end || name + bytes[name - 1] > end) return undefined;
  return {
    revision: `${bytes[start + 6]}.${bytes[start + 7]}`,
    vendor_id: vendorName(u16le(bytes, start)),
    device_type: deviceTypeName(u16le(bytes, start + 2)),
    product_code: u16le(bytes, start + 4),
    status: u16le(bytes, start + 8),
    serial: u32le(bytes, start + 10),
    product_name: wireText(bytes, name, name + bytes[name - 1]),
  };
}
