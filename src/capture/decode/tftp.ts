/**
 * TFTP (RFC 1350; options of RFC 2347 to 2349 and 7440): requests, what the server says to them, and each transfer as
 * one event at its end. Requests are known on any port, the other messages where a request was seen.
 */
import type { DecodeContext, Decoder, Direction, Flow, PacketRef, Parser } from '../decoder.ts';
import { u16be } from './integers.ts';
import { type TftpEvent, TRANSFER } from './tftp/events.ts';
import { begun, expect, expectedOn, Transfer } from './tftp/transfer.ts';
import { wireText } from './wire-text.ts';

export type { TftpEvent } from './tftp/events.ts';

const protocol = 'tftp';
const PORT = 69;
const TEXT_BYTES_MAX = 512;
const OPTIONS_MAX = 16;

const RRQ = 1;
const WRQ = 2;
const DATA = 3;
const ACK = 4;
const ERROR = 5;
const OACK = 6;

const MODES = ['octet', 'netascii', 'mail'].map((mode) => Buffer.from(mode));

export const tftpDecoder: Decoder = {
  protocol,
  carriers: ['udp'],
  ports: [PORT],
  firstBytes: [0x00],
  recognise(bytes, start, end, _direction, flow) {
    if (end - start < 4 || bytes[start] !== 0) return 'no';
    const opcode = bytes[start + 1];
    if (opcode === RRQ || opcode === WRQ) {
      const onPort = flow.serverPort === PORT;
      return isRequest(bytes, start + 2, end, onPort) ? 'yes' : 'no';
    }
    return mayBegin(bytes, start, opcode) && expectedOn(flow) ? 'yes' : 'no';
  },
  open: (flow, context) => new TftpParser(flow, context),
};

/** A transfer begins with an OACK, the first block, the ACK of a write request, or an error. */
function mayBegin(bytes: Uint8Array, start: number, opcode: number): boolean {
  const number = u16be(bytes, start + 2);
  if (opcode === DATA) return number === 1;
  if (opcode === ACK) return number === 0;
  return (opcode === ERROR && number <= 8) || opcode === OACK;
}

/** A name and one of the three modes; on TFTP's own port any mode that is text. */
function isRequest(bytes: Uint8Array, start: number, end: number, onPort: boolean): boolean {
  const mode = textEnd(bytes, start, end) + 1;
  if (mode > end || mode - start < 2) return false;
  const modeEnd = textEnd(bytes, mode, end);
  if (modeEnd === end) return false;
  if (onPort) return true;
  return bytes[end - 1] === 0 && MODES.some((known) => isText(bytes, mode, modeEnd, known));
}

/** Where the zero is that ends a text; `end` where there is none, or what is no text stands before it. */
function textEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] >= 0x20) at++;
  return at < end && bytes[at] === 0 ? at : end;
}

function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if ((bytes[start + i] | 0x20) !== text[i]) return false;
  return true;
}

class TftpParser implements Parser {
  readonly #flow: Flow;
  readonly #context: DecodeContext;
  /** What was asked for last on this flow, or the transfer that the flow was expected for. */
  #transfer: Transfer | undefined;
  /** The transfer runs on this flow. */
  #carries = false;
  #direction: Direction = 0;

  constructor(flow: Flow, context: DecodeContext) {
    this.#flow = flow;
    this.#context = context;
    this.#transfer = expectedOn(flow);
    this.#begin();
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    const length = end - start;
    const opcode = length < 4 ? 0 : u16be(bytes, start);
    if (opcode === RRQ || opcode === WRQ) this.#request(bytes, start, end, direction, at);
    else if (opcode === DATA) this.#data(bytes, start, end, direction, at);
    else if (opcode === ACK) this.#ack(u16be(bytes, start + 2), at);
    else if (opcode === ERROR) this.#error(bytes, start, end, direction, at);
    else if (opcode === OACK) this.#oack(bytes, start, end, direction, at);
    else this.#malformed(length < 4 ? 'truncated message' : 'unknown opcode', 0, direction, at);
    return length;
  }

  close(at: PacketRef): void {
    this.#finish(at);
  }

  #request(
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    at: PacketRef,
  ): void {
    const fileEnd = textEnd(bytes, start + 2, end);
    const modeEnd = fileEnd < end ? textEnd(bytes, fileEnd + 1, end) : end;
    if (modeEnd === end) {
      this.#malformed('request without mode', fileEnd - start, direction, at);
      return;
    }
    this.#finish(at);
    const { options, fault } = readOptions(bytes, modeEnd + 1, end);
    if (fault >= 0) this.#malformed('option cut off', fault - start, direction, at, true);
    const transfer = this.#transferOf(
      bytes[start + 1] === WRQ ? 'write' : 'read',
      wireText(bytes, start + 2, Math.min(fileEnd, start + 2 + TEXT_BYTES_MAX)),
      wireText(bytes, fileEnd + 1, Math.min(modeEnd, fileEnd + 33)).toLowerCase(),
      direction,
    );
    const { operation, file, mode } = transfer;
    const event = operation === 'read' ? 'read_request' : 'write_request';
    this.#emit(
      { protocol, event, operation, file, mode, options, [TRANSFER]: transfer },
      direction,
      at,
    );
  }

  #transferOf(
    operation: 'read' | 'write',
    file: string,
    mode: string,
    direction: Direction,
  ): Transfer {
    const flow = this.#flow;
    const [address, port] =
      direction === 0
        ? [flow.clientAddress, flow.clientPort]
        : [flow.serverAddress, flow.serverPort];
    const transfer = new Transfer(operation, file, mode, address, port);
    this.#transfer = transfer;
    this.#carries = false;
    if (flow.run) expect(flow.run, transfer);
    return transfer;
  }

  #data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): void {
    if (!this.#begin()) return;
    this.#direction = direction;
    this.#transfer?.data(bytes, start, end, at);
  }

  #ack(block: number, at: PacketRef): void {
    if (this.#begin() && this.#transfer?.isEndedBy(block)) this.#finish(at);
  }

  #error(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): void {
    const text = start + 4;
    const textStop = textEnd(bytes, text, end);
    this.#begin();
    this.#emit(
      {
        protocol,
        event: 'error',
        error_code: u16be(bytes, start + 2),
        error_message: wireText(bytes, text, Math.min(textStop, text + TEXT_BYTES_MAX)),
        [TRANSFER]: this.#transfer,
      },
      direction,
      at,
    );
    this.#finish(at);
  }

  #oack(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): void {
    const { options, fault } = readOptions(bytes, start + 2, end);
    if (fault >= 0) this.#malformed('option cut off', fault - start, direction, at, true);
    this.#begin();
    const size = Number(options?.blksize);
    // RFC 2348: 8 to 65,464 bytes.
    if (this.#transfer && size >= 8 && size <= 65_464) this.#transfer.blockSize = size;
    this.#emit(
      { protocol, event: 'oack', options: options ?? {}, [TRANSFER]: this.#transfer },
      direction,
      at,
    );
  }

  /** The transfer has begun, here. @returns false where it runs elsewhere, or is over. */
  #begin(): boolean {
    const transfer = this.#transfer;
    if (!transfer) return false;
    if (this.#carries) return true;
    if (transfer.carried) return false;
    transfer.carried = true;
    this.#carries = true;
    begun(this.#flow.run, transfer);
    return true;
  }

  #finish(at: PacketRef): void {
    const transfer = this.#transfer;
    if (!transfer || !this.#carries) return;
    this.#transfer = undefined;
    this.#carries = false;
    if (transfer.blocks === 0) return;
    const { operation, file, mode, length, blocks, repeats } = transfer;
    const { blockSize: block_size, complete, magic } = transfer;
    const told = { operation, file, mode, length, blocks, repeats, block_size, complete, magic };
    const event: TftpEvent = { protocol, event: 'transfer', ...told, [TRANSFER]: transfer };
    this.#emit(event, this.#direction, transfer.at ?? at);
  }

  #emit(event: TftpEvent, direction: Direction, at: PacketRef): void {
    this.#context.emit(event, direction, at);
  }

  #malformed(
    reason: string,
    offset: number,
    direction: Direction,
    at: PacketRef,
    readable = false,
  ): void {
    this.#emit({ protocol, event: 'malformed', reason, offset, readable }, direction, at);
  }
}

interface Options {
  readonly options: Readonly<Record<string, string>> | undefined;
  /** Offset of an option that lacks its end, or -1. */
  readonly fault: number;
}

/** Pairs of name and value, each ended by a zero (RFC 2347). */
function readOptions(bytes: Uint8Array, start: number, end: number): Options {
  let options: Record<string, string> | undefined;
  let at = start;
  for (let count = 0; at < end && count < OPTIONS_MAX; count++) {
    // Some clients fill their requests up with zeros.
    if (bytes[at] === 0) break;
    const nameEnd = textEnd(bytes, at, end);
    const valueEnd = nameEnd < end ? textEnd(bytes, nameEnd + 1, end) : end;
    if (valueEnd === end) return { options, fault: at };
    options ??= {};
    options[wireText(bytes, at, nameEnd).toLowerCase()] = wireText(bytes, nameEnd + 1, valueEnd);
    at = valueEnd + 1;
  }
  return { options, fault: -1 };
}
