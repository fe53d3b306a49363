/** Points in time as whole seconds since 1970 (UTC) and nanoseconds, and their RFC 3339 text. */

/** RFC 3339 with nanoseconds, e.g. `2026-11-24T22:50:00.000000001Z`. */
export function formatTime(seconds: number, nanos: number): string {
  const whole = Number.isFinite(seconds) && Math.abs(seconds) < 8.64e12 ? seconds : 0;
  const date = new Date(whole * 1000).toISOString();
  return `${date.slice(0, -5)}.${String(nanos).padStart(9, '0')}Z`;
}
