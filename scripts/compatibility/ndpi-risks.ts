/**
 * The risks that nDPI flags, against what is told here of the same flows: each of nDPI's risks with a counterpart is
 * a fact that events state, and a control judges by it. docs/compatibility.md says which, and which have none.
 */
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { cipherSuite } from '../../src/audit/data/cipher-suites.ts';
import type { ComparedFlow, SentEvent } from './ndpi-flows.ts';

export interface RiskTally {
  both: number;
  readonly theirs: string[];
  readonly ours: string[];
}

type Event = SentEvent['event'];
type Fact = (events: readonly SentEvent[]) => boolean;

const OLD_TLS = /^(SSL|TLSv1$|TLS 1\.[01]$)/;
/** Server names that are sent encrypted: ESNI (drafts) and Encrypted Client Hello (RFC 9849). */
const ENCRYPTED_NAMES = [0xffce, 0xfe0d];
/** Days that a public certificate may be valid (CA/Browser Forum, Baseline Requirements, 6.3.2), from September 2020. */
const VALIDITY_DAYS_MAX = 398;
const VALIDITY_RULE_FROM = Date.parse('2020-09-01');
const OLD_SSH_CIPHER = /^(arcfour|3des-cbc|blowfish-cbc|cast128-cbc)/;
const IN_CLEAR_BY_DESIGN = new Set(['telnet', 'ftp', 'pop3', 'imap', 'smtp', 'rlogin', 'rsh']);
const SHARED_SCREENS_AND_FILES = new Set([
  'rfb',
  'vnc',
  'rdp',
  'smb',
  'smb1',
  'smb2',
  'nfs',
  'adb',
]);

/** nDPI's risk, and the fact that answers to it. */
export const COUNTERPARTS: Readonly<Record<string, Fact>> = {
  'Obsolete TLS (v1.1 or older)': some('server_hello', ({ version }) =>
    OLD_TLS.test(String(version)),
  ),
  'Weak TLS Cipher': some('server_hello', ({ cipher }) => {
    const suite = cipherSuite(Number(cipher));
    return suite !== undefined && (suite.weakness !== undefined || !suite.forwardSecrecy);
  }),
  'Self-signed Cert': some('certificate', (event) => leafOf(event)?.self_signed === true),
  'TLS Cert Expired': (events) =>
    events.some(({ event, direction, seconds }) => {
      if (event.event !== 'certificate' || direction === 0) return false;
      const { not_before, not_after } = leafOf(event) ?? {};
      return secondsOf(not_after) < seconds || secondsOf(not_before) > seconds;
    }),
  'TLS Cert Validity Too Long': some('certificate', (event) => {
    const { not_before, not_after } = leafOf(event) ?? {};
    const days = (secondsOf(not_after) - secondsOf(not_before)) / 86_400;
    return days > VALIDITY_DAYS_MAX && secondsOf(not_before) * 1000 >= VALIDITY_RULE_FROM;
  }),
  'TLS Cert Mismatch': (events) => {
    const hello = events.find(({ event }) => event.event === 'client_hello')?.event;
    const certificate = events.find(
      ({ event, direction }) => event.event === 'certificate' && direction === 1,
    )?.event;
    const leaf = certificate && leafOf(certificate);
    if (hello?.server_name === undefined || leaf === undefined) return false;
    const named = {
      subject: { CN: /CN=([^,]+)/.exec(leaf.subject)?.[1] ?? '' },
      subjectaltname: leaf.names
        .map((name) => `${isIP(name) ? 'IP Address' : 'DNS'}:${name}`)
        .join(', '),
    } as unknown as PeerCertificate;
    return checkServerIdentity(String(hello.server_name), named) !== undefined;
  },
  'Missing SNI TLS Extn': some(
    'client_hello',
    ({ server_name, extensions }) =>
      server_name === undefined &&
      !ENCRYPTED_NAMES.some((name) => (extensions as readonly number[]).includes(name)),
  ),
  'TLS Fatal Alert': some('alert', ({ level }) => level === 'fatal'),
  'HTTP/TLS/QUIC Numeric Hostname/SNI': (events) =>
    events.some(({ event }) => {
      const name = event.event === 'request' ? event.hostname : event.server_name;
      return typeof name === 'string' && isIP(name) > 0;
    }),
  'Clear-Text Credentials': (events) =>
    events.some(
      ({ event }) =>
        (event.credentials as readonly { method: string }[] | undefined)?.some(({ method }) =>
          /basic|user|pass|plain|login/.test(method),
        ) === true ||
        (event.protocol === 'ftp' && event.command === 'USER'),
    ),
  'Unsafe Protocol': (events) => events.some(({ event }) => IN_CLEAR_BY_DESIGN.has(event.protocol)),
  'Desktop/File Sharing': (events) =>
    events.some(({ event }) => SHARED_SCREENS_AND_FILES.has(event.protocol)),
  'SSH Obsolete Cli Vers/Cipher': (events) => offersOldSsh(events, 0),
  'SSH Obsolete Ser Vers/Cipher': (events) => offersOldSsh(events, 1),
  'Error Code': (events) =>
    events.some(
      ({ event }) =>
        (event.protocol === 'dns' && event.qr === true && event.rcode !== 'NOERROR') ||
        (event.protocol === 'http' && Number(event.status) >= 400),
    ),
};

export function tallyRisks(flows: readonly ComparedFlow[]): Map<string, RiskTally> {
  const tallies = new Map<string, RiskTally>();
  for (const { capture, key, ndpi, events } of flows) {
    if (ndpi.confidence !== 'DPI') continue;
    for (const [risk, fact] of Object.entries(COUNTERPARTS)) {
      const flagged = ndpi.risks.includes(risk);
      const told = fact(events);
      if (!flagged && !told) continue;
      const tally = tallies.get(risk) ?? { both: 0, theirs: [], ours: [] };
      tallies.set(risk, tally);
      if (flagged && told) tally.both++;
      else (flagged ? tally.theirs : tally.ours).push(`${capture}, ${key}`);
    }
  }
  return tallies;
}

function some(name: string, holds: (event: Event) => boolean): Fact {
  return (events) => events.some(({ event }) => event.event === name && holds(event));
}

interface Leaf {
  readonly subject: string;
  readonly names: readonly string[];
  readonly not_before: string;
  readonly not_after: string;
  readonly self_signed: boolean;
}

function leafOf({ chain }: Event): Leaf | undefined {
  return (chain as readonly Leaf[] | undefined)?.[0];
}

/** Of a time in UTC without its `Z`. */
function secondsOf(time: string | undefined): number {
  return time === undefined ? Number.NaN : Date.parse(`${time}Z`) / 1000;
}

/** What a side offers in its KEXINIT for what it receives and sends. */
function offersOldSsh(events: readonly SentEvent[], side: number): boolean {
  return events.some(
    ({ event, direction }) =>
      event.event === 'kexinit' &&
      direction === side &&
      `${event.encryption_algorithms_client_to_server},${event.encryption_algorithms_server_to_client}`
        .split(',')
        .some((cipher) => OLD_SSH_CIPHER.test(cipher)),
  );
}
