/** NetBIOS names inside DNS names (RFC 1001, 14.1: first-level encoding). */

const ENCODED_LENGTH = 32;

/**
 * `WORKGROUP<1d>` for the 32 letters of an encoded name, its scope (further labels) behind it; anything else as it is.
 * The number is the sixteenth byte: what kind of service the name stands for.
 */
export function netbiosName(name: string): string {
  const dot = name.indexOf('.');
  if ((dot < 0 ? name.length : dot) !== ENCODED_LENGTH) return name;
  let text = '';
  let last = 0;
  for (let i = 0; i < ENCODED_LENGTH; i += 2) {
    const high = name.charCodeAt(i) - 0x41;
    const low = name.charCodeAt(i + 1) - 0x41;
    if (high < 0 || high > 15 || low < 0 || low > 15) return name;
    last = (high << 4) | low;
    if (i < ENCODED_LENGTH - 2 && last !== 0) text += String.fromCharCode(last);
  }
  const suffix = last.toString(16).padStart(2, '0');
  return `${text.trimEnd()}<${suffix}>${dot < 0 ? '' : name.slice(dot)}`;
}
