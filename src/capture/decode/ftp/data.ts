/**
 * FTP's data connections (RFC 959, section 3.2; RFC 2428): they carry a file and nothing else, so a control
 * connection has to announce where one will be opened. Of the file only the first bytes are looked at.
 */
import type {
  DecodeContext,
  Decoder,
  Direction,
  Flow,
  PacketRef,
  Parser,
  Recognition,
} from '../../decoder.ts';
import { magicOf } from '../../magic.ts';
import type { FtpDataEvent } from './events.ts';

/** Announced connections that were not opened yet, in a run. */
const ANNOUNCED_MAX = 4_096;
const SNIFFED_BYTES = 512;
/** More than any file: the rest is passed over. */
const ALL = 2 ** 48;

/** One announced data connection; the control connection fills in what it is used for. */
export interface DataChannel {
  readonly mode: 'active' | 'passive';
  command: string | undefined;
  filename: string | undefined;
  /** The connection was seen. */
  opened: boolean;
}

/** The announced connections of each run, by the address and port that will be called. */
const announced = new WeakMap<object, Map<string, DataChannel>>();

export function announce(run: object, address: string, port: number, channel: DataChannel): void {
  let channels = announced.get(run);
  if (!channels) {
    channels = new Map();
    announced.set(run, channels);
  }
  const place = `${address} ${port}`;
  channels.delete(place);
  if (channels.size >= ANNOUNCED_MAX)
    for (const oldest of channels.keys()) {
      channels.delete(oldest);
      break;
    }
  channels.set(place, channel);
}

function find(flow: Flow, take: boolean): DataChannel | undefined {
  const channels = flow.run && announced.get(flow.run);
  if (!channels || channels.size === 0) return undefined;
  // Without an opening either end may be the one that was called.
  for (const place of [
    `${flow.serverAddress} ${flow.serverPort}`,
    `${flow.clientAddress} ${flow.clientPort}`,
  ]) {
    const channel = channels.get(place);
    if (!channel) continue;
    if (take) channels.delete(place);
    return channel;
  }
  return undefined;
}

export const ftpDataDecoder: Decoder = {
  protocol: 'ftp_data',
  carriers: ['tcp'],
  ports: [20],
  recognise: (bytes, start, end, _direction, flow): Recognition => {
    if (!find(flow, false)) return 'no';
    // PROT P (RFC 4217): the data connection is TLS.
    if (bytes[start] === 0x16 && (end - start < 2 || bytes[start + 1] === 0x03)) return 'no';
    return 'yes';
  },
  open: (flow: Flow, context: DecodeContext) => new FtpDataParser(flow, context),
};

class FtpDataParser implements Parser {
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  readonly #channel: DataChannel | undefined;
  #magic: string | undefined;
  #sniffed = false;
  #direction: Direction = 0;
  #first: PacketRef | undefined;

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
    this.#channel = find(flow, true);
    if (this.#channel) this.#channel.opened = true;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    this.#first ??= at;
    if (this.#sniffed) return ALL;
    if (end - start < SNIFFED_BYTES) {
      this.#magic ??= magicOf(bytes, start, end);
      this.#direction = direction;
      return this.#magic ? ALL : 0;
    }
    this.#sniffed = true;
    this.#direction = direction;
    this.#magic ??= magicOf(bytes, start, start + SNIFFED_BYTES);
    return ALL;
  }

  gap(): void {
    this.#sniffed = true;
  }

  close(at: PacketRef): void {
    const event: FtpDataEvent = {
      protocol: 'ftp_data',
      event: 'transfer',
      command: this.#channel?.command,
      filename: this.#channel?.filename,
      mode: this.#channel?.mode ?? 'passive',
      sent_by: this.#direction === 0 ? 'client' : 'server',
      length: this.#flow.payloadBytes(this.#direction),
      magic: this.#magic,
    };
    this.#context.emit(event, 0, this.#first ?? at);
  }
}
