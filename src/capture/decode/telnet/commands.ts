/** Telnet's commands and options (RFC 854, 855; IANA registry of options), and the text between them. */

export const IAC = 0xff;
export const SB = 0xfa;
export const SE = 0xf0;
const WILL = 0xfb;
const DONT = 0xfe;

const VERBS: Readonly<Record<number, string>> = {
  251: 'will',
  252: 'wont',
  253: 'do',
  254: 'dont',
};

const OPTIONS: readonly string[] = [
  'binary',
  'echo',
  'reconnection',
  'suppress_go_ahead',
  'message_size',
  'status',
  'timing_mark',
  'remote_echo',
  'line_width',
  'page_size',
  'cr_disposition',
  'tab_stops',
  'tab_disposition',
  'ff_disposition',
  'vt_stops',
  'vt_disposition',
  'lf_disposition',
  'extended_ascii',
  'logout',
  'byte_macro',
  'data_entry_terminal',
  'supdup',
  'supdup_output',
  'send_location',
  'terminal_type',
  'end_of_record',
  'tacacs',
  'output_marking',
  'terminal_location',
  '3270_regime',
  'x3_pad',
  'window_size',
  'terminal_speed',
  'flow_control',
  'linemode',
  'x_display_location',
  'environment',
  'authentication',
  'encryption',
  'new_environment',
  'tn3270e',
  'xauth',
  'charset',
  'rsp',
  'com_port',
  'suppress_local_echo',
  'start_tls',
  'kermit',
  'send_url',
  'forward_x',
];
export const OPTION_TERMINAL_TYPE = 24;
export const OPTION_START_TLS = 46;
/** EXTEND-ASCII aside, what MUDs and old servers negotiate beyond the list. */
const OTHER_OPTIONS = new Set([69, 70, 85, 86, 90, 91, 93, 102, 138, 139, 140, 200, 201, 255]);

export function optionName(option: number): string {
  return OPTIONS[option] ?? `option_${option}`;
}

export function isKnownOption(option: number): boolean {
  return option < OPTIONS.length || OTHER_OPTIONS.has(option);
}

export function isNegotiation(command: number): boolean {
  return command >= WILL && command <= DONT;
}

export function verbName(command: number): string {
  return VERBS[command] ?? '';
}

/** WONT or DONT. */
export function isRefusal(command: number): boolean {
  return command === 0xfc || command === DONT;
}
