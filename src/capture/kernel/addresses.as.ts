/**
 * Numbers for addresses: MACs, IPv6 addresses and hosts (an address behind a MAC) are interned, so that everything
 * else compares and stores integers. Open addressing over keys of 32-bit words; twice as many slots as keys, so a
 * probe is short also when a table is full.
 */
import * as L from './layout';
import { get, i32At, set, u16At } from './memory.as';

/** At random, so that nobody can choose addresses that all fall into one place. */
let seed: i32 = 0;

export function setUpAddresses(random: i32): void {
  seed = random;
  set(L.MACS, 1);
  set(L.IPV6S, 1);
  set(L.HOSTS, 1);
  set(L.CONNECTIONS, 1);
}

/** A number for the MAC at an offset, from 1; 0 when there are too many. */
export function numberOfMac(at: u32): i32 {
  const high = u16At(at);
  const low = i32At(at + 2);
  // All zeros is what a loopback interface writes: no MAC at all.
  if ((high | low) === 0) return 0;
  return intern(
    L.MAC_SLOTS,
    L.MAC_KEYS,
    L.MAC_WORDS,
    L.MACS_MAX,
    L.MACS,
    L.OVERFLOWS,
    high,
    low,
    0,
    0,
  );
}

/** A number for the IPv6 address at an offset, from 1; 0 for the unspecified one, and when there are too many. */
export function numberOfIpv6(at: u32): i32 {
  const w0 = i32At(at);
  const w1 = i32At(at + 4);
  const w2 = i32At(at + 8);
  const w3 = i32At(at + 12);
  if ((w0 | w1 | w2 | w3) === 0) return 0;
  return intern(
    L.IPV6_SLOTS,
    L.IPV6_KEYS,
    L.IPV6_WORDS,
    L.IPV6S_MAX,
    L.IPV6S,
    L.OVERFLOWS,
    w0,
    w1,
    w2,
    w3,
  );
}

/** @param address - the 32 bits of an IPv4 address, or the number of an IPv6 one. */
export function numberOfHost(mac: i32, family: i32, address: i32): i32 {
  const owner = (family << 24) | mac;
  return intern(
    L.HOST_SLOTS,
    L.HOST_KEYS,
    L.HOST_WORDS,
    L.HOSTS_MAX,
    L.HOSTS,
    L.OVERFLOWS,
    owner,
    address,
    0,
    0,
  );
}

export function isMulticastIpv6(number: i32): bool {
  return load<i32>(L.IPV6_KEYS + number * (L.IPV6_WORDS * 4)) >>> 24 === 0xff;
}

/** The number of a key, a new one if it is new; 0 when the table is full, which is counted. */
export function intern(
  slots: u32,
  keys: u32,
  words: u32,
  most: u32,
  countedIn: u32,
  fullIn: u32,
  w0: i32,
  w1: i32,
  w2: i32,
  w3: i32,
): i32 {
  let hash: i32 = (w0 ^ seed) * 0x9e3779b1;
  hash = (rotl(hash, 13) ^ w1) * 0x85ebca77;
  hash = rotl(hash, 13) ^ (w2 * 0xc2b2ae3d) ^ (w3 * 0x27d4eb2f);
  hash = (hash ^ (hash >>> 15)) * 0x2c1b3c6d;
  hash ^= hash >>> 13;
  const mask = 2 * most - 1;
  let slot: u32 = hash & mask;
  for (;;) {
    const entry = load<u32>(slots + slot * 4);
    if (entry === 0) break;
    const at = keys + entry * words * 4;
    if (
      load<i32>(at) === w0 &&
      load<i32>(at, 4) === w1 &&
      (words < 3 || load<i32>(at, 8) === w2) &&
      (words < 4 || load<i32>(at, 12) === w3)
    ) {
      return entry;
    }
    slot = (slot + 1) & mask;
  }
  const entry: u32 = get(countedIn);
  if (entry >= most) {
    set(fullIn, get(fullIn) + 1);
    return 0;
  }
  set(countedIn, entry + 1);
  const at = keys + entry * words * 4;
  store<i32>(at, w0);
  store<i32>(at, w1, 4);
  if (words > 2) store<i32>(at, w2, 8);
  if (words > 3) store<i32>(at, w3, 12);
  store<u32>(slots + slot * 4, entry);
  return entry;
}
