/** Protocol versions of SSL, TLS and DTLS: their names as EVE prints them, their order, and RFC 8701's grease. */

export const SSL_2 = 0x0002;
export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;
export const DTLS_1_0 = 0xfeff;
export const DTLS_1_3 = 0xfefc;
/** Drafts of TLS 1.3 before 16 wrote 0x0304 where later ones write 0x0303; EVE tells them by this number. */
export const TLS_1_3_EARLY_DRAFT = 0x7f01;

const NAMES = new Map<number, string>([
  [SSL_2, 'SSLv2'],
  [0x0300, 'SSLv3'],
  [0x0301, 'TLSv1'],
  [0x0302, 'TLS 1.1'],
  [TLS_1_2, 'TLS 1.2'],
  [TLS_1_3, 'TLS 1.3'],
  [TLS_1_3_EARLY_DRAFT, 'TLS 1.3 draft-<16'],
  // DTLS before RFC 4347, which old Cisco VPNs still speak.
  [0x0100, 'DTLS 0.9'],
  [DTLS_1_0, 'DTLS 1.0'],
  [0xfefd, 'DTLS 1.2'],
  [DTLS_1_3, 'DTLS 1.3'],
]);
for (let draft = 16; draft <= 28; draft++) NAMES.set(0x7f00 + draft, `TLS 1.3 draft-${draft}`);
for (const draft of [20, 21, 22, 23, 26]) NAMES.set(0xfb00 + draft, `TLS 1.3 draft-${draft}-fb`);

const NUMBERS = new Map(Array.from(NAMES, ([version, name]) => [name, version]));

/** `SSLv2`, `SSLv3`, `TLSv1`, `TLS 1.1` to `TLS 1.3`, `TLS 1.3 draft-28`, `DTLS 1.2`; others as `0x1234`. */
export function versionName(version: number): string {
  if (version > TLS_1_3_EARLY_DRAFT && version < 0x7f10) return versionName(TLS_1_3_EARLY_DRAFT);
  return NAMES.get(version) ?? `0x${version.toString(16).padStart(4, '0')}`;
}

/** The number that `versionName` named. */
export function versionNumber(name: string): number {
  return NUMBERS.get(name) ?? Number(name);
}

/** True for TLS 1.3, DTLS 1.3 and their drafts and experiments, which encrypt all that follows the ServerHello. */
export function encryptsHandshake(version: number): boolean {
  if (version === TLS_1_3 || version === DTLS_1_3) return true;
  const major = version >>> 8;
  // 0x7e: Google's and Mozilla's trials of middlebox compatibility; 0xfb: Facebook's drafts.
  return major === 0x7f || major === 0x7e || major === 0xfb;
}

/**
 * Orders versions of TLS and DTLS by strength on one scale, that of TLS numbers: DTLS counts downwards on the wire
 * (0xfeff is 1.0, an equal of TLS 1.1), and drafts of TLS 1.3 are equal to it.
 */
export function versionRank(version: number): number {
  if (encryptsHandshake(version)) return TLS_1_3;
  if (version === 0xfefd) return TLS_1_2;
  if (version === DTLS_1_0 || version === 0x0100) return 0x0302;
  return version;
}

/** A reserved value that means nothing and is sent so that servers stay tolerant (RFC 8701, section 2). */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >>> 8 === (value & 0xff);
}
