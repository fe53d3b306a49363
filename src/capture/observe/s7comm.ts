/** Folds S7 communication into who programs and polls whom, sign-ins, and what controllers say of themselves. */
import type { S7Ack, S7Event, S7Identification, S7Job, S7UserData } from '../decode/s7comm.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { noteLogin } from './login.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

interface Session {
  readonly mastery: Mastery;
  readonly master: Direction;
  /** A password was sent, and the answer did not come yet. */
  signIn: { readonly event: S7UserData; readonly at: PacketRef } | undefined;
}

export const s7commObserver: Observer = {
  protocols: ['s7comm', 's7comm_plus'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as S7Event;
    if (event.event === 'malformed') return;
    flow.session ??= sessionOf(event, direction, flow, into);
    const session = flow.session as Session | undefined;
    if (!session) return;
    const isMaster = direction === session.master;
    const { mastery } = session;
    switch (event.event) {
      case 'job':
        // Of a download the controller asks for the blocks.
        if (isMaster) mastery.request(event.pdu_reference, undefined, commandOf(event), at);
        break;
      case 'ack':
      case 'ack_data':
        if (!isMaster) mastery.answer(event.pdu_reference, undefined, isAccepted(event), at);
        break;
      case 'userdata':
        userData(event, isMaster, session, direction, flow, at, into);
        break;
      case 'request':
        if (isMaster) mastery.request(0, undefined, undefined, at);
        break;
      case 'response':
        mastery.unasked(undefined, at);
        if (event.order_number !== undefined)
          noteController(event, direction, flow, at, into, 's7comm_plus');
        break;
    }
  },
  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    session?.mastery.end();
    if (session) endSignIn(session, flow, 'unknown', into);
  },
};

/** Who connects or asks is master; undefined as long as nothing tells. */
function sessionOf(
  event: Exclude<S7Event, { event: 'malformed' }>,
  direction: Direction,
  flow: Flow,
  into: Observations,
): Session | undefined {
  const asks = asksFor(event);
  if (asks === undefined) return undefined;
  const other = direction === 0 ? 1 : 0;
  const parties = asks ? senderAsClient(flow, direction) : senderAsServer(flow, direction);
  return {
    mastery: new Mastery(into, parties, event.protocol),
    master: asks ? direction : other,
    signIn: undefined,
  };
}

const ASKED_BY_CONTROLLER = new Set(['download_block', 'download_ended']);

function asksFor(event: Exclude<S7Event, { event: 'malformed' }>): boolean | undefined {
  switch (event.event) {
    case 'connect_request':
    case 'request':
      return true;
    case 'connect_confirm':
    case 'response':
    case 'notification':
      return false;
    case 'job':
      return !ASKED_BY_CONTROLLER.has(event.function ?? '');
    case 'ack_data':
      return ASKED_BY_CONTROLLER.has(event.function ?? '');
    case 'userdata':
      return event.type === 'request';
    default:
      return undefined;
  }
}

const COMMANDS: Readonly<Record<string, Command['effect']>> = {
  write_var: 'value',
  request_download: 'program',
  plc_stop: 'mode',
};
/** Services of plc_control: `P_PROGRAM` starts, the others are about blocks and memory. */
const START = 'P_PROGRAM';

function commandOf({ function: name = '', pi_service = '' }: S7Job): Command | undefined {
  if (name === 'plc_control') {
    const starts = pi_service === START;
    const operation = starts ? 'plc_start' : `plc_control${pi_service.toLowerCase()}`.slice(0, 40);
    return { operation, effect: starts ? 'mode' : 'program' };
  }
  const effect = COMMANDS[name];
  return effect && { operation: name, effect };
}

const SUCCESS = 0xff;

function isAccepted({ error_class, function: name, return_codes = [] }: S7Ack): boolean {
  if (error_class !== 0) return false;
  return name !== 'write_var' || return_codes.every((code) => code === SUCCESS);
}

/** Programmer commands that change what runs. */
const PROGRAMMER_COMMANDS = 1;
const ERASE = 0x0c;
const FORCE = 0x10;

function userData(
  event: S7UserData,
  isMaster: boolean,
  session: Session,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const { mastery } = session;
  const { pdu_reference, function_group_id, subfunction } = event;
  if (event.type === 'push') {
    mastery.unasked(undefined, at);
    return;
  }
  if (isMaster) {
    const programs = function_group_id === PROGRAMMER_COMMANDS;
    const command: Command | undefined =
      programs && subfunction === ERASE
        ? { operation: 'erase', effect: 'program' }
        : programs && subfunction === FORCE
          ? { operation: 'force', effect: 'value' }
          : undefined;
    mastery.request(pdu_reference, undefined, command, at);
    if (event.password) session.signIn = { event, at };
    return;
  }
  const accepted = (event.error_code ?? 0) === 0;
  mastery.answer(pdu_reference, undefined, accepted, at);
  if (session.signIn?.event.pdu_reference === pdu_reference)
    endSignIn(session, flow, accepted ? 'accepted' : 'refused', into);
  if (event.identification) noteIdentity(event.identification, direction, flow, at, into);
}

function endSignIn(
  session: Session,
  flow: Flow,
  outcome: 'accepted' | 'refused' | 'unknown',
  into: Observations,
): void {
  const { signIn } = session;
  if (!signIn?.event.password) return;
  session.signIn = undefined;
  noteLogin(into, senderAsClient(flow, session.master), signIn.at, {
    protocol: 's7comm',
    method: 'password',
    user: undefined,
    secret: signIn.event.password,
    outcome,
    target: undefined,
  });
}

function noteIdentity(
  said: S7Identification,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    's7comm',
    {
      maker: said.copyright?.includes('Siemens') ? 'Siemens' : undefined,
      model: said.module_type ?? said.order_number,
      version: said.firmware_version,
      serial: said.serial_number,
      name: said.system_name,
    },
    {
      's7 order number': said.order_number,
      's7 module name': said.module_name,
      's7 plant': said.plant_identification,
      'hardware version': said.hardware_version,
      location: said.location,
    },
  );
}

function noteController(
  { order_number, firmware_version }: { order_number?: string; firmware_version?: string },
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
  protocol: string,
): void {
  const said = { maker: 'Siemens', model: order_number, version: firmware_version };
  noteIdentification(into, senderAsServer(flow, direction), at, protocol, said);
}
