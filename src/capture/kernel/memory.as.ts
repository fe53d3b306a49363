/** The memory that the kernel shares with TypeScript, see layout.ts; numbers on the wire are in network byte order. */

export function get(word: u32): i32 {
  return load<i32>(word * 4);
}

export function set(word: u32, value: i32): void {
  store<i32>(word * 4, value);
}

export function double(place: u32): f64 {
  return load<f64>(place * 8);
}

export function setDouble(place: u32, value: f64): void {
  store<f64>(place * 8, value);
}

export function u16At(at: u32): u32 {
  return bswap<u16>(load<u16>(at));
}

export function i32At(at: u32): i32 {
  return bswap<i32>(load<i32>(at));
}
