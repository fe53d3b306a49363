/** Versions of QUIC: which are known, how their packets are typed, and the salts that Initial keys are made from. */

/** RFC 9369, 3.2: version 2 numbers its long packets otherwise. */
export const VERSION_2 = 0x6b3343cf;
const Q050 = 0x51303530;

export const INITIAL = 0;
export const ZERO_RTT = 1;
/** 2 is Handshake. */
export const RETRY = 3;

/** Frames, messages and encryption of a version. */
export type Family =
  /** RFC 9000 and its drafts; Google's T050 and T051. */
  | 'ietf'
  /** Google's Q050: packets of the IETF, messages of its own. */
  | 'google-sealed'
  /** Google's Q044 to Q049: long headers and a message authentication hash, nothing encrypted. */
  | 'google-long'
  | 'unknown';

const salt = (hex: string): Buffer => Buffer.from(hex, 'hex');
const V1 = salt('38762cf7f55934b34d179ae6a4c80cadccbb7f0a');
const V2 = salt('0dede3def700a6db819381be6e269dcbf9bd2ed9');
const DRAFT_29 = salt('afbfec289993d24c9e9786f19c6111e04390a899');
const DRAFT_23 = salt('c3eef712c72ebb5a11a7d2432bb46365bef9f502');
const SALT_Q050 = salt('504574efd066fe2f9d945cfcdbd3a7f0d3b56b45');
const SALT_T050 = salt('7ff579e5acd072915580304c43a2367c60488310');
const SALT_T051 = salt('7a4edef4e7ccee5fa4506c19124fc8ccda6e033d');

/** The salt of a version's Initial keys (RFC 9001, 5.2; RFC 9369, 3.3.1); undefined where it is not known. */
export function saltOf(version: number): Buffer | undefined {
  if (version === 1) return V1;
  if (version === VERSION_2) return V2;
  const draft = draftOf(version);
  if (draft >= 33) return V1;
  if (draft >= 29) return DRAFT_29;
  // Facebook's mvfst followed draft 27 under this number.
  if (draft >= 23 || version === 0xfaceb002) return DRAFT_23;
  if (version === Q050) return SALT_Q050;
  if (version === 0x54303530) return SALT_T050;
  return version === 0x54303531 ? SALT_T051 : undefined;
}

/** The draft's number, 17 to 34; 0 for what is none. */
function draftOf(version: number): number {
  const draft = version & 0xff;
  return version >>> 8 === 0xff0000 && draft >= 17 && draft <= 34 ? draft : 0;
}

/** A version that is kept free so that peers practise negotiation (RFC 9000, 15). */
export function isGreaseVersion(version: number): boolean {
  return (version & 0x0f0f0f0f) === 0x0a0a0a0a;
}

/** Undefined for a number that is no version of QUIC. */
export function familyOf(version: number): Family | undefined {
  if (version === 1 || version === VERSION_2 || draftOf(version) > 0) return 'ietf';
  const google = googleNumber(version);
  if (google > 0) {
    if (version >>> 24 === 0x54) return google >= 50 ? 'ietf' : undefined;
    return google >= 50 ? 'google-sealed' : google >= 44 ? 'google-long' : undefined;
  }
  if (version >>> 4 === 0xfaceb00 || version >>> 4 === 0xfaceb01) return 'ietf';
  return isGreaseVersion(version) ? 'unknown' : undefined;
}

/** 43 of `Q043` or `T043`; 0 for what is none. */
export function googleNumber(version: number): number {
  const letter = version >>> 24;
  const tens = ((version >>> 8) & 0xff) - 0x30;
  const ones = (version & 0xff) - 0x30;
  if (letter !== 0x51 && letter !== 0x54) return 0;
  if (((version >>> 16) & 0xff) !== 0x30 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return 0;
  return tens * 10 + ones;
}

/** As EVE prints it. */
export function versionText(version: number): string {
  if (googleNumber(version) === 0) return version.toString(16);
  return String.fromCharCode(
    version >>> 24,
    (version >>> 16) & 255,
    (version >>> 8) & 255,
    version & 255,
  );
}

/** The type of a long packet by its first byte (RFC 9000, 17.2; RFC 9369, 3.2). */
export function longType(first: number, version: number): number {
  const type = (first >>> 4) & 3;
  return version === VERSION_2 ? (type + 3) & 3 : type;
}
