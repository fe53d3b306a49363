/** Folds EtherNet/IP into who asks and commands whom by CIP, and what devices say of themselves. */

import { FILE, PARTIAL_TRANSFER, SUCCESS } from '../decode/enip/names.ts';
import type { CipMessage, EnipEvent, EnipMessage } from '../decode/enip.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

export const enipObserver: Observer = {
  protocols: ['enip', 'cip_io'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as EnipEvent;
    if (event.event === 'malformed' || event.protocol === 'cip_io') return;
    if ('identity' in event && event.identity)
      noteIdentity(event.identity, direction, flow, at, into);
    if (!('cip' in event) || !event.cip) {
      // The encapsulation itself refused what was sent.
      if (event.response && event.status !== 'success')
        (flow.session as Mastery | undefined)?.answer(
          event.id * SERVICES_MAX,
          undefined,
          false,
          at,
        );
      return;
    }
    flow.session ??= new Mastery(
      into,
      event.response ? senderAsServer(flow, direction) : senderAsClient(flow, direction),
      'cip',
    );
    exchange(flow.session as Mastery, event, event.cip, at);
  },
  close(flow) {
    (flow.session as Mastery | undefined)?.end();
  },
};

/** Services of one packet that are told apart. */
const SERVICES_MAX = 128;

function exchange(
  mastery: Mastery,
  { id, response }: EnipMessage,
  cip: CipMessage,
  at: PacketRef,
): void {
  const message = cip.embedded ?? cip;
  const parts = message.multiple ?? [message];
  for (const [i, part] of parts.slice(0, SERVICES_MAX).entries()) {
    const key = id * SERVICES_MAX + i;
    if (!response) mastery.request(key, undefined, commandOf(part), at);
    else mastery.answer(key, undefined, isAccepted(part), at);
  }
}

function isAccepted({ status_id }: CipMessage): boolean {
  return status_id === SUCCESS || status_id === PARTIAL_TRANSFER;
}

/** What a service does, whatever the class. */
const SERVICES: Readonly<Record<number, Command['effect']>> = {
  2: 'value',
  4: 'value',
  5: 'mode',
  6: 'mode',
  7: 'mode',
  8: 'program',
  9: 'program',
  13: 'value',
  16: 'value',
  21: 'program',
  22: 'program',
  25: 'value',
  26: 'value',
  27: 'value',
  77: 'value',
  78: 'value',
  83: 'value',
};
/** Above it, services are a class's own: those in the list above write tags, which are addressed by symbols. */
const OWN_SERVICES_MIN = 0x4b;
const SYMBOLS = 0x6b;
const CONNECTIONS = new Set([0x05, 0x06]);
/** Clocks: setting them is routine. */
const CLOCKS = new Set([0x43, 0x8b]);
/** Programs, templates, routines and tasks of Logix controllers. */
const PROGRAMS = new Set([0x68, 0x6c, 0x6d, 0x70]);
const FILE_WRITES = new Set([0x4c, 0x4e, 0x50, 0x51]);

function commandOf({ service, service_id, path = [], pccc }: CipMessage): Command | undefined {
  if (pccc) return pcccCommand(pccc);
  const segment = path.findLast(({ segment_type }) => segment_type === 'class');
  const classId = segment && Number(segment.value);
  if (classId === FILE && FILE_WRITES.has(service_id))
    return { operation: operationOf(service), effect: 'program' };
  if (classId !== undefined && (CONNECTIONS.has(classId) || CLOCKS.has(classId))) return undefined;
  const effect = SERVICES[service_id];
  if (effect === undefined) return undefined;
  if (service_id >= OWN_SERVICES_MIN && classId !== undefined && classId !== SYMBOLS)
    return undefined;
  const program = classId !== undefined && PROGRAMS.has(classId) && effect === 'value';
  return { operation: operationOf(service), effect: program ? 'program' : effect };
}

function operationOf(service: string): string {
  return service.toLowerCase().replaceAll(/\W+/g, '_');
}

/** By function of command 0x0f (Allen-Bradley, DF1 Protocol and Command Set, 7). */
const PCCC_FUNCTIONS: Readonly<Record<number, Command>> = {
  0: { operation: 'pccc_word_range_write', effect: 'value' },
  38: { operation: 'pccc_read_modify_write', effect: 'value' },
  58: { operation: 'pccc_set_cpu_mode', effect: 'mode' },
  80: { operation: 'pccc_download_all_request', effect: 'program' },
  82: { operation: 'pccc_download_completed', effect: 'program' },
  87: { operation: 'pccc_initialize_memory', effect: 'program' },
  103: { operation: 'pccc_typed_write', effect: 'value' },
  128: { operation: 'pccc_change_mode', effect: 'mode' },
  169: { operation: 'pccc_protected_typed_logical_write', effect: 'value' },
  170: { operation: 'pccc_protected_typed_logical_write', effect: 'value' },
  171: { operation: 'pccc_protected_typed_logical_write', effect: 'value' },
};
/** Commands without a function. */
const PCCC_COMMANDS: Readonly<Record<number, Command>> = {
  0: { operation: 'pccc_protected_write', effect: 'value' },
  2: { operation: 'pccc_protected_bit_write', effect: 'value' },
  5: { operation: 'pccc_unprotected_bit_write', effect: 'value' },
  8: { operation: 'pccc_unprotected_write', effect: 'value' },
};

function pcccCommand({
  command,
  function: code,
}: NonNullable<CipMessage['pccc']>): Command | undefined {
  return command === 0x0f && code !== undefined ? PCCC_FUNCTIONS[code] : PCCC_COMMANDS[command];
}

function noteIdentity(
  said: NonNullable<Extract<EnipMessage, { identity?: unknown }>['identity']>,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const isKnown = (name: string): boolean => !name.startsWith('unknown-');
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    'enip',
    {
      maker: isKnown(said.vendor_id) ? said.vendor_id : undefined,
      model: said.product_name,
      version: said.revision,
      serial: said.serial === 0 ? undefined : said.serial.toString(16).padStart(8, '0'),
    },
    {
      device_type: isKnown(said.device_type) ? said.device_type : undefined,
      'cip vendor': isKnown(said.vendor_id) ? undefined : said.vendor_id,
    },
  );
}
