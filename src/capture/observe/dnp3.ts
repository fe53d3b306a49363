/** Folds DNP3 requests and responses into polling, control writes and what outstations say of themselves. */
import type { Dnp3Event, Dnp3Object, Dnp3Request, Dnp3Response } from '../decode/dnp3.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

export const dnp3Observer: Observer = {
  protocols: ['dnp3'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as Dnp3Event;
    if (event.event === 'malformed') return;
    flow.session ??= new Mastery(
      into,
      event.control.dir ? senderAsClient(flow, direction) : senderAsServer(flow, direction),
      'dnp3',
    );
    const mastery = flow.session as Mastery;
    if (event.event === 'request') {
      // A confirmation asks nothing.
      if (event.application.function !== 'confirm')
        mastery.request(keyOf(event, event.dst, event.src), event.dst, commandOf(event), at);
    } else if (event.event === 'response') {
      mastery.answer(keyOf(event, event.src, event.dst), event.src, isAccepted(event), at);
      noteAttributes(event, direction, flow, at, into);
    } else if (event.event === 'unsolicited_response') mastery.unasked(event.src, at);
  },
  close(flow) {
    (flow.session as Mastery | undefined)?.end();
  },
};

function keyOf(
  { application }: Dnp3Request | Dnp3Response,
  outstation: number,
  master: number,
): number {
  return (master * 65_536 + outstation) * 16 + application.control.sequence;
}

const EFFECTS: Readonly<Record<string, Command['effect']>> = {
  select: 'value',
  operate: 'value',
  direct_operate: 'value',
  direct_operate_nr: 'value',
  cold_restart: 'mode',
  warm_restart: 'mode',
  initialize_data: 'mode',
  initialize_appl: 'mode',
  start_appl: 'mode',
  stop_appl: 'mode',
  save_config: 'program',
  activate_config: 'program',
  delete_file: 'program',
};
/** What every master writes: time, and the restart indication that it clears. */
const ROUTINE_GROUPS = new Set([50, 51, 80]);
const FILES = 70;
/** Variation of a file command; its mode 1 reads. */
const FILE_COMMAND = 3;
const MODE_READ = 1;

function commandOf({ application }: Dnp3Request): Command | undefined {
  const { function: operation, objects } = application;
  if (operation === undefined) return undefined;
  if (operation === 'write') {
    if (objects.every(({ group }) => ROUTINE_GROUPS.has(group))) return undefined;
    const file = objects.some(({ group }) => group === FILES);
    return { operation: file ? 'write_file' : operation, effect: file ? 'program' : 'value' };
  }
  if (operation === 'open_file') {
    return opensForWriting(objects) ? { operation, effect: 'program' } : undefined;
  }
  const effect = EFFECTS[operation];
  return effect && { operation, effect };
}

function opensForWriting(objects: readonly Dnp3Object[]): boolean {
  return objects.some(
    ({ group, variation, points }) =>
      group === FILES &&
      variation === FILE_COMMAND &&
      points?.some(({ operational_mode }) => Number(operational_mode) > MODE_READ),
  );
}

/** Function not supported, object unknown, parameter error, already executing. */
const REFUSALS = 0x0017;

/** No error is indicated, and every command that is repeated in the answer has status 0 (A.7, A.20, A.26). */
function isAccepted({ iin, application }: Dnp3Response): boolean {
  if ((iin.raw & REFUSALS) !== 0) return false;
  return application.objects.every(
    ({ points = [] }) =>
      !points.some(
        ({ status_code, control_status }) =>
          (status_code ?? 0) !== 0 || (control_status ?? 0) !== 0,
      ),
  );
}

/** Variations of device attributes (A.2). */
const ATTRIBUTES: Readonly<Record<number, 'maker' | 'model' | 'version' | 'serial' | 'name'>> = {
  252: 'maker',
  250: 'model',
  242: 'version',
  248: 'serial',
  247: 'name',
};
const MORE_ATTRIBUTES: Readonly<Record<number, string>> = {
  243: 'hardware version',
  245: 'location',
  246: 'dnp3 user-assigned id',
};

function noteAttributes(
  { application }: Dnp3Response,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  let said: Record<string, string> | undefined;
  const more: Record<string, string> = {};
  for (const { group, variation, points } of application.objects) {
    const value = points?.[0]?.value;
    if (group !== 0 || typeof value !== 'string') continue;
    said ??= {};
    const field = ATTRIBUTES[variation];
    const other = MORE_ATTRIBUTES[variation];
    if (field) said[field] = value;
    else if (other) more[other] = value;
  }
  if (said) noteIdentification(into, senderAsServer(flow, direction), at, 'dnp3', said, more);
}
