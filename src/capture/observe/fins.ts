/** Folds FINS commands and answers into polling, control writes and what controllers say of themselves. */
import type { FinsEvent } from '../decode/fins.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

const EFFECTS: Readonly<Record<string, Command['effect']>> = {
  memory_area_write: 'value',
  memory_area_fill: 'value',
  memory_area_transfer: 'value',
  forced_set_reset: 'value',
  forced_set_reset_cancel: 'value',
  parameter_area_write: 'program',
  parameter_area_clear: 'program',
  program_area_write: 'program',
  program_area_clear: 'program',
  single_file_write: 'program',
  memory_card_format: 'program',
  file_delete: 'program',
  run: 'mode',
  stop: 'mode',
  reset: 'mode',
  clock_write: 'mode',
};

export const finsObserver: Observer = {
  protocols: ['fins'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as FinsEvent;
    if (event.event === 'connect') return;
    const asks = event.event === 'command';
    flow.session ??= new Mastery(
      into,
      asks ? senderAsClient(flow, direction) : senderAsServer(flow, direction),
      'fins',
    );
    const mastery = flow.session as Mastery;
    const key = event.service_id ?? 0;
    if (asks) {
      const effect = EFFECTS[event.operation];
      const command = effect && { operation: event.operation, effect };
      mastery.request(key, undefined, command, at);
      return;
    }
    mastery.answer(key, undefined, event.end_code === 0, at);
    const { model, version } = event;
    if (model === undefined) return;
    const parties = senderAsServer(flow, direction);
    noteIdentification(into, parties, at, 'fins', { maker: 'Omron', model, version });
  },
  close(flow) {
    (flow.session as Mastery | undefined)?.end();
  },
};
