/**
 * Vendors by MAC prefix, from the IEEE registries in the compact form that scripts/build-vendors.ts writes. The file
 * is read at the first question (a few milliseconds), and names become strings only when asked for.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { InternalError } from '../../base/index.ts';

const MAGIC = 'FWOUI1\0\0';

/** Locally administered prefixes that software gives to the same machine each time. */
const VIRTUAL_PREFIXES = [
  '02:42:', // Docker
  '0a:00:27:', // VirtualBox, host-only
  '52:54:00:', // QEMU and KVM
] as const;

/**
 * Who registered the longest prefix of a MAC: the organisation's name as in the registry; undefined when nobody did,
 * or when the holder is not public.
 * @param mac - six hexadecimal bytes, with colons or dashes.
 */
export function vendorOf(mac: string): string | undefined {
  const number = parseMac(mac);
  return number === undefined ? undefined : registry().find(number);
}

/**
 * Whether a MAC is made up by the device itself, as phones do for each network: the locally administered bit is set
 * (IEEE 802-2014, 8.2), and the prefix is neither registered all the same (DECnet and its age) nor that of a virtual
 * machine or container.
 */
export function isRandomised(mac: string): boolean {
  const number = parseMac(mac);
  if (number === undefined) return false;
  const first = Math.floor(number / 2 ** 40);
  // A group address is no host's own.
  if ((first & 2) === 0 || (first & 1) === 1) return false;
  const text = mac.toLowerCase().replaceAll('-', ':');
  if (VIRTUAL_PREFIXES.some((prefix) => text.startsWith(prefix))) return false;
  return registry().find(number) === undefined;
}

/** The 48 bits of a MAC. */
function parseMac(mac: string): number | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(mac)) return undefined;
  return Number.parseInt(mac.replace(/[:-]/g, ''), 16);
}

let loaded: Registry | undefined;

function registry(): Registry {
  loaded ??= new Registry(gunzipSync(readFileSync(new URL('./registry.bin.gz', import.meta.url))));
  return loaded;
}

/** The tables of the file, whose form scripts/build-vendors.ts tells. */
class Registry {
  readonly #large: Uint32Array;
  readonly #medium: Uint32Array;
  readonly #smallUpper: Uint32Array;
  readonly #smallLower: Uint8Array;
  readonly #nameNumbers: Uint16Array;
  readonly #nameOffsets: Uint32Array;
  readonly #names: Buffer;

  constructor(file: Uint8Array) {
    if (Buffer.from(file.subarray(0, 8)).toString('latin1') !== MAGIC)
      throw new InternalError(
        'vendors-broken',
        'The list of vendors is broken. Install Fleetward anew.',
      );
    // A copy begins at offset 0, as the views need it.
    const { buffer } = Uint8Array.from(file);
    const [large, medium, small, names] = new Uint32Array(buffer, 8, 4);
    let at = 24;
    const words = (count: number): Uint32Array => {
      const view = new Uint32Array(buffer, at, count);
      at += 4 * count;
      return view;
    };
    this.#large = words(large);
    this.#medium = words(medium);
    this.#smallUpper = words(small);
    this.#nameNumbers = new Uint16Array(buffer, at, large + medium + small);
    at += 2 * this.#nameNumbers.length;
    this.#smallLower = new Uint8Array(buffer, at, small);
    at += small;
    const lengths = new Uint8Array(buffer, at, names);
    this.#names = Buffer.from(buffer, at + names);
    this.#nameOffsets = new Uint32Array(names + 1);
    for (let i = 0; i < names; i++) this.#nameOffsets[i + 1] = this.#nameOffsets[i] + lengths[i];
  }

  find(mac: number): string | undefined {
    const small = this.#findSmall(Math.floor(mac / 2 ** 12));
    if (small >= 0) return this.#name(this.#large.length + this.#medium.length + small);
    const medium = indexOf(this.#medium, Math.floor(mac / 2 ** 20));
    if (medium >= 0) return this.#name(this.#large.length + medium);
    const large = indexOf(this.#large, Math.floor(mac / 2 ** 24));
    return large >= 0 ? this.#name(large) : undefined;
  }

  #findSmall(prefix: number): number {
    const upper = Math.floor(prefix / 16);
    let at = indexOf(this.#smallUpper, upper);
    if (at < 0) return -1;
    // Up to sixteen share their upper 32 bits; the search may land on any of them.
    while (at > 0 && this.#smallUpper[at - 1] === upper) at--;
    for (; this.#smallUpper[at] === upper; at++)
      if (this.#smallLower[at] === prefix % 16) return at;
    return -1;
  }

  #name(prefix: number): string {
    const number = this.#nameNumbers[prefix];
    return this.#names.toString('utf8', this.#nameOffsets[number], this.#nameOffsets[number + 1]);
  }
}

/** Where `value` stands in a sorted table, or -1. */
function indexOf(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] === value) return middle;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
