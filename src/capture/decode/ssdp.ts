/**
 * SSDP (UPnP Device Architecture 2.0, section 1): what devices announce, who looks for what, and who answers. Its
 * messages have HTTP's syntax, one a datagram.
 */
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  MalformedEvent,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { FieldNames, type Head, lineEnd, readFields } from './http/head.ts';

interface SsdpFields {
  /** Search target of M-SEARCH and its answers. */
  readonly st: string | undefined;
  /** Notification type, and `ssdp:alive`, `ssdp:byebye` or `ssdp:update`. */
  readonly nt: string | undefined;
  readonly nts: string | undefined;
  readonly usn: string | undefined;
  readonly location: string | undefined;
  /** Operating system, UPnP version and product. */
  readonly server: string | undefined;
  readonly user_agent: string | undefined;
  readonly host: string | undefined;
  /** Seconds. */
  readonly max_age: number | undefined;
  /** M-SEARCH: seconds within which to answer. */
  readonly mx: number | undefined;
  readonly man: string | undefined;
}
export interface SsdpMessageEvent extends AppEvent, SsdpFields {
  readonly protocol: 'ssdp';
  readonly event: 'notify' | 'm_search' | 'response';
}
export interface SsdpMalformedEvent extends MalformedEvent {
  readonly protocol: 'ssdp';
}
export type SsdpEvent = SsdpMessageEvent | SsdpMalformedEvent;

const protocol = 'ssdp';
const TEXT_MAX = 512;
const NAMES = new FieldNames([
  'st',
  'nt',
  'nts',
  'usn',
  'location',
  'al',
  'server',
  'user-agent',
  'host',
  'cache-control',
  'mx',
  'man',
]);

const STARTS = (
  [
    ['notify', 'NOTIFY * HTTP/1.'],
    ['m_search', 'M-SEARCH * HTTP/1.'],
    ['response', 'HTTP/1.1 200 OK'],
    ['response', 'HTTP/1.0 200 OK'],
  ] as const
).map(([event, text]) => ({ event, bytes: Buffer.from(text, 'latin1') }));

export const ssdpDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  repeats: true,
  ports: [1900],
  recognise: (bytes, start, end, _direction, flow): Recognition => {
    const event = startOf(bytes, start, end);
    if (!event) return 'no';
    if (flow.serverPort === 1900 || flow.clientPort === 1900) return 'yes';
    // Others borrow these lines (Plex's discovery), so off its port SSDP's own fields must go with them.
    const { fields } = readFields(bytes, lineEnd(bytes, start, end) + 1, end, NAMES);
    return fields.usn || (fields.st && fields.man) || (fields.nt && fields.nts) ? 'yes' : 'no';
  },
  open: (_flow: Flow, context: DecodeContext) => new SsdpParser(context),
};

class SsdpParser implements Parser {
  readonly #context: DecodeContext;

  constructor(context: DecodeContext) {
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const name = startOf(bytes, start, end);
    if (!name) {
      this.#malformed('invalid start line', 0, false, direction, at);
      return end - start;
    }
    const head = readFields(bytes, lineEnd(bytes, start, end) + 1, end, NAMES);
    if (head.problem)
      this.#malformed(head.problem, head.problemOffset - start, true, direction, at);
    this.#context.emit(message(name, head.fields), direction, at);
    return end - start;
  }

  #malformed(
    reason: string,
    offset: number,
    readable: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    const event: SsdpMalformedEvent = { protocol, event: 'malformed', reason, offset, readable };
    this.#context.emit(event, direction, at);
  }
}

function startOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): SsdpMessageEvent['event'] | undefined {
  for (const { event, bytes: wanted } of STARTS) {
    if (end - start < wanted.length + 2) continue;
    let i = 0;
    while (i < wanted.length && bytes[start + i] === wanted[i]) i++;
    if (i === wanted.length) return event;
  }
  return undefined;
}

function message(
  event: SsdpMessageEvent['event'],
  fields: Head<
    | 'st'
    | 'nt'
    | 'nts'
    | 'usn'
    | 'location'
    | 'al'
    | 'server'
    | 'user-agent'
    | 'host'
    | 'cache-control'
    | 'mx'
    | 'man'
  >['fields'],
): SsdpMessageEvent {
  const age = /max-age\s*=\s*(\d{1,9})/i.exec(fields['cache-control'] ?? '')?.[1];
  return {
    protocol,
    event,
    st: cut(fields.st),
    nt: cut(fields.nt),
    nts: cut(fields.nts),
    usn: cut(fields.usn),
    location: cut(fields.location ?? fields.al),
    server: cut(fields.server),
    user_agent: cut(fields['user-agent']),
    host: cut(fields.host),
    max_age: age === undefined ? undefined : Number(age),
    mx: fields.mx !== undefined && /^\d{1,5}$/.test(fields.mx) ? Number(fields.mx) : undefined,
    man: cut(fields.man),
  };
}

function cut(text: string | undefined): string | undefined {
  return text === undefined || text.length <= TEXT_MAX
    ? text
    : Buffer.from(text.slice(0, TEXT_MAX)).toString();
}
