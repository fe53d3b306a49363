/** Somebody who follows live changes, and what of them they may see. */
import type { ServerResponse } from 'node:http';
import { type Access, type Caller, type Credential, visible } from '../../access/index.ts';
import type { Reach } from '../../fleet/registry/index.ts';
import type { Fact, Subject } from '../../store/index.ts';
import { reachOf } from '../authenticate.ts';

/** Bytes that wait for a slow reader; beyond, it is cut off and comes back for what it missed. */
const WAITING_MAX = 1024 * 1024;

/** Where a device is; undefined for one that is no more. */
export type Places = ReadonlyMap<
  string,
  { readonly segment: string | null; readonly owner: string | null }
>;

/** Facts of these are told to whoever may see the things themselves. */
const ABOUT_DEVICES = /^(device|finding)\./;
const ABOUT_PLACES = /^(site|segment)\./;
const ABOUT_AUDITS = /^audit\./;
const ABOUT_GROUPS = /^group\./;

export interface Followed {
  readonly caller: Caller;
  /** Undefined for the machine's owner. */
  readonly credential: Credential | undefined;
  readonly response: ServerResponse;
  /** The last fact that it knows of. */
  readonly seq: number;
}

export class Follower {
  readonly caller: Caller;
  readonly seesJobs: boolean;
  /** Sees devices everywhere: nobody has to look where they are. */
  readonly everywhere: boolean;
  seq: number;
  readonly #access: Access;
  readonly #credential: Credential | undefined;
  readonly #response: ServerResponse;
  readonly #reach: Reach;
  readonly #seesFacts: boolean;
  readonly #seesAudits: boolean;
  readonly #seesPlaces: boolean;

  constructor(access: Access, { caller, credential, response, seq }: Followed) {
    const sees = (permission: 'audits.read' | 'segments.read' | 'jobs.read') => {
      const { everywhere, segments } = visible(caller, permission);
      return everywhere || segments.length > 0;
    };
    this.caller = caller;
    this.seq = seq;
    this.#access = access;
    this.#credential = credential;
    this.#response = response;
    this.#reach = reachOf(caller, 'devices.read');
    this.everywhere = this.#reach.segments === undefined && this.#reach.owner === undefined;
    this.#seesFacts = access.decide(caller, 'facts.read') === 'allowed';
    this.#seesAudits = sees('audits.read');
    this.#seesPlaces = sees('segments.read');
    this.seesJobs = sees('jobs.read');
  }

  tellFact(fact: Fact, places: Places): void {
    this.seq = fact.seq;
    const subjects = this.#visible(fact, places);
    if (subjects.length > 0)
      this.send(`id: ${fact.seq}\n${event('fact', { action: fact.action, subjects })}`);
  }

  /** @param text - whole events. */
  send(text: string): void {
    const { writableLength, destroyed } = this.#response;
    if (destroyed) return;
    if (writableLength > WAITING_MAX) this.#response.destroy();
    else this.#response.write(text);
  }

  end(): void {
    this.#response.end();
  }

  /** Whether who follows is still there, with the same rights. Does not keep a session from ending. */
  async isValid(): Promise<boolean> {
    if (this.#credential === undefined) return true;
    const now = await this.#access.caller(this.#credential, true);
    return now !== undefined && JSON.stringify(now.grants) === JSON.stringify(this.caller.grants);
  }

  /** The subjects of a fact that may be told; none for one that is nobody's business here. */
  #visible(fact: Fact, places: Places): readonly Subject[] {
    const { action, subjects } = fact;
    if (this.#seesFacts) return subjects.length > 0 ? subjects : [{ kind: 'fact', id: fact.id }];
    if (ABOUT_AUDITS.test(action)) return this.#seesAudits ? subjects : [];
    if (ABOUT_PLACES.test(action)) return this.#seesPlaces ? subjects : [];
    if (ABOUT_GROUPS.test(action)) return subjects;
    if (!ABOUT_DEVICES.test(action)) return [];
    if (this.everywhere) return subjects;
    const own = subjects.filter(
      ({ kind, id }) => kind !== 'device' || this.#reaches(places.get(id)),
    );
    const seen = own.some(({ kind }) => kind === 'device');
    if (seen) return own;
    // It left: who saw it where it was takes it off their lists.
    return this.#reaches(placeBefore(fact)) ? subjects : [];
  }

  #reaches(place: { segment: string | null; owner: string | null } | undefined): boolean {
    const { segments = [], owner } = this.#reach;
    if (place === undefined) return false;
    if (owner !== undefined && place.owner === owner) return true;
    return place.segment !== null && segments.includes(place.segment);
  }
}

/** Where a device was before a change that moved it. */
function placeBefore({ action, body }: Fact) {
  if (action !== 'device.changed') return undefined;
  const { changes } = body as { changes: Record<string, { from: unknown } | null> };
  const { segment, owner } = changes;
  const from = (value: { from: unknown } | null | undefined) =>
    typeof value?.from === 'string' ? value.from : null;
  return { segment: from(segment), owner: from(owner) };
}

export const event = (name: string, data: unknown): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
