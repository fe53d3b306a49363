/**
 * Personal data that a device sends to the Internet in clear: e-mail addresses, exact positions, IMEIs. Looked for in
 * the texts that decoders expose, on flows from here to a public address only, and in so many bytes of each; what is
 * found leaves here as a keyed hash.
 */
import { type Secret, type SecretSealer, scopeOf } from '../../base/index.ts';
import type { AppEvent, DecodeContext, Decoder, Direction, Flow } from '../decoder.ts';
import { BEHIND, type HttpRequestEvent } from './http/events.ts';
import { type FoundText, findPersonal, type PersonalKind } from './personal-data/find.ts';

/** Data of a person in a message that was just told. */
export interface PersonalDataEvent extends AppEvent {
  readonly protocol: 'personal_data';
  readonly event: PersonalKind;
  /** Protocol of the message, and where in it. */
  readonly carrier: string;
  readonly where: string;
  readonly value: Secret;
  /** As it stands on the wire, so that saved packets can be masked. */
  readonly [ON_THE_WIRE]: Secret;
}

export const ON_THE_WIRE = Symbol('as it stands on the wire');

/** Characters looked at in one text, and of one flow. */
const TEXT_CHARACTERS_MAX = 4096;
const FLOW_CHARACTERS_MAX = 64 * 1024;
/** Things told of one flow. */
const FOUND_MAX = 16;

/** Texts of an event that its sender wrote, by where they stand. */
type Texts = (event: never) => readonly (readonly [where: string, text: string | undefined])[];

const TEXTS: Readonly<Record<string, Texts>> = {
  http: (event: HttpRequestEvent) =>
    event.event === 'request'
      ? [
          ['url', event.url],
          ['body', event[BEHIND].body],
        ]
      : [],
  mqtt: (event: { event: string; client_id?: string; topic?: string; message?: string }) =>
    event.event === 'connect'
      ? [['client_id', event.client_id]]
      : event.event === 'publish'
        ? [
            ['topic', event.topic],
            ['message', event.message],
          ]
        : [],
  coap: (event: { uri_query?: string; payload?: string }) => [
    ['uri_query', event.uri_query],
    ['payload', event.payload],
  ],
};

/** The decoder, with what it tells looked through where its flow leads to the Internet. */
export function watchPersonalData(decoder: Decoder): Decoder {
  return {
    ...decoder,
    open(flow, context) {
      const outward = outwardDirection(flow);
      if (outward === undefined) return decoder.open(flow, context);
      return decoder.open(flow, new Watch(context, outward));
    },
  };
}

/** The direction in which a flow leaves for a public address; undefined for one that stays, or comes from there. */
function outwardDirection({ clientAddress, serverAddress }: Flow): Direction | undefined {
  const [client, server] = [scopeOf(clientAddress), scopeOf(serverAddress)];
  if (client === 'public') return server === 'private' ? 1 : undefined;
  return server === 'public' ? 0 : undefined;
}

class Watch implements DecodeContext {
  readonly secrets: SecretSealer;
  readonly #context: DecodeContext;
  readonly #outward: Direction;
  #left = FLOW_CHARACTERS_MAX;
  #found = 0;

  constructor(context: DecodeContext, outward: Direction) {
    this.#context = context;
    this.secrets = context.secrets;
    this.#outward = outward;
  }

  emit: DecodeContext['emit'] = (event, direction, at) => {
    this.#context.emit(event, direction, at);
    if (direction !== this.#outward || this.#left <= 0 || event.event === 'malformed') return;
    const texts = TEXTS[event.protocol];
    if (!texts) return;
    for (const [where, text] of texts(event as never)) {
      if (!text) continue;
      const looked = text.slice(0, Math.min(TEXT_CHARACTERS_MAX, this.#left));
      this.#left -= looked.length;
      for (const found of findPersonal(looked)) {
        if (++this.#found > FOUND_MAX) return;
        this.#context.emit(this.#told(event.protocol, where, found), direction, at);
      }
    }
  };

  #told(carrier: string, where: string, { kind, value, wire }: FoundText): PersonalDataEvent {
    return {
      protocol: 'personal_data',
      event: kind,
      carrier,
      where,
      value: this.secrets.seal(value),
      [ON_THE_WIRE]: this.secrets.seal(wire),
    };
  }
}
