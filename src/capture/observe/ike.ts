/** Which protection two ends of a tunnel negotiate by IKE: what is offered, and what the other chose. */
import type { IkeAttribute, IkeEvent, IkeMessageEvent } from '../decode/ike/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type IkeChoice, type Observations, type Parties } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

/** An offer that waits for its choice. */
interface Session {
  readonly event: IkeMessageEvent;
  readonly parties: Parties;
  readonly at: PacketRef;
  readonly vendorIds: string[];
}

const VENDOR_IDS_MAX = 32;

export const ikeObserver: Observer = {
  protocols: ['ike'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as IkeEvent;
    if (event.event === 'malformed') return;
    const waiting = flow.session as Session | undefined;
    const parties = senderAsClient(flow, direction);
    if (waiting && waiting.event.init_spi === event.init_spi) {
      if (parties.client === waiting.parties.client) return;
      const choice = choiceOf(event);
      // A cookie or another group is asked for first (RFC 7296, 2.6 and 3.10.1): the offer comes again.
      if (!choice && event.event === waiting.event.event && event.ikev2?.errors === 0) return;
      note(into, waiting, choice, event, at);
      flow.session = undefined;
    } else if (isOffer(event)) {
      if (waiting) note(into, waiting, undefined, undefined, at);
      const vendorIds = [...(event.ikev1?.vendor_ids ?? [])];
      flow.session = { event, parties, at, vendorIds } satisfies Session;
    }
  },

  close(flow: Flow, at: PacketRef, into: Observations): void {
    const waiting = flow.session as Session | undefined;
    if (waiting) note(into, waiting, undefined, undefined, at);
  },
};

/** It begins an association: no responder has named itself yet. */
function isOffer(event: IkeMessageEvent): boolean {
  return event.payload.includes('SecurityAssociation') && /^0+$/.test(event.resp_spi);
}

function choiceOf(event: IkeMessageEvent): IkeChoice | undefined {
  if (!event.payload.includes('SecurityAssociation')) return undefined;
  if (event.ikev2) {
    const { alg_enc, alg_auth, alg_prf, alg_dh } = event;
    const bits = /_(\d{2,3})bit$/.exec(event.algorithms?.find((name) => /bit$/.test(name)) ?? '');
    return {
      encryption: alg_enc,
      keyBits: bits ? Number(bits[1]) : undefined,
      integrity: alg_auth,
      prf: alg_prf,
      group: alg_dh,
      authentication: undefined,
    };
  }
  const { attributes } = event;
  if (!attributes) return undefined;
  const named = (key: string): IkeAttribute | undefined =>
    attributes.find((attribute) => attribute.key === key);
  const bits = named('sa_key_length')?.raw;
  return {
    encryption: named('alg_enc')?.value,
    keyBits: typeof bits === 'number' ? bits : undefined,
    integrity: named('alg_hash')?.value,
    prf: named('alg_prf')?.value,
    group: named('alg_dh')?.value,
    authentication: named('alg_auth')?.value,
  };
}

function note(
  into: Observations,
  { event, parties, at, vendorIds }: Session,
  chosen: IkeChoice | undefined,
  answer: IkeMessageEvent | undefined,
  answerAt: PacketRef,
): void {
  const offered = event.algorithms ?? [];
  for (const id of answer?.ikev1?.vendor_ids ?? [])
    if (vendorIds.length < VENDOR_IDS_MAX && !vendorIds.includes(id)) vendorIds.push(id);
  const key = JSON.stringify([event.version_major, event.event, offered, chosen]);
  const record = into.note('ike', parties, at, key, () => ({
    version: event.version_major === 1 ? 1 : 2,
    exchange: event.event,
    offered,
    chosen,
    vendorIds,
  }));
  if (record && answer) addProof(record, answerAt);
}
