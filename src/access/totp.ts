/** One-time codes of authenticator apps: TOTP (RFC 6238) by otpauth, SHA-1, six digits, thirty seconds, as every app reads. */
import { Secret, TOTP } from 'otpauth';

/** RFC 4226, 4, R6: 160 bits. */
export const TOTP_SECRET_BYTES = 20;
const PERIOD_S = 30;
const DIGITS = 6;
/** Steps before and after the present one whose code is taken: clocks differ. */
const WINDOW = 1;

function totp(secret: Uint8Array, label = '', issuer = ''): TOTP {
  return new TOTP({
    secret: new Secret({ buffer: new Uint8Array(secret).buffer }),
    algorithm: 'SHA1',
    digits: DIGITS,
    period: PERIOD_S,
    label,
    issuer,
  });
}

/** What an authenticator app needs: the URI as a picture to scan, the secret to type (Base32). */
export function totpEnrolment(
  secret: Uint8Array,
  { issuer, login }: { issuer: string; login: string },
): { readonly secret: string; readonly uri: string } {
  const made = totp(secret, login, issuer);
  return { secret: made.secret.base32, uri: made.toString() };
}

/** Whether a text has the form of a code; spaces are how apps show it. */
export function readTotpCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined;
  const code = typed.normalize('NFKC').replace(/\s/g, '');
  return /^[0-9]{6}$/.test(code) ? code : undefined;
}

/**
 * The time step of a right code that is newer than the last one used; otherwise undefined. A code is good once
 * (RFC 6238, 5.2).
 */
export function matchingStep(
  secret: Uint8Array,
  code: string,
  now: number,
  lastStep: number,
): number | undefined {
  const delta = totp(secret).validate({ token: code, timestamp: now, window: WINDOW });
  if (delta === null) return undefined;
  const step = Math.floor(now / (PERIOD_S * 1000)) + delta;
  return step > lastStep ? step : undefined;
}
