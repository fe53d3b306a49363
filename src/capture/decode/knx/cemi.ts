/** Frames in the common external message interface (KNX System Specifications 3/6/3, 4.1): of the bus, and of management. */
import type { ByteReader } from '../byte-reader.ts';
import { hexRun } from '../wire-text.ts';
import type { KnxFrame } from './events.ts';

const DATA_BYTES_MAX = 14;

const MESSAGES: Readonly<Record<number, string>> = {
  16: 'l_raw_req',
  17: 'l_data_req',
  19: 'l_poll_data_req',
  37: 'l_poll_data_con',
  41: 'l_data_ind',
  43: 'l_busmon_ind',
  45: 'l_raw_ind',
  46: 'l_data_con',
  47: 'l_raw_con',
  240: 'm_reset_ind',
  241: 'm_reset_req',
  245: 'm_prop_write_con',
  246: 'm_prop_write_req',
  247: 'm_prop_info_ind',
  248: 'm_func_prop_command_req',
  249: 'm_func_prop_state_read_req',
  250: 'm_func_prop_command_con',
  251: 'm_prop_read_con',
  252: 'm_prop_read_req',
};
/** Application services by the four high bits of their code (3/3/7, 2); those of ten bits below. */
const SHORT_SERVICES = [
  'group_value_read',
  'group_value_response',
  'group_value_write',
  'individual_address_write',
  'individual_address_read',
  'individual_address_response',
  'adc_read',
  'adc_response',
  'memory_read',
  'memory_response',
  'memory_write',
  'user_message',
  'device_descriptor_read',
  'device_descriptor_response',
  'restart',
  'escape',
];
const LONG_SERVICES: Readonly<Record<number, string>> = {
  704: 'user_memory_read',
  705: 'user_memory_response',
  706: 'user_memory_write',
  711: 'function_property_command',
  712: 'function_property_state_read',
  713: 'function_property_state_response',
  977: 'authorize_request',
  978: 'authorize_response',
  979: 'key_write',
  980: 'key_response',
  981: 'property_value_read',
  982: 'property_value_response',
  983: 'property_value_write',
  984: 'property_description_read',
  985: 'property_description_response',
  988: 'individual_address_serial_number_read',
  989: 'individual_address_serial_number_response',
  990: 'individual_address_serial_number_write',
  992: 'domain_address_write',
  993: 'domain_address_read',
  994: 'domain_address_response',
  1009: 'data_secure',
};
/** What they carry is a key. */
const KEYS = new Set(['authorize_request', 'key_write']);
/** Services whose data begins in the six low bits of the code's second byte. */
const SHORT_DATA = 3;

/** Reads a frame, to the reader's end. */
export function readFrame(reader: ByteReader): KnxFrame {
  const code = reader.u8();
  const message = MESSAGES[code] ?? `message_${code.toString(16)}`;
  if (code >= 0xf0) return readManagement(reader, message);
  reader.skip(reader.u8());
  if (!message.startsWith('l_data')) return { message };
  reader.skip(1);
  const isGroup = (reader.u8() & 0x80) !== 0;
  const source = individualAddress(reader.u16());
  const target = reader.u16();
  const destination = isGroup ? groupAddress(target) : individualAddress(target);
  const length = reader.u8();
  const control = reader.u8();
  // Without an application service it opens, closes or acknowledges a connection.
  if (length === 0 || control >= 0x80) return { message, source, destination };
  const low = reader.u8();
  const ten = ((control & 3) << 8) | low;
  const high = ten >> 6;
  const service = LONG_SERVICES[ten] ?? SHORT_SERVICES[high] ?? 'unknown';
  const from = reader.at;
  reader.skip(length - 1);
  if (reader.fault) return { message, source, destination, service };
  return { message, source, destination, service, ...dataOf(reader, service, from, low, high) };
}

/** Values of up to six bits stand in the code itself. */
function dataOf(
  { bytes, at }: ByteReader,
  service: string,
  from: number,
  low: number,
  high: number,
): { data?: string } {
  if (KEYS.has(service)) return {};
  if (at > from) return { data: hexRun(bytes, from, at, DATA_BYTES_MAX) };
  const hasValue = high > 0 && high < SHORT_DATA;
  return hasValue ? { data: (low & 0x3f).toString(16).padStart(2, '0') } : {};
}

/** 3/6/3, 4.1.7: an interface object's type and instance, a property, how many elements from which on. */
function readManagement(reader: ByteReader, message: string): KnxFrame {
  if (!message.startsWith('m_prop') && !message.startsWith('m_func')) return { message };
  const object_type = reader.u16();
  reader.skip(1);
  return { message, object_type, property: reader.u8() };
}

/** `1.1.2`: area, line, device. */
export function individualAddress(address: number): string {
  return `${address >> 12}.${(address >> 8) & 15}.${address & 255}`;
}

/** `1/2/3`: main, middle and sub group. */
function groupAddress(address: number): string {
  return `${address >> 11}/${(address >> 8) & 7}/${address & 255}`;
}
