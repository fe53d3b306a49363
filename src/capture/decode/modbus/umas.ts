/**
 * UMAS, by which Schneider Electric's tools program controllers over Modbus function 90. It is not published; what is
 * here is what several analyses of it agree on: https://ics-cert.kaspersky.com, "The secrets of Schneider Electric's
 * UMAS protocol" (2022), among others.
 */
export interface UmasFields {
  /** Session or reservation under which it is asked; 0 without one. */
  readonly session: number;
  readonly function: number;
  readonly name: string | undefined;
}

const NAMES: Readonly<Record<number, string>> = {
  1: 'init_comm',
  2: 'read_id',
  3: 'read_project_info',
  4: 'read_plc_info',
  6: 'read_card_info',
  10: 'repeat',
  16: 'take_plc_reservation',
  17: 'release_plc_reservation',
  18: 'keep_alive',
  32: 'read_memory_block',
  34: 'read_variables',
  35: 'write_variables',
  36: 'read_coils_registers',
  37: 'write_coils_registers',
  // "Upload" is towards the controller here.
  48: 'initialize_upload',
  49: 'upload_block',
  50: 'end_strategy_upload',
  51: 'initialize_download',
  52: 'download_block',
  53: 'end_strategy_download',
  57: 'read_eth_master_data',
  64: 'start_plc',
  65: 'stop_plc',
  80: 'monitor_plc',
  88: 'check_plc',
  112: 'read_io_object',
  113: 'write_io_object',
  115: 'get_status_module',
  253: 'error',
  254: 'ok',
};

/** Answer codes. */
export const UMAS_ERROR = 0xfd;

export function umasFields(session: number, code: number): UmasFields {
  return { session, function: code, name: NAMES[code] };
}
