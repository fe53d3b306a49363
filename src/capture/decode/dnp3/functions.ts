/** Names of DNP3 (IEEE 1815-2012): functions of the link and application layers, internal indications. */

/** Application functions (4.2.2.5), as EVE's rules call them. */
const FUNCTIONS: Readonly<Record<number, string>> = {
  0: 'confirm',
  1: 'read',
  2: 'write',
  3: 'select',
  4: 'operate',
  5: 'direct_operate',
  6: 'direct_operate_nr',
  7: 'immed_freeze',
  8: 'immed_freeze_nr',
  9: 'freeze_clear',
  10: 'freeze_clear_nr',
  11: 'freeze_at_time',
  12: 'freeze_at_time_nr',
  13: 'cold_restart',
  14: 'warm_restart',
  15: 'initialize_data',
  16: 'initialize_appl',
  17: 'start_appl',
  18: 'stop_appl',
  19: 'save_config',
  20: 'enable_unsolicited',
  21: 'disable_unsolicited',
  22: 'assign_class',
  23: 'delay_measure',
  24: 'record_current_time',
  25: 'open_file',
  26: 'close_file',
  27: 'delete_file',
  28: 'get_file_info',
  29: 'authenticate_file',
  30: 'abort_file',
  31: 'activate_config',
  32: 'authenticate_req',
  33: 'authenticate_err',
  129: 'response',
  130: 'unsolicited_response',
  131: 'authenticate_resp',
};

export const WRITE = 2;
export const DIRECT_OPERATE_NR = 6;
export const FREEZE_AT_TIME = 11;
export const FREEZE_AT_TIME_NR = 12;
export const OPEN_FILE = 25;
export const RESPONSE = 129;
export const UNSOLICITED_RESPONSE = 130;

export function functionName(code: number): string | undefined {
  return FUNCTIONS[code];
}

/** Functions of requests whose object headers are followed by objects. */
export function carriesObjects(code: number): boolean {
  return (code >= WRITE && code <= DIRECT_OPERATE_NR) || code >= OPEN_FILE;
}

/** Of the primary station (9.2.4.1.3). */
const PRIMARY: Readonly<Record<number, string>> = {
  0: 'reset_link_states',
  2: 'test_link_states',
  3: 'confirmed_user_data',
  4: 'unconfirmed_user_data',
  9: 'request_link_status',
};
const SECONDARY: Readonly<Record<number, string>> = {
  0: 'ack',
  1: 'nack',
  11: 'link_status',
  15: 'not_supported',
};

/** Functions of the link layer that carry no user data; undefined for reserved ones. */
export function linkFunctionName(primary: boolean, code: number): string | undefined {
  return primary ? PRIMARY[code] : SECONDARY[code];
}

/** From the highest bit of the first octet down. */
const INDICATIONS = [
  'device_restart',
  'device_trouble',
  'local_control',
  'need_time',
  'class_3_events',
  'class_2_events',
  'class_1_events',
  'all_stations',
  'reserved_1',
  'reserved_2',
  'config_corrupt',
  'already_executing',
  'event_buffer_overflow',
  'parameter_error',
  'object_unknown',
  'no_func_code_support',
] as const;

/** The internal indications that are set (4.2.2.6), as EVE names them. @param iin - first octet high. */
export function indications(iin: number): string[] {
  if (iin === 0) return [];
  return INDICATIONS.filter((_, i) => (iin & (0x8000 >> i)) !== 0);
}
