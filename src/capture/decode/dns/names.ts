/** Names of DNS numbers as EVE prints them (IANA "Domain Name System (DNS) Parameters"; NetBIOS: RFC 1002, 4.2.1.3). */

/** Index is the number; `-` where none is assigned or it is obsolete beyond recall. */
const TYPES = (
  '- A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAPPTR SIG KEY PX ' +
  'GPOS AAAA LOC NXT - - SRV ATMA NAPTR KX CERT A6 DNAME - OPT APL DS SSHFP IPSECKEY RRSIG NSEC DNSKEY DHCID ' +
  'NSEC3 NSEC3PARAM TLSA SMIMEA - HIP - - - CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS'
).split(' ');
const HIGH_TYPES: Readonly<Record<number, string>> = {
  99: 'SPF',
  108: 'EUI48',
  109: 'EUI64',
  249: 'TKEY',
  250: 'TSIG',
  251: 'IXFR',
  252: 'AXFR',
  253: 'MAILB',
  254: 'MAILA',
  255: 'ANY',
  256: 'URI',
  257: 'CAA',
};

/** Mnemonic of a record type; the number as text where there is none. */
export function typeName(type: number, netbios = false): string {
  if (netbios && type === 0x20) return 'NB';
  if (netbios && type === 0x21) return 'NBSTAT';
  const name = TYPES[type] ?? HIGH_TYPES[type];
  return name === undefined || name === '-' ? String(type) : name;
}

const RCODES = (
  'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI 12 13 14 15 ' +
  'BADVERS BADKEY BADTIME BADMODE BADNAME BADALG BADTRUNC BADCOOKIE'
).split(' ');

export function rcodeName(rcode: number): string {
  return RCODES[rcode] ?? String(rcode);
}

/** The number behind `rcodeName`. */
export function rcodeNumber(name: string): number {
  const known = RCODES.indexOf(name);
  return known >= 0 ? known : Number(name);
}
