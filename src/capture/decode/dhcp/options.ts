/**
 * DHCPv4 options by code (RFC 2132): those of the options field, then those in `file` and `sname` where option 52
 * lends these fields to options, and parts of one option joined (RFC 3396).
 */
export const OPTION = {
  subnetMask: 1,
  router: 3,
  dnsServer: 6,
  hostName: 12,
  domainName: 15,
  ntpServer: 42,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientId: 61,
  tftpServerName: 66,
  bootFile: 67,
  userClass: 77,
  clientFqdn: 81,
  relayAgent: 82,
  captivePortal: 114,
  domainSearch: 119,
  classlessRoutes: 121,
  vendorClasses: 124,
  tftpServerAddresses: 150,
  proxyAutoConfig: 252,
} as const;

const PAD = 0;
const END = 255;

/** Offsets within a message (RFC 2131, 2). */
const SNAME_AT = 44;
const FILE_AT = 108;
const COOKIE_AT = 236;
const OPTIONS_AT = COOKIE_AT + 4;

export interface OptionSet {
  readonly byCode: ReadonlyMap<number, Uint8Array>;
  /** `sname` and `file` hold options, not names. */
  readonly snameLent: boolean;
  readonly fileLent: boolean;
  readonly reason: string;
  readonly reasonOffset: number;
}

/** Options of the message in [start, end), whose magic cookie is there. The data are views of `bytes`. */
export function readOptions(bytes: Uint8Array, start: number, end: number): OptionSet {
  const byCode = new Map<number, Uint8Array>();
  let brokenAt = collect(bytes, start + OPTIONS_AT, end, byCode);
  const overload = byCode.get(OPTION.overload)?.[0] ?? 0;
  const fileLent = (overload & 1) !== 0;
  const snameLent = (overload & 2) !== 0;
  if (fileLent && brokenAt < 0)
    brokenAt = collect(bytes, start + FILE_AT, start + COOKIE_AT, byCode);
  if (snameLent && brokenAt < 0)
    brokenAt = collect(bytes, start + SNAME_AT, start + FILE_AT, byCode);
  return {
    byCode,
    snameLent,
    fileLent,
    reason: brokenAt < 0 ? '' : 'truncated option',
    reasonOffset: brokenAt < 0 ? 0 : brokenAt - start,
  };
}

/** @returns where an option runs over the end, or -1. */
function collect(
  bytes: Uint8Array,
  from: number,
  end: number,
  into: Map<number, Uint8Array>,
): number {
  let at = from;
  while (at < end) {
    const code = bytes[at];
    if (code === END) return -1;
    if (code === PAD) {
      at++;
      continue;
    }
    if (at + 2 > end) return at;
    const next = at + 2 + bytes[at + 1];
    if (next > end) return at;
    const data = bytes.subarray(at + 2, next);
    const known = into.get(code);
    into.set(code, known ? Buffer.concat([known, data]) : data);
    at = next;
  }
  return -1;
}
