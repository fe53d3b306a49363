/** Folds MMS into polling, control writes and what devices say of themselves. */
import type { MmsEvent } from '../decode/mms.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

const EFFECTS: Readonly<Record<string, Command['effect']>> = {
  write: 'value',
  initiate_download_sequence: 'program',
  delete_domain: 'program',
  create_program_invocation: 'program',
  delete_program_invocation: 'program',
  obtain_file: 'program',
  file_rename: 'program',
  file_delete: 'program',
  start: 'mode',
  stop: 'mode',
  resume: 'mode',
  reset: 'mode',
  kill: 'mode',
};
/** Functional constraints of IEC 61850 under which a client only asks for reports and logs. */
const REPORTING = /^[^$]+\$(BR|RP|LG|GO|GS|MS|US)(\$|$)/;

export const mmsObserver: Observer = {
  protocols: ['mms'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const { event, invoke_id, service, item, refused, vendor, model, revision } =
      appEvent as MmsEvent;
    const asks = event === 'confirmed_request';
    const answers = event === 'confirmed_response' || event === 'confirmed_error';
    if ((!asks && !answers) || invoke_id === undefined) return;
    flow.session ??= new Mastery(
      into,
      asks ? senderAsClient(flow, direction) : senderAsServer(flow, direction),
      'mms',
    );
    const mastery = flow.session as Mastery;
    if (asks) {
      const effect = service && EFFECTS[service];
      const reporting = service === 'write' && item !== undefined && REPORTING.test(item);
      const command = effect && !reporting ? { operation: service, effect } : undefined;
      mastery.request(invoke_id, undefined, command, at);
      return;
    }
    mastery.answer(invoke_id, undefined, event === 'confirmed_response' && !refused, at);
    const parties = senderAsServer(flow, direction);
    noteIdentification(into, parties, at, 'mms', { maker: vendor, model, version: revision });
  },
  close(flow) {
    (flow.session as Mastery | undefined)?.end();
  },
};
