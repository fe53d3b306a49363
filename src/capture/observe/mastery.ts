/**
 * What a master asks of the outstations behind one flow, in whatever protocol: who polls whom, and which control
 * writes were accepted, refused or never answered.
 */
import type { PacketRef } from '../decoder.ts';
import {
  addProof,
  type ControlWriteFields,
  type Observation,
  type Observations,
  type Parties,
  touch,
} from '../observations.ts';
import { noteControlWrite } from './control-write.ts';

/** Control writes of one flow that wait for their answers. */
const WAITING_MAX = 64;
/** Stations of one flow that are told apart. */
const STATIONS_MAX = 256;

/** A control write, apart from who asks whom. */
export type Command = Pick<ControlWriteFields, 'operation' | 'effect'>;

interface Waiting extends Command {
  readonly station: number | undefined;
  readonly at: PacketRef;
}

export class Mastery {
  readonly #into: Observations;
  /** With the master as client. */
  readonly #parties: Parties;
  readonly #protocol: string;
  readonly #polling = new Map<number | undefined, Observation<'polling'> | undefined>();
  readonly #waiting = new Map<number, Waiting>();

  constructor(into: Observations, parties: Parties, protocol: string) {
    this.#into = into;
    this.#parties = parties;
    this.#protocol = protocol;
  }

  /**
   * The master asks something.
   * @param key - by which the answer is told; equal ones are of one exchange.
   * @param command - undefined when it changes nothing.
   */
  request(
    key: number,
    station: number | undefined,
    command: Command | undefined,
    at: PacketRef,
  ): void {
    const polling = this.#pollingOf(station, at, true);
    if (command === undefined) {
      if (polling) polling.reads++;
      return;
    }
    if (polling) polling.writes++;
    this.#settle(key, 'unknown');
    if (this.#waiting.size >= WAITING_MAX) {
      for (const oldest of this.#waiting.keys()) {
        this.#settle(oldest, 'unknown');
        break;
      }
    }
    this.#waiting.set(key, { ...command, station, at });
  }

  /** The outstation answers; a command that waits under `key` is thereby accepted or refused. */
  answer(key: number, station: number | undefined, accepted: boolean, at: PacketRef): void {
    this.unasked(station, at);
    this.#settle(key, accepted ? 'accepted' : 'refused', at);
  }

  /** The outstation says something of its own accord, or something to which no command belongs. */
  unasked(station: number | undefined, at: PacketRef): void {
    const polling = this.#pollingOf(station, at, false);
    if (!polling) return;
    polling.answers++;
    polling.last = at;
    addProof(polling, at);
  }

  /** Nothing more comes: what still waits was not answered. */
  end(): void {
    for (const key of this.#waiting.keys()) this.#settle(key, 'unknown');
  }

  #settle(key: number, outcome: ControlWriteFields['outcome'], answer?: PacketRef): void {
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    const { operation, effect, station, at } = waiting;
    const write = {
      protocol: this.#protocol,
      operation,
      effect,
      station: textOf(station),
      outcome,
    };
    noteControlWrite(this.#into, this.#parties, at, write, answer);
  }

  #pollingOf(
    station: number | undefined,
    at: PacketRef,
    again: boolean,
  ): Observation<'polling'> | undefined {
    const known = this.#polling.get(station);
    if (known) {
      if (again) touch(known, at);
      return known;
    }
    if (this.#polling.has(station) || this.#polling.size >= STATIONS_MAX) return undefined;
    const text = textOf(station);
    const record = this.#into.note(
      'polling',
      this.#parties,
      at,
      `${this.#protocol}\n${text ?? ''}`,
      () => ({ protocol: this.#protocol, station: text, reads: 0, writes: 0, answers: 0 }),
    );
    this.#polling.set(station, record);
    return record;
  }
}

function textOf(station: number | undefined): string | undefined {
  return station === undefined ? undefined : String(station);
}
