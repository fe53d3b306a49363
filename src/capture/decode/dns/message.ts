/** One message of DNS or a relative (RFC 1035, section 4): header and sections, counts bounded. */
import { rcodeName, typeName } from './names.ts';
import { DnsReader } from './reader.ts';
import {
  type Dialect,
  type DnsEdns,
  type DnsRecord,
  readEdns,
  readOwner,
  readRecord,
  TYPE_OPT,
} from './record.ts';

export const HEADER_BYTES = 12;
/** Questions and records that are decoded of one message; a zone transfer has more, and needs no more. */
export const ENTRIES_MAX = 256;

export interface DnsQuestion {
  readonly rrname: string;
  readonly rrtype: string;
  rrname_truncated?: true;
  /** mDNS: the asker wants a unicast answer (RFC 6762, 5.4). */
  unicast_response?: true;
}

export interface DnsMessage {
  readonly id: number;
  readonly flags: number;
  readonly questions: DnsQuestion[];
  readonly answers: DnsRecord[];
  readonly authorities: DnsRecord[];
  readonly additionals: DnsRecord[];
  edns: DnsEdns | undefined;
  /** Questions and records that the header promised and that were not decoded for ENTRIES_MAX. */
  cut: number;
  /** Every question was read, so the message means something even if `reason` is set. */
  questionsRead: boolean;
  /** What is wrong, in fixed words, and where; empty when nothing is. */
  reason: string;
  reasonOffset: number;
}

// Messages are read one at a time, so one reader serves all flows.
const reader = new DnsReader();

/** Reads [start, end), as far as it can be read. Needs at least HEADER_BYTES. */
export function readMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
): DnsMessage {
  reader.open(bytes, start, end);
  const message: DnsMessage = {
    id: reader.u16(start),
    flags: reader.u16(start + 2),
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    edns: undefined,
    cut: 0,
    questionsRead: false,
    reason: '',
    reasonOffset: 0,
  };
  reader.at = start + HEADER_BYTES;
  readSections(message, dialect);
  message.reason = reader.reason;
  message.reasonOffset = reader.reasonOffset;
  reader.close();
  return message;
}

function readSections(message: DnsMessage, dialect: Dialect): void {
  const { start } = reader;
  const questions = reader.u16(start + 4);
  const answers = reader.u16(start + 6);
  const authorities = reader.u16(start + 8);
  const additionals = reader.u16(start + 10);
  let room = ENTRIES_MAX;
  for (let i = 0; i < questions; i++, room--) {
    if (room === 0) {
      message.questionsRead = true;
      message.cut = questions - i + answers + authorities + additionals;
      return;
    }
    if (!readQuestion(message, dialect)) return;
  }
  message.questionsRead = true;
  for (const [count, section] of [
    [answers, message.answers],
    [authorities, message.authorities],
    [additionals, message.additionals],
  ] as const) {
    for (let i = 0; i < count; i++, room--) {
      if (room === 0) {
        message.cut = questions + answers + authorities + additionals - ENTRIES_MAX;
        return;
      }
      if (section === message.additionals && atOpt(message)) {
        if (!message.edns) return;
        continue;
      }
      const record = readRecord(reader, dialect);
      if (!record) return;
      section.push(record);
    }
  }
}

function readQuestion(message: DnsMessage, dialect: Dialect): boolean {
  const name = readOwner(reader, dialect);
  if (name === undefined) return false;
  const { at } = reader;
  if (at + 4 > reader.end) return reader.fail('truncated question');
  const question: DnsQuestion = { rrname: name, rrtype: typeName(reader.u16(at), dialect.netbios) };
  if (reader.nameCut) question.rrname_truncated = true;
  if (dialect.classFlag && reader.bytes[at + 2] >= 0x80) question.unicast_response = true;
  message.questions.push(question);
  reader.at = at + 4;
  return true;
}

/** Reads an OPT record, if that is what comes next, into `message.edns`. */
function atOpt(message: DnsMessage): boolean {
  const { at, bytes } = reader;
  if (at + 3 > reader.end || bytes[at] !== 0 || reader.u16(at + 1) !== TYPE_OPT) return false;
  reader.at = at + 1;
  message.edns = readEdns(reader);
  return true;
}

/** The response code, with EDNS' upper eight bits (RFC 6891, 6.1.3). */
export function rcodeOf(message: DnsMessage): string {
  const upper = message.edns ? message.edns.extended_rcode << 4 : 0;
  return rcodeName(upper | (message.flags & 15));
}
