/** Folds Modbus requests and responses into polling, control writes and what servers say of themselves. */

import { UMAS_ERROR } from '../decode/modbus/umas.ts';
import type { ModbusEvent, ModbusRequest, ModbusResponse } from '../decode/modbus.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { type Command, Mastery } from './mastery.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Exception: the server has taken the request, and needs time for it. */
const ACKNOWLEDGE = 5;

export const modbusObserver: Observer = {
  protocols: ['modbus'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as ModbusEvent;
    if (event.event === 'malformed') return;
    const isRequest = event.event === 'request';
    flow.session ??= new Mastery(
      into,
      isRequest ? senderAsClient(flow, direction) : senderAsServer(flow, direction),
      'modbus',
    );
    const mastery = flow.session as Mastery;
    if (isRequest) mastery.request(event.id, event.unit_id, commandOf(event), at);
    else {
      mastery.answer(event.id, event.unit_id, isAccepted(event), at);
      if (event.device_identification || event.server_id !== undefined)
        noteAnswer(event, direction, flow, at, into);
    }
  },
  close(flow) {
    (flow.session as Mastery | undefined)?.end();
  },
};

const value = (operation: string): Command => ({ operation, effect: 'value' });
const program = (operation: string): Command => ({ operation, effect: 'program' });
const mode = (operation: string): Command => ({ operation, effect: 'mode' });

/** By function code. */
const COMMANDS = new Map<number, Command>([
  [5, value('write_single_coil')],
  [6, value('write_single_register')],
  [9, program('program_484')],
  [13, program('program_controller')],
  [15, value('write_multiple_coils')],
  [16, value('write_multiple_registers')],
  [18, program('program_884')],
  [21, value('write_file_record')],
  [22, value('mask_write_register')],
  [23, value('read_write_multiple_registers')],
]);
/** Sub-functions of Diagnostics that keep a server from answering. */
const DIAGNOSTICS = new Map<number, Command>([
  [1, mode('restart_communications')],
  [4, mode('force_listen_only_mode')],
]);
const UMAS = new Map<string, Command>([
  ['write_variables', value('umas_write_variables')],
  ['write_coils_registers', value('umas_write_coils_registers')],
  ['write_io_object', value('umas_write_io_object')],
  ['initialize_upload', program('umas_initialize_upload')],
  ['upload_block', program('umas_upload_block')],
  ['end_strategy_upload', program('umas_end_strategy_upload')],
  ['start_plc', mode('umas_start_plc')],
  ['stop_plc', mode('umas_stop_plc')],
]);

function commandOf({ function_raw, diagnostic, umas }: ModbusRequest): Command | undefined {
  if (diagnostic) return DIAGNOSTICS.get(diagnostic.raw);
  if (umas) return UMAS.get(umas.name ?? '');
  return COMMANDS.get(function_raw);
}

function isAccepted({ exception, umas }: ModbusResponse): boolean {
  if (exception) return exception.raw === ACKNOWLEDGE;
  return umas?.function !== UMAS_ERROR;
}

function noteAnswer(
  { device_identification: said, server_id }: ModbusResponse,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    'modbus',
    {
      maker: said?.vendor_name,
      model: said?.product_name ?? said?.model_name ?? said?.product_code,
      version: said?.major_minor_revision,
      name: said?.user_application_name,
    },
    { 'modbus product code': said?.product_code, 'modbus server id': server_id },
  );
}
