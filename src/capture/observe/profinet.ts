/** What PROFINET devices say of themselves, and who names, addresses, resets and writes to them. */
import type { DcpMessage, ProfinetEvent, ProfinetService } from '../decode/profinet.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Makers by the number that PROFIBUS & PROFINET International gave them. */
const MAKERS: Readonly<Record<number, string>> = { 42: 'Siemens', 176: 'Phoenix Contact' };
const RESETS = new Set(['factory_reset', 'reset_to_factory']);
/** It blinks. */
const HARMLESS = new Set(['signal', 'start', 'stop']);

export const profinetObserver: Observer = {
  protocols: ['profinet'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as ProfinetEvent;
    if (event.event === 'malformed') return;
    const message = event as DcpMessage & ProfinetService;
    const isResponse = event.event.endsWith('_response');
    if (isResponse || event.event === 'hello') identify(message, flow, direction, at, into);
    flow.session ??= [undefined, undefined];
    const masteries = flow.session as [Mastery | undefined, Mastery | undefined];
    const command = commandOf(message);
    const key = message.xid ?? message.sequence;
    if (isResponse) {
      const accepted = (message.errors?.length ?? 0) === 0 && (message.status ?? 0) === 0;
      masteries[direction === 0 ? 1 : 0]?.answer(key, undefined, accepted, at);
    } else if (command || isRead(event.event)) {
      masteries[direction] ??= new Mastery(into, senderAsClient(flow, direction), 'profinet');
      masteries[direction].request(key, undefined, command, at);
    }
  },
  close(flow) {
    for (const mastery of (flow.session as (Mastery | undefined)[] | undefined) ?? [])
      mastery?.end();
  },
};

const isRead = (event: string): boolean =>
  event === 'get_request' || event === 'read_request' || event === 'read_implicit_request';

function commandOf({ event, control }: DcpMessage): Command | undefined {
  if (event === 'write_request') return { operation: 'write', effect: 'program' };
  if (event !== 'set_request') return undefined;
  if (control === undefined) return { operation: 'dcp_set', effect: 'program' };
  if (RESETS.has(control)) return { operation: `dcp_${control}`, effect: 'mode' };
  return HARMLESS.has(control) ? undefined : { operation: 'dcp_set', effect: 'program' };
}

function identify(
  said: DcpMessage & ProfinetService,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  const { identification: own, vendor_id = own?.vendor_id } = said;
  const hex = (number: number | undefined): string | undefined =>
    number === undefined ? undefined : `0x${number.toString(16).padStart(4, '0')}`;
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    'profinet',
    {
      maker: vendor_id === undefined ? undefined : MAKERS[vendor_id],
      model: own?.order_id || said.type_of_station,
      version: own?.software_revision,
      serial: own?.serial_number,
      name: said.name_of_station,
    },
    {
      'profinet vendor id': hex(vendor_id),
      'profinet device id': hex(said.device_id),
      device_type: said.roles?.map((role) => `PROFINET ${role}`).join(', '),
    },
  );
}
