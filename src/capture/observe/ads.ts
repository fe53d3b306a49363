/** Folds ADS requests and responses into polling, control writes and what controllers say of themselves. */
import type { AdsEvent } from '../decode/ads.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** What `read_write` does depends on the variable: it calls methods, and resolves names, so it changes nothing here. */
const EFFECTS: Readonly<Record<string, Command['effect']>> = {
  write: 'value',
  write_control: 'mode',
};

export const adsObserver: Observer = {
  protocols: ['ads'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as AdsEvent;
    // The controller sends notifications as requests of its own.
    if (event.command === 'notification') return;
    const asks = event.event === 'request';
    flow.session ??= new Mastery(
      into,
      asks ? senderAsClient(flow, direction) : senderAsServer(flow, direction),
      'ads',
    );
    const mastery = flow.session as Mastery;
    if (asks) {
      const effect = EFFECTS[event.command];
      const command = effect && { operation: event.command, effect };
      mastery.request(event.invoke_id, undefined, command, at);
      return;
    }
    mastery.answer(event.invoke_id, undefined, event.error === 0, at);
    const { device, version } = event;
    if (device === undefined) return;
    const parties = senderAsServer(flow, direction);
    noteIdentification(into, parties, at, 'ads', { maker: 'Beckhoff', model: device, version });
  },
  close(flow) {
    (flow.session as Mastery | undefined)?.end();
  },
};
