/**
 * The remote services of BSD: rlogin (RFC 1282), rsh and rexec (rcmd(3), rexec(3)). A client sends a few texts that end
 * with zeros, and the server a zero, or why not. They have no mark of their own, so their ports belong to it.
 */
import type { Secret } from '../../base/index.ts';
import type {
  AppEvent,
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { maskSecrets } from './payload.ts';
import { wireText } from './wire-text.ts';

type Service = 'rlogin' | 'rsh' | 'rexec';

/** What a client asks for. Rlogin and rsh believe the name that it gives; rexec wants a password, in clear. */
export interface RemoteRequestEvent extends AppEvent {
  readonly protocol: Service;
  readonly event: 'request';
  /** As whom the client runs; rexec does not say. */
  readonly client_user: string | undefined;
  readonly server_user: string;
  readonly password: Secret | undefined;
  /** At most 256 characters; what is named like a secret is replaced by its keyed hash. */
  readonly command: string | undefined;
  /** Rlogin: kind and speed, `xterm/38400`. */
  readonly terminal: string | undefined;
}

export interface RemoteReplyEvent extends AppEvent {
  readonly protocol: Service;
  readonly event: 'accepted' | 'refused';
  readonly message: string | undefined;
}

export type RemoteServiceEvent = RemoteRequestEvent | RemoteReplyEvent;

const SERVICES = new Map<number, Service>([
  [512, 'rexec'],
  [513, 'rlogin'],
  [514, 'rsh'],
]);
const TEXT_BYTES_MAX = 256;
const REQUEST_BYTES_MAX = 2_048;
/** Texts of a request, without rlogin's leading zero. */
const TEXTS: Readonly<Record<Service, number>> = { rlogin: 3, rsh: 4, rexec: 4 };

export const rServicesDecoder: Decoder = {
  protocol: 'rlogin',
  carriers: ['tcp'],
  ports: [512, 513, 514],
  recognise(bytes, start, end, direction, flow): Recognition {
    const service = SERVICES.get(flow.serverPort);
    // The server's word is a single zero, so only the client's counts.
    if (!service || direction === 1) return 'no';
    const first = service === 'rlogin' ? start + 1 : start;
    if (service === 'rlogin' && bytes[start] !== 0) return 'no';
    return judge(bytes, first, end, service);
  },
  open: (flow, context) => new RServicesParser(SERVICES.get(flow.serverPort) ?? 'rlogin', context),
};

function judge(bytes: Uint8Array, start: number, end: number, service: Service): Recognition {
  let texts = 0;
  let length = 0;
  for (let i = start; i < end && texts < TEXTS[service]; i++) {
    const byte = bytes[i];
    if (byte === 0) {
      // Only a password may be empty.
      if (length === 0 && !(service === 'rexec' && texts === 2)) return 'no';
      texts++;
      length = 0;
    } else {
      // Rsh and rexec begin with a port in decimal.
      if (texts === 0 && service !== 'rlogin' && (byte < 0x30 || byte > 0x39 || length > 4))
        return 'no';
      if (byte < 0x20 || byte === 0x7f || ++length > TEXT_BYTES_MAX) return 'no';
    }
  }
  return texts === TEXTS[service] ? 'yes' : end - start < REQUEST_BYTES_MAX ? 'more' : 'no';
}

class RServicesParser implements Parser {
  done = false;
  readonly #service: Service;
  readonly #context: DecodeContext;
  #asked = false;

  constructor(service: Service, context: DecodeContext) {
    this.#service = service;
    this.#context = context;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    if (direction === 1) return this.#reply(bytes, start, end, at);
    if (this.#asked) return end - start;
    const service = this.#service;
    const ends: number[] = [];
    const first = service === 'rlogin' ? start + 1 : start;
    for (let i = first; i < end && ends.length < TEXTS[service]; i++)
      if (bytes[i] === 0) ends.push(i);
    if (ends.length < TEXTS[service]) return end - start < REQUEST_BYTES_MAX ? 0 : end - start;
    this.#asked = true;
    const place = (number: number): [number, number] => [
      number === 0 ? first : ends[number - 1] + 1,
      Math.min(ends[number], (number === 0 ? first : ends[number - 1] + 1) + TEXT_BYTES_MAX),
    ];
    const text = (number: number): string => wireText(bytes, ...place(number));
    const { secrets } = this.#context;
    const command = (number: number): string => maskSecrets(text(number), secrets, []);
    const base = { protocol: service, event: 'request' } as const;
    const event: RemoteRequestEvent =
      service === 'rlogin'
        ? {
            ...{ ...base, client_user: text(0), server_user: text(1), password: undefined },
            ...{ command: undefined, terminal: text(2) },
          }
        : service === 'rsh'
          ? {
              ...{ ...base, client_user: text(1), server_user: text(2), password: undefined },
              ...{ command: command(3), terminal: undefined },
            }
          : {
              ...{ ...base, client_user: undefined, server_user: text(1) },
              ...{ password: secrets.seal(bytes.subarray(...place(2))), command: command(3) },
              terminal: undefined,
            };
    this.#context.emit(event, 0, at);
    return end - start;
  }

  gap(): void {
    this.done = true;
  }

  /** Zero, or one and a line that says why not. */
  #reply(bytes: Uint8Array, start: number, end: number, at: PacketRef): number {
    if (!this.#asked) return 0;
    const accepted = bytes[start] === 0;
    const message = accepted
      ? undefined
      : wireText(bytes, start + 1, Math.min(end, start + TEXT_BYTES_MAX)).trim();
    const event: RemoteReplyEvent = {
      protocol: this.#service,
      event: accepted ? 'accepted' : 'refused',
      message,
    };
    this.#context.emit(event, 1, at);
    this.done = true;
    return end - start;
  }
}
