/** Folds SSDP messages into announcements: what each device says of itself, asked or not. */

import type { SsdpMessageEvent } from '../decode/ssdp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

const VALUE_CHARACTERS_MAX = 256;
export const ssdpObserver: Observer = {
  protocols: ['ssdp'],

  event(
    appEvent: AppEvent,
    direction: Direction,
    flow: Flow,
    at: PacketRef,
    into: Observations,
  ): void {
    const event = appEvent as SsdpMessageEvent;
    if (event.event === 'm_search' || event.nts === 'ssdp:byebye') return;
    announcement(event, direction, flow, at, into);
  },
};

function announcement(
  event: SsdpMessageEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const service = event.nt ?? event.st ?? '';
  const answer = event.event === 'response';
  const fields = fieldsOf(event);
  const key = `ssdp ${service}\n${event.usn ?? ''}\n${event.location ?? ''}\n${event.server ?? ''}\n${answer}`;
  // The port is the service's, so that unicast answers count with announcements.
  const parties =
    direction === 0 ? flow : { ...senderAsClient(flow, direction), serverPort: flow.serverPort };
  into.note('announcement', parties, at, key, () => ({
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
