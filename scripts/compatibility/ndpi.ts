/**
 * nDPI's regression captures: flow by flow, the name nDPI gives a protocol against ours. Counted are flows of which
 * either says by their content that they are of a protocol that is decoded here. What nDPI guesses from a port, an
 * address or a DNS answer is no reason to expect a name, but agrees with the same one.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { protocolNames } from '../../src/capture/index.ts';
import type { NdpiFlow } from '../../test/support/ndpi.ts';
import { type ComparedFlow, compareCapture, compareNdpi } from './ndpi-flows.ts';
import { tallyRisks } from './ndpi-risks.ts';

/** Names that stand for one of ours: a protocol under TLS or HTTP, another spelling, another's division. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  FTP_CONTROL: ['ftp'],
  FTP_DATA: ['ftp_data'],
  IMAPS: ['tls'],
  POPS: ['tls'],
  SMTPS: ['tls'],
  FTPS: ['tls', 'ftp'],
  HTTP_Proxy: ['http'],
  HTTP_Connect: ['http'],
  NetBIOS: ['nbns', 'nbds'],
  SMBv1: ['smb'],
  SMBv23: ['smb'],
  VNC: ['rfb'],
  Kerberos: ['krb5'],
  SRTP: ['rtp'],
  RTCP: ['rtp'],
  IPP: ['http'],
  SOAP: ['http'],
  DoH_DoT: ['tls', 'http2', 'http'],
  HTTP2: ['http2'],
  s7comm: ['s7comm_plus'],
  IPSec: ['ike'],
  WebSocket: ['websocket', 'http'],
  IEC60870: ['iec104'],
  EthernetIP: ['enip'],
  CIP: ['cip_io', 'enip'],
  UMAS: ['modbus'],
  'ISO9506-1-MMS': ['mms'],
  KNXnet_IP: ['knx'],
  PROFINET_IO: ['profinet'],
  'NAT-PMP': ['pcp'],
  WSD: ['ws_discovery'],
  UBNTAC2: ['ubnt'],
  TPLINK_SHP: ['kasa'],
  TUYA_LP: ['tuya'],
  NestLogSink: ['weave'],
  BeckhoffADS: ['ads'],
  'IEEE-C37118': ['c37118'],
  ANSI_C1222: ['c1222'],
};

/** Names for more than what is meant by ours: right where ours is given, but no reason to expect it. */
const WIDER: Readonly<Record<string, string>> = { ICMPV6: 'ndp', Xiaomi: 'miio' };

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const synonyms = new Map(Object.entries(SYNONYMS).map(([name, ours]) => [plain(name), ours]));

export interface Tally {
  flows: number;
  agreed: number;
  readonly disagreements: string[];
}

/** Agreement by protocol of ours, in the order of their names. */
export function tallyNames(flows: readonly ComparedFlow[]): Map<string, Tally> {
  const decoded = new Map(protocolNames().map((name) => [plain(name), name]));
  const tallies = new Map<string, Tally>();
  for (const { capture, key, ndpi, said } of flows) {
    const named = oursOf(ndpi.names, decoded);
    const wider = ndpi.names.map((name) => WIDER[name]);
    const agreed = [...said].filter((name) => named.includes(name) || wider.includes(name));
    const expected = ndpi.confidence === 'DPI' ? named.slice(0, 1) : [];
    // A flow counts once for each name that both give, else for every name that one of them gives.
    const counted = agreed.length > 0 ? agreed : [...said, ...expected];
    for (const name of new Set(counted)) {
      const tally = tallies.get(name) ?? { flows: 0, agreed: 0, disagreements: [] };
      tallies.set(name, tally);
      tally.flows++;
      if (agreed.length > 0) tally.agreed++;
      else tally.disagreements.push(`${capture}, ${key}: ${verdicts(ndpi, said)}`);
    }
  }
  return new Map([...tallies].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function verdicts({ names, confidence }: NdpiFlow, said: ReadonlySet<string>): string {
  const theirs = `${names.join('.')}${confidence === 'DPI' ? '' : ` (${confidence})`}`;
  return `nDPI ${theirs}, here ${[...said].join(', ') || 'nothing'}`;
}

/** What nDPI names by content and no decoder here reads, with the number of flows, most first. */
export function tallyUndecoded(flows: readonly ComparedFlow[]): [name: string, flows: number][] {
  const decoded = new Map(protocolNames().map((name) => [plain(name), name]));
  const counts = new Map<string, number>();
  for (const { ndpi, said } of flows) {
    const { names, confidence } = ndpi;
    if (confidence !== 'DPI' || said.size > 0 || oursOf(names, decoded).length > 0) continue;
    const name = names.join('.');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Our names for any of nDPI's. */
function oursOf(names: readonly string[], decoded: ReadonlyMap<string, string>): string[] {
  return names.flatMap((name) => {
    const ours = (synonyms.get(plain(name)) ?? []).map((synonym) => decoded.get(plain(synonym)));
    return [decoded.get(plain(name)), ...ours].filter((each) => each !== undefined);
  });
}

/** @param folder - with pcap/ and result/. @returns Markdown. */
export async function ndpi(folder: string): Promise<string[]> {
  const flows = await compareNdpi(folder);
  return [
    ...nameLines('nDPI', flows),
    '',
    '| nDPI: risk | both | nDPI alone | here alone |',
    '| --- | --- | --- | --- |',
    ...[...tallyRisks(flows)].map(
      ([risk, { both, theirs, ours }]) =>
        `| ${risk} | ${both} | ${theirs.length} | ${ours.length} |`,
    ),
    '',
    ...[...tallyRisks(flows)].flatMap(([risk, { theirs, ours }]) => [
      ...theirs.map((flow) => `- ${risk}, nDPI alone: ${flow}`),
      ...ours.map((flow) => `- ${risk}, here alone: ${flow}`),
    ]),
  ];
}

/** The nDPI that is installed, over captures that come without its verdict. @returns Markdown. */
export async function ndpiInstalled(folders: readonly string[]): Promise<string[]> {
  const flows: ComparedFlow[] = [];
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
      const path = join(folder, entry);
      if (!/\.(pcap|pcapng|cap)$/.test(entry) || !statSync(path).isFile()) continue;
      const { stdout } = spawnSync('ndpiReader', ['-i', path, '-v', '2', '-t'], {
        encoding: 'utf8',
        timeout: 60_000,
        maxBuffer: 1 << 28,
      });
      flows.push(...(await compareCapture(entry, path, stdout ?? '')));
    }
  }
  return nameLines('ndpiReader', flows);
}

function nameLines(title: string, flows: readonly ComparedFlow[]): string[] {
  const tallies = tallyNames(flows);
  const sum = (of: (tally: Tally) => number): number =>
    [...tallies.values()].reduce((total, tally) => total + of(tally), 0);
  return [
    `| ${title}: protocol | flows | agreed |`,
    '| --- | --- | --- |',
    ...[...tallies].map(([name, { flows, agreed }]) => `| ${name} | ${flows} | ${agreed} |`),
    `| all | ${sum(({ flows }) => flows)} | ${sum(({ agreed }) => agreed)} |`,
    '',
    ...[...tallies].flatMap(([name, { disagreements }]) =>
      disagreements.map((line) => `- ${name}: ${line}`),
    ),
    '',
    `Not decoded: ${tallyUndecoded(flows)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}.`,
  ];
}
