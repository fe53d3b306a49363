/** Folds SSDP messages into announcements: what each device says of itself, asked or not. */

import type { SsdpEvent, SsdpMessageEvent } from '../decode/ssdp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observation, type Observations } from '../observations.ts';
import { noteMalformed, noteUnit } from './malformed.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

const VALUE_CHARACTERS_MAX = 256;
/** Messages of one flow whose records are at hand. */
const KNOWN_MAX = 64;

/** The decoder hands on a repeated message as the same object, so its record is found without a key. */
type Known = Map<AppEvent, Observation<'announcement'>>;

export const ssdpObserver: Observer = {
  protocols: ['ssdp'],

  event(
    appEvent: AppEvent,
    direction: Direction,
    flow: Flow,
    at: PacketRef,
    into: Observations,
  ): void {
    const event = appEvent as SsdpEvent;
    if (event.event === 'malformed') {
      noteMalformed(into, flow, direction, 'ssdp', event.reason, at);
      return;
    }
    noteUnit(into, flow, direction, 'ssdp', at);
    if (event.event === 'm_search' || event.nts === 'ssdp:byebye') return;
    flow.session ??= new Map() satisfies Known;
    const known = flow.session as Known;
    const record = known.get(event);
    if (record) {
      record.count++;
      record.last = at;
      addProof(record, at);
      return;
    }
    const noted = announcement(event, direction, flow, at, into);
    if (noted && known.size < KNOWN_MAX) known.set(event, noted);
  },
};

function announcement(
  event: SsdpMessageEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): Observation<'announcement'> | undefined {
  const service = event.nt ?? event.st ?? '';
  const answer = event.event === 'response';
  const fields = fieldsOf(event);
  const key = `ssdp ${service}\n${event.usn ?? ''}\n${event.location ?? ''}\n${event.server ?? ''}\n${answer}`;
  // The port is the service's, so that unicast answers count with announcements.
  const parties =
    direction === 0 ? flow : { ...senderAsClient(flow, direction), serverPort: flow.serverPort };
  return into.note('announcement', parties, at, key, () => ({
    protocol: 'ssdp',
    service,
    instance: event.usn?.split('::')[0],
    hostName: undefined,
    fields,
    answer,
  }));
}

function fieldsOf(event: SsdpMessageEvent): Record<string, string> {
  const fields: Record<string, string> = {};
  const add = (name: string, value: string | undefined): void => {
    if (value) fields[name] = value.slice(0, VALUE_CHARACTERS_MAX);
  };
  add('SERVER', event.server);
  add('LOCATION', event.location);
  add('USN', event.usn);
  add('NTS', event.nts);
  add('USER-AGENT', event.user_agent);
  if (event.max_age !== undefined) add('MAX-AGE', String(event.max_age));
  return fields;
}
