/** Names of the statuses that sessions and shares are answered with (MS-ERREF 2.3). */
const NAMES = new Map<number, string>([
  [0x00000000, 'success'],
  [0xc0000016, 'more_processing_required'],
  [0xc0000022, 'access_denied'],
  [0xc000000d, 'invalid_parameter'],
  [0xc0000064, 'no_such_user'],
  [0xc000006a, 'wrong_password'],
  [0xc000006d, 'logon_failure'],
  [0xc000006e, 'account_restriction'],
  [0xc000006f, 'invalid_logon_hours'],
  [0xc0000070, 'invalid_workstation'],
  [0xc0000071, 'password_expired'],
  [0xc0000072, 'account_disabled'],
  [0xc00000bb, 'not_supported'],
  [0xc00000cc, 'bad_network_name'],
  [0xc00000c9, 'network_name_deleted'],
  [0xc000015b, 'logon_type_not_granted'],
  [0xc0000193, 'account_expired'],
  [0xc0000203, 'user_session_deleted'],
  [0xc0000224, 'password_must_change'],
  [0xc0000234, 'account_locked_out'],
  [0xc000035c, 'network_session_expired'],
]);

export const MORE_PROCESSING_REQUIRED = 'more_processing_required';

export function statusName(status: number): string {
  return NAMES.get(status) ?? `0x${status.toString(16).padStart(8, '0')}`;
}
