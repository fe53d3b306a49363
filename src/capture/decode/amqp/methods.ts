/** Methods of AMQP 0-9-1, 0-9 and 0-8 by class and number, and what of their arguments is worth knowing. */
import type { SecretSealer } from '../../../base/index.ts';
import type { ByteReader } from '../byte-reader.ts';
import { wireText } from '../wire-text.ts';
import type { AmqpEvent, AmqpMethod } from './events.ts';
import { readResponse } from './sign-in.ts';
import { readTable } from './table.ts';

const MECHANISMS_MAX = 16;

const CLASSES: Readonly<Record<number, readonly [name: string, methods: string]>> = {
  10: [
    'connection',
    '10 start 11 start_ok 20 secure 21 secure_ok 30 tune 31 tune_ok 40 open 41 open_ok 50 close 51 close_ok 60 blocked 61 unblocked 70 update_secret 71 update_secret_ok',
  ],
  20: ['channel', '10 open 11 open_ok 20 flow 21 flow_ok 40 close 41 close_ok'],
  30: ['access', '10 request 11 request_ok'],
  40: [
    'exchange',
    '10 declare 11 declare_ok 20 delete 21 delete_ok 30 bind 31 bind_ok 40 unbind 51 unbind_ok',
  ],
  50: [
    'queue',
    '10 declare 11 declare_ok 20 bind 21 bind_ok 30 purge 31 purge_ok 40 delete 41 delete_ok 50 unbind 51 unbind_ok',
  ],
  60: [
    'basic',
    '10 qos 11 qos_ok 20 consume 21 consume_ok 30 cancel 31 cancel_ok 40 publish 50 return 60 deliver 70 get 71 get_ok 72 get_empty 80 ack 90 reject 100 recover_async 110 recover 111 recover_ok 120 nack',
  ],
  85: ['confirm', '10 select 11 select_ok'],
  90: ['tx', '10 select 11 select_ok 20 commit 21 commit_ok 30 rollback 31 rollback_ok'],
};

const names = new Map<number, string>();
for (const [number, [name, methods]] of Object.entries(CLASSES)) {
  for (const [, method, called] of methods.matchAll(/(\d+) (\w+)/g))
    names.set(Number(number) * 65_536 + Number(method), `${name}_${called}`);
}

/** `basic_publish` of class and method in one number; undefined for an unknown one. */
export function methodName(code: number): string | undefined {
  return names.get(code);
}

/** Reads a method frame's payload: class, method, arguments. */
export function readMethod(
  reader: ByteReader,
  channel: number,
  sealer: SecretSealer,
): AmqpEvent | undefined {
  const event = methodName(reader.u32());
  if (event === undefined) {
    reader.fail('unknown method');
    return undefined;
  }
  if (event === 'connection_start') return readStart(reader);
  if (event === 'connection_start_ok') return readStartOk(reader, sealer);
  return { protocol: 'amqp', event, channel, ...readArguments(event, reader) };
}

function readStart(reader: ByteReader): AmqpEvent {
  const version = `${reader.u8()}-${reader.u8()}`;
  const properties = readTableHere(reader);
  const mechanisms = longText(reader).split(' ').filter(Boolean).slice(0, MECHANISMS_MAX);
  return { protocol: 'amqp', event: 'connection_start', version, properties, mechanisms };
}

function readStartOk(reader: ByteReader, sealer: SecretSealer): AmqpEvent {
  const properties = readTableHere(reader);
  const mechanism = reader.text(reader.u8());
  const length = reader.u32();
  const from = reader.at;
  reader.skip(length);
  const shown = reader.fault
    ? { username: undefined, password: undefined }
    : readResponse(mechanism, reader, from, from + length, sealer);
  return { protocol: 'amqp', event: 'connection_start_ok', mechanism, ...shown, properties };
}

function readTableHere(reader: ByteReader): Record<string, string | number | boolean> {
  const length = reader.u32();
  const from = reader.at;
  reader.skip(length);
  return reader.fault ? {} : readTable(reader, from, from + length);
}

function longText(reader: ByteReader): string {
  const length = reader.u32();
  const from = reader.at;
  reader.skip(length);
  return reader.fault ? '' : wireText(reader.bytes, from, from + Math.min(length, 512));
}

const shortText = (reader: ByteReader): string => reader.text(reader.u8());

type Arguments = Omit<AmqpMethod, 'protocol' | 'event' | 'channel'>;

function readArguments(event: string, reader: ByteReader): Arguments {
  switch (event) {
    case 'connection_tune':
    case 'connection_tune_ok':
      reader.skip(6);
      return { heartbeat_s: reader.u16() };
    case 'connection_open':
      return { virtual_host: shortText(reader) };
    case 'connection_close':
    case 'channel_close':
      return { reply_code: reader.u16(), reply_text: shortText(reader) };
    case 'basic_publish':
    case 'basic_return':
      // A ticket, or a reply's code and text.
      reader.skip(2);
      if (event === 'basic_return') shortText(reader);
      return { exchange: shortText(reader), routing_key: shortText(reader) };
    case 'basic_deliver':
      shortText(reader);
      reader.skip(9);
      return { exchange: shortText(reader), routing_key: shortText(reader) };
    case 'basic_consume':
    case 'basic_get':
    case 'queue_declare':
    case 'queue_delete':
    case 'queue_purge':
      reader.skip(2);
      return { queue: shortText(reader) };
    case 'queue_declare_ok':
      return { queue: shortText(reader) };
    case 'queue_bind':
    case 'queue_unbind':
      reader.skip(2);
      return {
        queue: shortText(reader),
        exchange: shortText(reader),
        routing_key: shortText(reader),
      };
    case 'exchange_declare':
    case 'exchange_delete':
      reader.skip(2);
      return { exchange: shortText(reader) };
    default:
      return {};
  }
}
