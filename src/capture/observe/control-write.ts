/**
 * Notes a control write, whatever the protocol: alike ones (same master, outstation, operation and outcome) are
 * counted together.
 */
import type { PacketRef } from '../decoder.ts';
import {
  addProof,
  type ControlWriteFields,
  type Observation,
  type Observations,
  type Parties,
} from '../observations.ts';

/**
 * @param parties - with the master as client, the outstation as server.
 * @param at - the packet of the command.
 * @param answer - the packet that accepted or refused it.
 * @returns the record, or undefined when there are too many different ones.
 */
export function noteControlWrite(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  write: ControlWriteFields,
  answer?: PacketRef,
): Observation<'control_write'> | undefined {
  const { protocol, operation, station, outcome } = write;
  const key = [protocol, operation, outcome, station ?? ''].join('\n');
  const record = into.note('control_write', parties, at, key, () => ({ ...write }));
  if (record && answer) addProof(record, answer);
  return record;
}
