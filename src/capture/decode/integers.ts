/** Integers at a place in bytes, in either order. */

export function u16be(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function u16le(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

export function i16le(bytes: Uint8Array, at: number): number {
  return (u16le(bytes, at) << 16) >> 16;
}

export function u24le(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) | (bytes[at + 2] << 16);
}

export function u32be(bytes: Uint8Array, at: number): number {
  return ((u16be(bytes, at) << 16) | u16be(bytes, at + 2)) >>> 0;
}

export function i32le(bytes: Uint8Array, at: number): number {
  return u16le(bytes, at) | (u16le(bytes, at + 2) << 16);
}

export function u32le(bytes: Uint8Array, at: number): number {
  return i32le(bytes, at) >>> 0;
}

/** Exact in a double. */
export function u48le(bytes: Uint8Array, at: number): number {
  return u32le(bytes, at) + u16le(bytes, at + 4) * 2 ** 32;
}

const scratch = new DataView(new ArrayBuffer(8));

/** IEEE 754, single precision. */
export function f32le(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 4; i++) scratch.setUint8(i, bytes[at + i]);
  return scratch.getFloat32(0, true);
}

/** IEEE 754, double precision. */
export function f64le(bytes: Uint8Array, at: number): number {
  for (let i = 0; i < 8; i++) scratch.setUint8(i, bytes[at + i]);
  return scratch.getFloat64(0, true);
}
