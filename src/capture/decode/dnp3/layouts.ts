/** How the objects of DNP3 are laid out (IEEE 1815-2012, annex A), by group and variation. Fields are named as in EVE. */
import { type Layout, layout } from '../layout.ts';

const COMMON = 'online restart comm_lost remote_forced local_forced';
const BINARY = `[${COMMON} chatter_filter reserved state]`;
const DOUBLE = `[${COMMON} chatter_filter state:2]`;
const OUTPUT = `[${COMMON} reserved0 reserved1 state]`;
const COUNTER = `[${COMMON} rollover discontinuity reserved0]`;
const COUNTER_EVENT = `[${COMMON} rollover discontinuity reserved1]`;
const DELTA = `[${COMMON} rollover reserved0 reserved1]`;
const ANALOG = `[${COMMON} over_range reference_err reserved0]`;
const STATUS = '[status_code:7 commanded_state]';
const COMMAND_EVENT = '[status_code:7 reserved0]';
const SECURITY_STATISTIC = `[${COMMON} reserved0 discontinuity reserved1] u16 association_id u32 count_value`;
const CROB = '[op_type:4 qu cr tcc:2] u8 count u32 ontime u32 offtime [status_code:7 reserved]';
const TIME = 'u48 timestamp';

/** Values with flags, of the four counter types: variations 1 to 4, and with time 5 to 8. */
function counters(withFlags: readonly string[], times: readonly string[] = []): string[] {
  const values = ['u32 count', 'u16 count', 'u32 count', 'u16 count'];
  return [
    ...values.map((value, i) => `${withFlags[i]} ${value}`),
    ...times.map((flags, i) => `${flags} ${values[i]} ${TIME}`),
  ];
}
const PLAIN_COUNTERS = ['u32 count', 'u16 count', 'u32 count', 'u16 count'];
const ANALOGS = ['i32', 'i16', 'f32', 'f64'];
/** Events of analogue values: 32 and 16 bits without and with time, then floating point likewise. */
function analogEvents(flags: string, name: string): string[] {
  const [i32, i16, f32, f64] = ANALOGS.map((type) => `${flags} ${type} ${name}`);
  const timed = (layout: string | undefined): string => `${layout} ${TIME}`;
  return [i32!, i16!, timed(i32), timed(i16), f32!, f64!, timed(f32), timed(f64)];
}

/** By group; variations from 1. */
const TEXTS: Readonly<Record<number, readonly string[]>> = {
  1: ['packed:1 state', BINARY],
  2: ['[state]', `${BINARY} ${TIME}`, `${BINARY} u16 timestamp`],
  3: ['packed:2 state', DOUBLE],
  4: [DOUBLE, `${DOUBLE} ${TIME}`, `${DOUBLE} u16 relative_time_ms`],
  10: ['packed:1 state', OUTPUT],
  11: [OUTPUT, `${OUTPUT} ${TIME}`],
  12: [CROB, CROB, 'packed:1 point'],
  13: [STATUS, `${STATUS} ${TIME}`],
  20: [...counters([COUNTER, COUNTER, DELTA, DELTA]), ...PLAIN_COUNTERS],
  21: [
    ...counters([COUNTER, COUNTER, DELTA, DELTA], [COUNTER_EVENT, COUNTER_EVENT, DELTA, DELTA]),
    ...PLAIN_COUNTERS,
  ],
  22: counters([COUNTER, COUNTER, DELTA, DELTA], [DELTA, COUNTER, DELTA, DELTA]),
  23: counters([COUNTER, DELTA, DELTA, DELTA], [COUNTER, COUNTER, DELTA, DELTA]),
  30: [
    `${ANALOG} i32 value`,
    `${ANALOG} i16 value`,
    'i32 value',
    'i16 value',
    `${ANALOG} f32 value`,
    `${ANALOG} f64 value`,
  ],
  31: [
    `${ANALOG} i32 value`,
    `${ANALOG} i16 value`,
    `${ANALOG} i32 value ${TIME}`,
    `${ANALOG} i16 value ${TIME}`,
    'i32 value',
    'i16 value',
    `${ANALOG} f32 value`,
    `${ANALOG} f64 value`,
  ],
  32: analogEvents(ANALOG, 'value'),
  33: analogEvents(ANALOG, 'value'),
  34: ['u16 deadband_value', 'u32 deadband_value', 'f32 deadband_value'],
  40: ANALOGS.map((type) => `${ANALOG} ${type} value`),
  41: ANALOGS.map((type) => `${type} value u8 control_status`),
  42: analogEvents(ANALOG, 'value'),
  43: analogEvents(COMMAND_EVENT, 'commanded_value'),
  50: [TIME, `${TIME} u32 interval`, TIME, `${TIME} u32 interval_count u8 interval_units`],
  51: [TIME, TIME],
  52: ['u16 delay_secs', 'u16 delay_ms'],
  70: [
    'u16 filename_size u8 filetype_code u8 attribute_code u16 start_record u16 end_record u32 file_size ' +
      'u48 created_timestamp u16 permission u32 file_id u32 owner_id u32 group_id u8 file_function_code ' +
      'u8 status_code text filename*filename_size u16 data_size text data*data_size',
    'u16 username_offset u16 username_size u16 password_offset u16 password_size u32! authentication_key ' +
      'text username*username_size text! password*password_size',
    'u16 filename_offset u16 filename_size u48 created u16 permissions u32! authentication_key u32 file_size ' +
      'u16 operational_mode u16 maximum_block_size u16 request_id text filename*filename_size',
    'u32 file_handle u32 file_size u16 maximum_block_size u16 request_id u8 status_code text optional_text*',
    'u32 file_handle u32 block_number text file_data*',
    'u32 file_handle u32 block_number u8 status_code text optional_text*',
    'u16 filename_offset u16 filename_size u16 file_type u32 file_size u48 created_timestamp u16 permissions ' +
      'u16 request_id text filename*filename_size',
    'text file_specification*',
  ],
  80: ['packed:1 state'],
  81: ['[fill_percentage:7 overflow_state] u8 group u8 variation'],
  83: ['text vendor_code*4 u16 object_id u16 length bytes data_objects*length'],
  86: ['', '[rd wr st ev df padding0 padding1 padding2]'],
  102: ['u8 value'],
  120: [
    'u32 csq u16 usr u8 mal u8 reason bytes challenge_data*',
    'u32 csq u16 usr bytes mac_value*',
    'u32 csq u16 user_number',
    'u16 user_number',
    'u32 ksq u16 user_number u8 key_wrap_alg u8 key_status u8 mal u16 challenge_data_len ' +
      'bytes challenge_data*challenge_data_len bytes mac_value*',
    'u24 ksq u16 usr bytes wrapped_key_data*',
    'u32 sequence_number u16 usr u16 association_id u8 error_code u48 time_of_error text error_text*',
    'u8 key_change_method u8 certificate_type bytes certificate*',
    'bytes mac_value*',
    'u8 key_change_method u8 operation u32 scs u16 user_role u16 user_role_expiry_interval u16 username_len ' +
      'u16 user_public_key_len u16 certification_data_len text username*username_len ' +
      'bytes user_public_key*user_public_key_len bytes certification_data*certification_data_len',
    'u8 key_change_method u16 username_len u16 master_challenge_data_len text username*username_len ' +
      'bytes master_challenge_data*master_challenge_data_len',
    'u32 ksq u16 user_number u16 challenge_data_len bytes challenge_data*challenge_data_len',
    'u32 ksq u16 user_number u16 encrypted_update_key_len ' +
      'bytes encrypted_update_key_data*encrypted_update_key_len',
    'bytes digital_signature*',
    'bytes mac*',
  ],
  121: [SECURITY_STATISTIC],
  122: [SECURITY_STATISTIC, `${SECURITY_STATISTIC} ${TIME}`],
};

/** Octet strings: the variation is their length (A.42 to A.45). */
const OCTET_STRINGS = new Set([110, 111, 112, 113]);
export const OCTETS = layout('bytes data*');

const LAYOUTS = new Map(
  Object.entries(TEXTS).flatMap(([group, variations]) =>
    variations.flatMap((text, i) =>
      text === '' ? [] : [[(Number(group) << 8) | (i + 1), layout(text)] as const],
    ),
  ),
);

/** Undefined for objects that are not known. */
export function layoutOf(group: number, variation: number): Layout | undefined {
  if (OCTET_STRINGS.has(group) && variation > 0) return OCTETS;
  return LAYOUTS.get((group << 8) | variation);
}
