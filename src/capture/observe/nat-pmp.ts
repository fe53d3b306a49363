/** Port mappings that hosts ask of their gateway by NAT-PMP and PCP, with its answers. */
import type { NatMappingEvent } from '../decode/nat-pmp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import {
  addProof,
  type Observations,
  type Parties,
  type PortMappingFields,
} from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Requests of one flow that wait for their answers; a client repeats them until one comes. */
const WAITING_MAX = 32;
const TCP = 6;

interface Waiting {
  readonly fields: Omit<PortMappingFields, 'outcome'>;
  readonly parties: Parties;
  readonly at: PacketRef;
}
/** By protocol, transport and internal port: what an answer repeats of its request. */
type Session = Map<string, Waiting>;

export const natPmpObserver: Observer = {
  protocols: ['nat_pmp', 'pcp'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    if (appEvent.event !== 'map_request' && appEvent.event !== 'map_response') return;
    const event = appEvent as NatMappingEvent;
    flow.session ??= new Map() satisfies Session;
    const session = flow.session as Session;
    const fields = fieldsOf(event);
    const key = `${fields.protocol} ${fields.transport} ${fields.internalPort}`;
    if (!('result' in event)) {
      // A lifetime of zero takes a mapping away.
      if (event.lifetime === 0) session.delete(key);
      else if (session.has(key) || session.size < WAITING_MAX)
        session.set(key, { fields, parties: senderAsClient(flow, direction), at });
      return;
    }
    const waiting = session.get(key);
    session.delete(key);
    // What nobody was seen to ask for, with no lifetime, is the end of a mapping.
    if (event.result === 0 && event.lifetime === 0) return;
    if (!waiting && event.result !== 0) return;
    const outcome = event.result === 0 ? 'granted' : 'refused';
    const known = outcome === 'granted' ? fields : (waiting?.fields ?? fields);
    note(
      into,
      waiting?.parties ?? senderAsServer(flow, direction),
      waiting?.at ?? at,
      {
        ...known,
        internalClient: waiting?.fields.internalClient,
        outcome,
      },
      at,
    );
  },

  close(flow: Flow, _at: PacketRef, into: Observations): void {
    for (const { fields, parties, at } of (
      (flow.session as Session | undefined) ?? new Map()
    ).values())
      note(into, parties, at, { ...fields, outcome: 'unknown' });
  },
};

function fieldsOf(event: NatMappingEvent): Omit<PortMappingFields, 'outcome'> {
  const transport =
    event.protocol === 'nat_pmp' ? event.transport : event.ip_protocol === TCP ? 'tcp' : 'udp';
  const internalClient = 'third_party' in event ? event.third_party : undefined;
  return {
    protocol: event.protocol,
    externalPort: event.external_port ?? 0,
    internalPort: event.internal_port ?? 0,
    internalClient,
    transport,
    lease_s: event.lifetime,
    description: undefined,
  };
}

function note(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  fields: PortMappingFields,
  answeredAt?: PacketRef,
): void {
  const { protocol, externalPort, internalPort, internalClient, transport, outcome } = fields;
  const key = [protocol, externalPort, internalPort, internalClient, transport, outcome].join(' ');
  const record = into.note('port_mapping', parties, at, key, () => fields);
  if (record && answeredAt && answeredAt !== at) addProof(record, answeredAt);
}
