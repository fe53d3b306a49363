/**
 * LIFX LAN protocol: a header of 36 bytes (little-endian) with the type of the message, and its payload, in clear and
 * without sign-in.
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { u16le, u32le } from './integers.ts';
import { hexColons, wireText } from './wire-text.ts';

type LifxName =
  | 'get_service'
  | 'state_service'
  | 'get_host_firmware'
  | 'state_host_firmware'
  | 'get_wifi_info'
  | 'state_wifi_info'
  | 'get_wifi_firmware'
  | 'state_wifi_firmware'
  | 'get_power'
  | 'set_power'
  | 'state_power'
  | 'get_label'
  | 'set_label'
  | 'state_label'
  | 'get_version'
  | 'state_version'
  | 'get_info'
  | 'state_info'
  | 'acknowledgement'
  | 'get_location'
  | 'set_location'
  | 'state_location'
  | 'get_group'
  | 'set_group'
  | 'state_group'
  | 'echo_request'
  | 'echo_response'
  | 'get_color'
  | 'set_color'
  | 'set_waveform'
  | 'light_state'
  | 'get_light_power'
  | 'set_light_power'
  | 'state_light_power'
  | 'set_waveform_optional'
  | 'state_unhandled'
  | 'set_color_zones'
  | 'get_color_zones'
  | 'set_extended_color_zones'
  | 'get_extended_color_zones'
  | 'get_relay_power'
  | 'set_relay_power'
  | 'state_relay_power'
  | 'message';

/** The event is the message's name in LIFX's documents; what they do not describe is `message`. */
export interface LifxEvent extends AppEvent {
  readonly protocol: 'lifx';
  readonly event: LifxName;
  readonly type: number;
  /** MAC of the device that is meant, or that speaks; undefined when all are. */
  readonly target: string | undefined;
  /** Number of the client: answers repeat it. */
  readonly source: number;
  readonly sequence: number;
  readonly ack_required: boolean;
  /** get_… and state_…: as the message's name says. */
  readonly power: boolean | undefined;
  readonly label: string | undefined;
  readonly vendor: number | undefined;
  readonly product: number | undefined;
  /** Firmware: `major.minor`. */
  readonly version: string | undefined;
}

const protocol = 'lifx';
const HEADER_BYTES = 36;
const NAMES: Readonly<Record<number, LifxName>> = {
  2: 'get_service',
  3: 'state_service',
  14: 'get_host_firmware',
  15: 'state_host_firmware',
  16: 'get_wifi_info',
  17: 'state_wifi_info',
  18: 'get_wifi_firmware',
  19: 'state_wifi_firmware',
  20: 'get_power',
  21: 'set_power',
  22: 'state_power',
  23: 'get_label',
  24: 'set_label',
  25: 'state_label',
  32: 'get_version',
  33: 'state_version',
  34: 'get_info',
  35: 'state_info',
  45: 'acknowledgement',
  48: 'get_location',
  49: 'set_location',
  50: 'state_location',
  51: 'get_group',
  52: 'set_group',
  53: 'state_group',
  58: 'echo_request',
  59: 'echo_response',
  101: 'get_color',
  102: 'set_color',
  103: 'set_waveform',
  107: 'light_state',
  116: 'get_light_power',
  117: 'set_light_power',
  118: 'state_light_power',
  119: 'set_waveform_optional',
  223: 'state_unhandled',
  501: 'set_color_zones',
  502: 'get_color_zones',
  510: 'set_extended_color_zones',
  511: 'get_extended_color_zones',
  816: 'get_relay_power',
  817: 'set_relay_power',
  818: 'state_relay_power',
};

export const lifxDecoder = datagramDecoder({
  protocol,
  ports: [56_700],
  recognise: (bytes, start, end) =>
    isHeader(bytes, start, end) && NAMES[u16le(bytes, start + 32)] !== undefined,
  read(bytes, start, end): LifxEvent | string {
    if (!isHeader(bytes, start, end)) return 'not a LIFX header';
    const type = u16le(bytes, start + 32);
    const flags = bytes[start + 22];
    const event = NAMES[type] ?? 'message';
    const body = start + HEADER_BYTES;
    const has = (count: number): boolean => end - body >= count;
    const label = event === 'state_label' ? body : event === 'light_state' ? body + 12 : end;
    const power = /power$/.test(event) && has(2) ? body : event === 'light_state' ? body + 10 : end;
    const firmware = event === 'state_host_firmware' && has(20);
    return {
      protocol,
      event,
      type,
      target: isAll(bytes, start + 8) ? undefined : hexColons(bytes, start + 8, start + 14),
      source: u32le(bytes, start + 4),
      sequence: bytes[start + 23],
      ack_required: (flags & 2) !== 0,
      power: power + 2 <= end ? u16le(bytes, power) > 0 : undefined,
      label: label + 32 <= end ? padded(bytes, label, label + 32) : undefined,
      vendor: event === 'state_version' && has(8) ? u32le(bytes, body) : undefined,
      product: event === 'state_version' && has(8) ? u32le(bytes, body + 4) : undefined,
      version: firmware ? `${u16le(bytes, body + 18)}.${u16le(bytes, body + 16)}` : undefined,
    };
  },
});

/** Size, protocol 1024 with `addressable`, and reserved bytes that are zero. */
function isHeader(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start >= HEADER_BYTES &&
    u16le(bytes, start) === end - start &&
    (u16le(bytes, start + 2) & 0x1fff) === 0x1400 &&
    bytes[start + 14] === 0 &&
    bytes[start + 15] === 0 &&
    u16le(bytes, start + 34) === 0
  );
}

function isAll(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 6; i++) if (bytes[at + i] !== 0) return false;
  return true;
}

/** Text that zeros fill up. */
function padded(bytes: Uint8Array, start: number, end: number): string | undefined {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return stop > start ? wireText(bytes, start, stop) : undefined;
}
