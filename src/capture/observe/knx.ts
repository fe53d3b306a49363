/** What KNX devices say of themselves, and who reads and commands the bus through them. */
import type { KnxEvent, KnxFrame, KnxService } from '../decode/knx.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

const value = (operation: string): Command => ({ operation, effect: 'value' });
const program = (operation: string): Command => ({ operation, effect: 'program' });
const mode = (operation: string): Command => ({ operation, effect: 'mode' });
const COMMANDS = new Map<string, Command>(
  [
    value('group_value_write'),
    program('memory_write'),
    program('user_memory_write'),
    program('property_value_write'),
    program('function_property_command'),
    program('individual_address_write'),
    program('individual_address_serial_number_write'),
    program('domain_address_write'),
    program('key_write'),
    program('m_prop_write_req'),
    program('m_func_prop_command_req'),
    mode('restart'),
    mode('m_reset_req'),
    mode('remote_reset_request'),
    program('remote_basic_configuration_request'),
  ].map((command) => [command.operation, command]),
);
/** Makers by the number that KNX Association gave them, which begins a serial number. */
const MAKERS: Readonly<Record<string, string>> = {
  '0001': 'Siemens',
  '0002': 'ABB',
  '0004': 'Jung',
  '0005': 'Bticino',
  '0006': 'Berker',
  '0007': 'Busch-Jaeger',
  '0008': 'Gira',
  '0009': 'Hager',
  '000a': 'Insta',
  '000b': 'Legrand',
  '000c': 'Merten',
  '0083': 'MDT',
  '00c5': 'Weinzierl',
};
/** What only those offer that lead to a bus. */
const GATEWAY = /^(tunnelling|routing) /;
/** Requests that wait for an acknowledgement are told by channel and sequence; these have neither. */
const WITHOUT_SEQUENCE = 0x10000;

export const knxObserver: Observer = {
  protocols: ['knx'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as KnxEvent;
    if (event.event === 'malformed') return;
    const service = event as KnxService;
    if (service.device) identify(service, flow, direction, at, into);
    // What is routed goes to everybody, and is how devices of one bus talk.
    if (flow.multicast && service.event.startsWith('routing')) return;
    flow.session ??= [undefined, undefined];
    follow(service, flow.session as Masteries, flow, direction, at, into);
  },
  close(flow) {
    for (const mastery of (flow.session as Masteries | undefined) ?? []) mastery?.end();
  },
};

/** By the direction of requests. */
type Masteries = [Mastery | undefined, Mastery | undefined];

function follow(
  { event, channel = 0, sequence, status, frame }: KnxService,
  masteries: Masteries,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  const key = sequence === undefined ? WITHOUT_SEQUENCE : (channel << 8) | sequence;
  switch (event) {
    case 'tunnelling_request':
    case 'device_configuration_request':
    case 'remote_reset_request':
    case 'remote_basic_configuration_request': {
      // Indications and confirmations come from the bus.
      if (frame && !frame.message.endsWith('_req')) return;
      masteries[direction] ??= new Mastery(into, senderAsClient(flow, direction), 'knx');
      masteries[direction].request(key, undefined, commandOf(event, frame), at);
      break;
    }
    case 'tunnelling_ack':
    case 'device_configuration_ack':
      masteries[direction === 0 ? 1 : 0]?.answer(key, undefined, status === 'ok', at);
      break;
  }
}

function commandOf(event: string, frame: KnxFrame | undefined): Command | undefined {
  if (!frame) return COMMANDS.get(event);
  return COMMANDS.get(frame.service ?? '') ?? COMMANDS.get(frame.message);
}

function identify(
  { device, services }: KnxService,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  if (!device) return;
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    'knx',
    {
      maker: MAKERS[device.serial_number.slice(0, 4)],
      serial: /[1-9a-f]/.test(device.serial_number) ? device.serial_number : undefined,
      name: device.friendly_name,
    },
    {
      'knx individual address': device.individual_address,
      'knx services': services?.join(', '),
      device_type: services?.some((family) => GATEWAY.test(family))
        ? 'KNXnet/IP gateway'
        : undefined,
    },
  );
}
