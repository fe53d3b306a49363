/**
 * Walks the payloads of an IKE message (RFC 2408, 3.2 to 3.6; RFC 7296, 3.2 to 3.4): a chain in which each names the
 * type of the next. Version 1 and 2 differ in their numbers and in what a proposal holds, not in the chain.
 */
import { u16be, u32be } from '../integers.ts';
import { hexRun } from '../wire-text.ts';
import type { IkeAttribute } from './events.ts';
import { ATTRIBUTES, notificationName, STATUS_FROM, transformName, VALUES } from './names.ts';

const PAYLOADS_MAX = 64;
const TRANSFORMS_MAX = 64;
const ATTRIBUTES_MAX = 256;
const VENDOR_IDS_MAX = 32;
const NOTIFICATIONS_MAX = 32;
const HEX_BYTES_MAX = 1_024;
const KEY_LENGTH = 14;

/** What the payloads of one message say. */
export class Payloads {
  /** Types in order: of version 1 each once, of version 2 with what the chain ends with. */
  readonly types: number[] = [];
  readonly vendorIds: string[] = [];
  readonly notifications: string[] = [];
  errors = 0;
  /** Version 1: domain of interpretation; attributes of each transform. */
  doi: number | undefined;
  readonly transforms: IkeAttribute[][] = [];
  /** Version 2: the first transform of each type, and all algorithms by name. */
  readonly chosen = new Map<number, string>();
  readonly algorithms = new Set<string>();
  keyExchange: string | undefined;
  keyExchangeBytes = 0;
  nonce: string | undefined;
  nonceBytes = 0;
  /** Why the chain could not be followed to its end, and where. */
  fault = '';
  faultAt = 0;
  readonly #bytes: Uint8Array;
  readonly #version: number;

  constructor(bytes: Uint8Array, version: number) {
    this.#bytes = bytes;
    this.#version = version;
  }

  /** @param first - type of the first payload. */
  walk(first: number, start: number, end: number): this {
    this.types.push(first);
    let type = first;
    let at = start;
    for (let count = 0; type !== 0; count++) {
      if (count >= PAYLOADS_MAX) return this.#fail('too many payloads', at);
      const length = this.#lengthAt(at, end);
      if (length === 0) return this.#fail('payload cut off', at);
      this.#payload(type, at + 4, at + length);
      const next = this.#bytes[at];
      // What is encrypted names its first inner payload, and is the last.
      if (this.#version === 2 && (type === 46 || type === 53)) {
        this.types.push(next);
        return this;
      }
      type = next;
      at += length;
      if (this.#version === 2) this.types.push(type);
      else if (type !== 0) this.#note(type);
    }
    return at < end ? this.#fail('bytes after the payloads', at) : this;
  }

  #payload(type: number, start: number, end: number): void {
    if (this.#version === 1) {
      if (type === 1) this.#association(start, end);
      else if (type === 4) this.#keyExchange(start, end);
      else if (type === 10) this.#nonce(start, end);
      else if (type === 13) this.#vendorId(start, end);
    } else if (type === 33) this.#proposals2(start, end);
    else if (type === 34) {
      if (end - start >= 4) this.algorithms.add(transformName(4, u16be(this.#bytes, start)));
    } else if (type === 41) this.#notification(start, end);
    else if (type === 43) this.#vendorId(start, end);
  }

  #keyExchange(start: number, end: number): void {
    this.keyExchange = hexRun(this.#bytes, start, end, HEX_BYTES_MAX);
    this.keyExchangeBytes = end - start;
  }

  #nonce(start: number, end: number): void {
    this.nonce = hexRun(this.#bytes, start, end, HEX_BYTES_MAX);
    this.nonceBytes = end - start;
  }

  #vendorId(start: number, end: number): void {
    if (this.vendorIds.length < VENDOR_IDS_MAX)
      this.vendorIds.push(hexRun(this.#bytes, start, end));
  }

  /** Protocol, SPI's size, type (RFC 7296, 3.10). */
  #notification(start: number, end: number): void {
    if (end - start < 4) {
      this.#fail('payload cut off', start);
      return;
    }
    const type = u16be(this.#bytes, start + 2);
    if (type < STATUS_FROM) this.errors++;
    if (this.notifications.length < NOTIFICATIONS_MAX)
      this.notifications.push(notificationName(type));
  }

  /** Domain, situation, proposals (RFC 2408, 3.4). */
  #association(start: number, end: number): void {
    if (end - start < 8) {
      this.#fail('payload cut off', start);
      return;
    }
    this.doi = u32be(this.#bytes, start);
    if (this.doi !== 1) return;
    this.#note(2);
    this.#each(start + 8, end, (at, stop) => {
      const transforms = at + 8 + this.#bytes[at + 6];
      if (stop - at < 8 || transforms > stop) this.#fail('proposal cut off', at);
      else
        this.#each(transforms, stop, (from, to) => {
          this.#note(3);
          if (to - from < 8) this.#fail('transform cut off', from);
          else this.#transform(from + 8, to);
        });
    });
  }

  #transform(start: number, end: number): void {
    const attributes: IkeAttribute[] = [];
    this.#attributes(start, end, (type, raw) => {
      if (attributes.length >= ATTRIBUTES_MAX) return;
      const name = typeof raw === 'number' ? VALUES[type]?.[raw] : undefined;
      attributes.push({ key: ATTRIBUTES[type] ?? 'unknown', value: name ?? 'Unknown', raw });
    });
    if (this.transforms.length < TRANSFORMS_MAX) this.transforms.push(attributes);
    const bits = attributes.find(({ key }) => key === 'sa_key_length')?.raw;
    for (const { key, value } of attributes)
      if (key.startsWith('alg_') && value !== 'Unknown')
        this.algorithms.add(key === 'alg_enc' ? withBits(value, bits) : value);
  }

  /** Proposals and transforms of version 2 (RFC 7296, 3.3). */
  #proposals2(start: number, end: number): void {
    this.#each(start, end, (at, stop) => {
      const transforms = at + 8 + this.#bytes[at + 6];
      if (stop - at < 8 || transforms > stop) this.#fail('proposal cut off', at);
      else
        this.#each(transforms, stop, (from, to) => {
          if (to - from < 8) this.#fail('transform cut off', from);
          else this.#transform2(from, to);
        });
    });
  }

  #transform2(start: number, end: number): void {
    const type = this.#bytes[start + 4];
    const name = transformName(type, u16be(this.#bytes, start + 6));
    let bits: number | string | undefined;
    this.#attributes(start + 8, end, (attribute, raw) => {
      if (attribute === KEY_LENGTH) bits = raw;
    });
    if (!this.chosen.has(type)) this.chosen.set(type, name);
    if (this.algorithms.size < TRANSFORMS_MAX)
      this.algorithms.add(type === 1 ? withBits(name, bits) : name);
  }

  /** Type and value, or type, length and value (RFC 2408, 3.3). */
  #attributes(
    start: number,
    end: number,
    take: (type: number, raw: number | string) => void,
  ): void {
    let at = start;
    while (end - at >= 4) {
      const head = u16be(this.#bytes, at);
      const second = u16be(this.#bytes, at + 2);
      if ((head & 0x8000) !== 0) {
        take(head & 0x7fff, second);
        at += 4;
        continue;
      }
      if (second > end - at - 4) break;
      const value = at + 4;
      take(
        head,
        second === 4 ? u32be(this.#bytes, value) : hexRun(this.#bytes, value, value + second),
      );
      at = value + second;
    }
    if (at < end) this.#fail('attribute cut off', at);
  }

  /** Each of a list of parts that have their length in the third and fourth byte. */
  #each(start: number, end: number, take: (start: number, end: number) => void): void {
    let at = start;
    for (let count = 0; at < end && count < TRANSFORMS_MAX; count++) {
      const length = this.#lengthAt(at, end);
      if (length === 0) {
        this.#fail('part cut off', at);
        return;
      }
      take(at, at + length);
      at += length;
    }
  }

  #lengthAt(at: number, end: number): number {
    if (end - at < 4) return 0;
    const length = u16be(this.#bytes, at + 2);
    return length < 4 || length > end - at ? 0 : length;
  }

  /** EVE lists each type of version 1 once, those inside others too. */
  #note(type: number): void {
    if (!this.types.includes(type)) this.types.push(type);
  }

  #fail(reason: string, at: number): this {
    if (this.fault === '') {
      this.fault = reason;
      this.faultAt = at;
    }
    return this;
  }
}

const withBits = (name: string, bits: number | string | undefined): string =>
  typeof bits === 'number' ? `${name}_${bits}bit` : name;
