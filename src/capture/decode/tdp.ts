/**
 * TP-Link Device Discovery (TDP), by which newer Kasa and Tapo devices are found: a header of 16 bytes and JSON. The
 * devices then speak KLAP or SecurePassThrough over HTTP, encrypted with what the owner's account gives.
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { u16be } from './integers.ts';
import { numberOf, objectOf, readObject, textOf } from './json-fields.ts';

export interface TdpEvent extends AppEvent {
  readonly protocol: 'tdp';
  readonly event: 'probe' | 'response';
  readonly error_code: number | undefined;
  /** `IOT.SMARTPLUGSWITCH`, `SMART.TAPOPLUG` … */
  readonly device_type: string | undefined;
  readonly device_model: string | undefined;
  readonly device_id: string | undefined;
  readonly mac: string | undefined;
  /** False once somebody owns it. */
  readonly factory_default: boolean | undefined;
  /** How it wants to be spoken to: `KLAP`, `AES`, `XOR`, with TLS or without. */
  readonly encrypt_type: string | undefined;
  readonly is_support_https: boolean | undefined;
}

const protocol = 'tdp';
const HEADER_BYTES = 16;
const VERSION = 2;
/** Probe and answer have one operation code. */
const DISCOVER = 1;

export const tdpDecoder = datagramDecoder({
  protocol,
  ports: [20_002, 20_004],
  recognise(bytes, start, end) {
    const size = end - start - HEADER_BYTES;
    return (
      size >= 0 &&
      bytes[start] === VERSION &&
      bytes[start + 1] === 0 &&
      u16be(bytes, start + 2) === DISCOVER &&
      u16be(bytes, start + 4) === size &&
      (size === 0 || (bytes[start + HEADER_BYTES] === 0x7b && bytes[end - 1] === 0x7d))
    );
  },
  read(bytes, start, end): TdpEvent | string {
    if (end - start < HEADER_BYTES) return 'message too short';
    if (end - start === HEADER_BYTES) return discovery('probe', undefined, {});
    const message = readObject(bytes, start + HEADER_BYTES, end);
    if (!message) return 'not a JSON object';
    const result = objectOf(message.result);
    return result
      ? discovery('response', numberOf(message.error_code), result)
      : discovery('probe', undefined, {});
  },
});

function discovery(
  event: TdpEvent['event'],
  error_code: number | undefined,
  result: Readonly<Record<string, unknown>>,
): TdpEvent {
  const scheme = objectOf(result.mgt_encrypt_schm);
  return {
    protocol,
    event,
    error_code,
    device_type: textOf(result.device_type),
    device_model: textOf(result.device_model),
    device_id: textOf(result.device_id),
    mac: textOf(result.mac),
    factory_default: flag(result.factory_default),
    encrypt_type: textOf(scheme?.encrypt_type),
    is_support_https: flag(scheme?.is_support_https),
  };
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
