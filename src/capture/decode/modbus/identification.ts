/** How a Modbus device says what it is (Application Protocol Specification V1.1b3, 6.13 and 6.21). */
import { wireText } from '../wire-text.ts';

export interface DeviceIdentification {
  readonly vendor_name?: string;
  readonly product_code?: string;
  readonly major_minor_revision?: string;
  readonly vendor_url?: string;
  readonly product_name?: string;
  readonly model_name?: string;
  readonly user_application_name?: string;
  /** Private objects by number. */
  readonly extended?: Readonly<Record<string, string>>;
  /** 1 to 3: basic, regular, extended; 128 is added where objects may be asked for one by one. */
  readonly conformity_level: number;
  readonly more_follows: boolean;
}

const NAMES = [
  'vendor_name',
  'product_code',
  'major_minor_revision',
  'vendor_url',
  'product_name',
  'model_name',
  'user_application_name',
] as const;
const MORE_FOLLOWS = 0xff;

/** @param start - of the byte behind the MEI type. @returns undefined when its parts do not fit. */
export function identificationOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): DeviceIdentification | undefined {
  if (end - start < 5) return undefined;
  const objects = bytes[start + 4];
  const named: Record<string, string> = {};
  const extended: Record<string, string> = {};
  let at = start + 5;
  for (let i = 0; i < objects; i++) {
    if (at + 2 > end) return undefined;
    const id = bytes[at];
    const value = at + 2;
    at = value + bytes[at + 1];
    if (at > end) return undefined;
    const name = NAMES[id];
    if (name) named[name] = wireText(bytes, value, at);
    else extended[id] = wireText(bytes, value, at);
  }
  return {
    ...named,
    ...(Object.keys(extended).length > 0 ? { extended } : {}),
    conformity_level: bytes[start + 1],
    more_follows: bytes[start + 2] === MORE_FOLLOWS,
  };
}

const READABLE_MIN = 4;

/**
 * The longest readable text in [start, end): where it stands in an answer to Report Server ID is each maker's own.
 * @returns undefined when there is none of four characters.
 */
export function readableText(bytes: Uint8Array, start: number, end: number): string | undefined {
  let from = start;
  let best = start;
  let length = 0;
  for (let at = start; at <= end; at++) {
    if (at < end && bytes[at] >= 0x20 && bytes[at] < 0x7f) continue;
    if (at - from > length) {
      best = from;
      length = at - from;
    }
    from = at + 1;
  }
  return length < READABLE_MIN ? undefined : wireText(bytes, best, best + length).trim();
}
