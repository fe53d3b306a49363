/** Addresses: text forms of MAC, IPv4 and IPv6 addresses, and where an address lies. */

/** Where an address lies, as seen from a device. Documentation ranges count as public. */
export type Scope =
  | 'private'
  | 'public'
  | 'link_local'
  | 'multicast'
  | 'broadcast'
  | 'loopback'
  | 'unspecified';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** `aa:bb:cc:dd:ee:ff` of the six bytes at `offset`. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  return `${HEX[bytes[offset]]}:${HEX[bytes[offset + 1]]}:${HEX[bytes[offset + 2]]}:${HEX[bytes[offset + 3]]}:${HEX[bytes[offset + 4]]}:${HEX[bytes[offset + 5]]}`;
}

/** Dotted text of an IPv4 address held in the 32 bits of a number (signed or not). */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** RFC 5952 text of the sixteen bytes at `offset`. */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[offset + i] << 8) | bytes[offset + i + 1]);
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > runLength) {
      runStart = i;
      runLength = length;
    }
    if (length > 0) i += length - 1;
  }
  if (runStart === 0 && runLength === 5 && groups[5] === 0xffff) {
    return `::ffff:${formatIpv4((groups[6] << 16) | groups[7])}`;
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (runStart < 0) return text(0, 8);
  return `${text(0, runStart)}::${text(runStart + runLength, 8)}`;
}

/** The 32 bits of dotted text, or undefined when it is not four decimal parts of 0–255 without leading zeros. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part)) return undefined;
    const value = Number(part);
    if (value > 255) return undefined;
    address = address * 256 + value;
  }
  return address;
}

/** Where the IPv4 address in the 32 bits of a number lies (RFC 6890 and successors; 100.64/10 counts as private). */
export function scopeOfIpv4(address: number): Scope {
  const a = address >>> 24;
  const b = (address >>> 16) & 255;
  if (address >>> 0 === 0xffffffff) return 'broadcast';
  if (a === 0) return 'unspecified';
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  if (a === 100 && b >= 64 && b < 128) return 'private';
  if (a === 169 && b === 254) return 'link_local';
  if (a === 127) return 'loopback';
  if (a >= 224 && a < 240) return 'multicast';
  return 'public';
}

/** Where an address in text form lies; text that is no address is `unspecified`. */
export function scopeOf(address: string): Scope {
  if (!address.includes(':')) {
    const value = parseIpv4(address);
    return value === undefined ? 'unspecified' : scopeOfIpv4(value);
  }
  if (address === '::') return 'unspecified';
  if (address === '::1') return 'loopback';
  if (address.startsWith('::ffff:') && address.includes('.')) return scopeOf(address.slice(7));
  if (address.startsWith('::')) return 'unspecified';
  const head = Number.parseInt(address, 16);
  if (head >>> 8 === 0xff) return 'multicast';
  if (head >>> 6 === 0xfe80 >>> 6) return 'link_local';
  if (head >>> 9 === 0xfc00 >>> 9) return 'private';
  return 'public';
}

/** True for an address that only makes sense inside its own site. */
export function isLocalScope(scope: Scope): boolean {
  return scope === 'private' || scope === 'link_local';
}
