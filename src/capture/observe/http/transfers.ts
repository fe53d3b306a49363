/** Files that travel in clear over HTTP, with as many bytes as really came. */
import { PAGE_BYTES_MAX } from '../../decode/http/body.ts';
import { LARGE_BODY_BYTES } from '../../decode/http/draft.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from '../../decode/http/events.ts';
import type { Direction, Flow, PacketRef } from '../../decoder.ts';
import { isMedia, isUpdateImage } from '../../magic.ts';
import type { Observations } from '../../observations.ts';
import { maskIn } from '../login.ts';
import { senderAsClient } from '../parties.ts';
import { pathOf } from './path.ts';

/** A body whose real length shows when the next message comes or the flow ends. */
export interface Transfer {
  readonly name: string;
  readonly message: HttpRequestEvent | HttpResponseEvent;
  readonly contentType: string | undefined;
  readonly sender: Direction;
  /** Bytes that the sender had sent when the body's beginning was read; undefined where the body was counted. */
  readonly before: number | undefined;
  readonly at: PacketRef;
}

/**
 * The transfer that a message is: of a large file, or of a piece of one (RFC 9110, 14), of which the first alone
 * shows what it is. Undefined for what is smaller, or is there to be watched or read.
 */
export function transferOf(
  request: HttpRequestEvent,
  message: HttpRequestEvent | HttpResponseEvent,
  sender: Direction,
  flow: Flow,
  at: PacketRef,
): Transfer | undefined {
  const { magic, length } = message;
  const contentType =
    message.event === 'request' ? message.content_type : message.http_content_type;
  if (length === 0 || isMedia(magic, contentType)) return undefined;
  const name = pathOf(request.url);
  const piece = message.event === 'response' && message.status === 206;
  if (!piece && length < LARGE_BODY_BYTES) return undefined;
  if (!piece && magic === undefined && !isUpdateImage(magic, name, contentType)) return undefined;
  const before = message.content_length === undefined ? undefined : flow.payloadBytes(sender);
  return { name, message, contentType, sender, before, at };
}

export function noteTransfer(transfer: Transfer, flow: Flow, into: Observations): void {
  const { name, message, contentType, sender, before, at } = transfer;
  const { magic, length } = message;
  // Up to a page of the body came before its event.
  const came = before === undefined ? length : flow.payloadBytes(sender) - before + PAGE_BYTES_MAX;
  const bytes = Math.min(length, came);
  const toClient = message.event === 'response';
  const receiver: Direction = sender === 0 ? 1 : 0;
  const parties = senderAsClient(flow, toClient ? receiver : sender);
  const key = `${name}\n${magic ?? ''}\n${toClient}`;
  const record = into.note('transfer', parties, at, key, () => ({
    protocol: 'http',
    name,
    toClient,
    bytes,
    contentType,
    magic,
  }));
  if (record && bytes > record.bytes) record.bytes = bytes;
  maskIn(record, at, message[BEHIND].wire);
}
