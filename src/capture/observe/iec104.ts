/** Folds IEC 60870-5-104 into who supervises whom, and which commands were confirmed, refused or not answered. */
import type { Asdu, Iec104Event } from '../decode/iec104.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

interface Session {
  readonly mastery: Mastery;
  readonly master: Direction;
}

export const iec104Observer: Observer = {
  protocols: ['iec104'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as Iec104Event;
    if (event.event === 'malformed') return;
    flow.session ??= sessionOf(event, direction, flow, into);
    const session = flow.session as Session | undefined;
    if (!session || event.event !== 'asdu') return;
    const { mastery, master } = session;
    const station = event.common_address;
    if (direction === master) mastery.request(keyOf(event), station, commandOf(event), at);
    else if (ANSWERS.has(event.cause_id))
      mastery.answer(keyOf(event), station, !isRefusal(event), at);
    else mastery.unasked(station, at);
  },
  close(flow) {
    (flow.session as Session | undefined)?.mastery.end();
  },
};

/** Monitored information comes from the outstation (types up to 44, and 70). */
const MONITORING_MAX = 44;
const END_OF_INITIALISATION = 70;
const ACTIVATION = 6;
const DEACTIVATION = 8;
/** Confirmations, and what is said instead of them; not the termination that follows. */
const ANSWERS = new Set([7, 9, 44, 45, 46, 47]);
const UNKNOWN_MIN = 44;

/** Undefined as long as nothing tells who is master: the side that asks for data, or that is sent some. */
function sessionOf(
  event: Exclude<Iec104Event, { event: 'malformed' }>,
  direction: Direction,
  flow: Flow,
  into: Observations,
): Session | undefined {
  const fromMaster = isFromMaster(event);
  if (fromMaster === undefined) return undefined;
  const parties = fromMaster ? senderAsClient(flow, direction) : senderAsServer(flow, direction);
  const other = direction === 0 ? 1 : 0;
  return { mastery: new Mastery(into, parties, 'iec104'), master: fromMaster ? direction : other };
}

function isFromMaster(event: Exclude<Iec104Event, { event: 'malformed' }>): boolean | undefined {
  if (event.event === 'startdt_act' || event.event === 'stopdt_act') return true;
  if (event.event === 'startdt_con' || event.event === 'stopdt_con') return false;
  if (event.event !== 'asdu') return undefined;
  const { type_id, cause_id } = event;
  if (type_id <= MONITORING_MAX || type_id === END_OF_INITIALISATION) return false;
  if (cause_id === ACTIVATION || cause_id === DEACTIVATION) return true;
  return ANSWERS.has(cause_id) ? false : undefined;
}

function keyOf({ common_address, type_id, objects }: Asdu): number {
  return (common_address * 256 + type_id) * 2 ** 24 + (objects[0]?.address ?? 0);
}

function isRefusal({ negative, cause_id }: Asdu): boolean {
  return negative || cause_id >= UNKNOWN_MIN;
}

const OPERATIONS: Readonly<Record<string, string>> = {
  SC: 'single_command',
  DC: 'double_command',
  RC: 'regulating_step_command',
  SE: 'set_point_command',
  BO: 'bitstring_command',
};
const FIRST_COMMAND = 45;
const LAST_COMMAND = 69;
const RESET_PROCESS = 105;
const FIRST_PARAMETER = 110;
const LAST_PARAMETER = 113;
const FILE_SEGMENT = 125;

/** Interrogation, reading, clocks and tests change nothing. */
function commandOf({ type_id, type, cause_id, objects }: Asdu): Command | undefined {
  if (type_id === FILE_SEGMENT) return { operation: 'file_segment', effect: 'program' };
  if (cause_id !== ACTIVATION && cause_id !== DEACTIVATION) return undefined;
  if (type_id === RESET_PROCESS) return { operation: 'reset_process', effect: 'mode' };
  if (type_id >= FIRST_PARAMETER && type_id <= LAST_PARAMETER)
    return { operation: 'parameter_activation', effect: 'value' };
  if (type_id < FIRST_COMMAND || type_id > LAST_COMMAND) return undefined;
  const operation = OPERATIONS[type?.slice(2, 4) ?? ''] ?? `type_${type_id}`;
  const select = objects[0]?.se === 1;
  return { operation: select ? `${operation}_select` : operation, effect: 'value' };
}
