/** Names of RFB's security types (RFC 6143, 7.1.2 and IANA's registry), and of those inside Tight and VeNCrypt. */

export const NONE = 1;
export const VNC = 2;
export const TIGHT = 16;
export const TLS = 18;
export const VENCRYPT = 19;
export const APPLE = 30;

const NAMES = new Map<number, string>([
  [0, 'invalid'],
  [NONE, 'none'],
  [VNC, 'vnc_authentication'],
  [3, 'realvnc'],
  [5, 'ra2'],
  [6, 'ra2ne'],
  [7, 'sspi'],
  [8, 'sspine'],
  [TIGHT, 'tight'],
  [17, 'ultra'],
  [TLS, 'tls'],
  [VENCRYPT, 'vencrypt'],
  [20, 'sasl'],
  [21, 'md5'],
  [22, 'xvp'],
  [23, 'secure_tunnel'],
  [24, 'integrated_ssh'],
  [APPLE, 'apple_remote_desktop'],
  [33, 'apple_kerberos'],
  [35, 'apple_direct'],
  [113, 'ms_logon_2'],
  [129, 'ra2_256'],
  [130, 'ra2ne_256'],
]);

/** VeNCrypt, "Authentication subtypes". */
const VENCRYPT_NAMES = new Map<number, string>([
  [256, 'plain'],
  [257, 'tls_none'],
  [258, 'tls_vnc'],
  [259, 'tls_plain'],
  [260, 'x509_none'],
  [261, 'x509_vnc'],
  [262, 'x509_plain'],
  [263, 'tls_sasl'],
  [264, 'x509_sasl'],
]);
export const VENCRYPT_PLAIN = 256;

export const securityName = (type: number): string | undefined => NAMES.get(type);
export const subtypeName = (type: number): string | undefined =>
  VENCRYPT_NAMES.get(type) ?? NAMES.get(type);
