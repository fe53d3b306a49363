/** Who asks whom for files by TFTP, whether it gets them, and the files that travelled. */
import { type TftpEvent, type TftpTransferEvent, TRANSFER } from '../decode/tftp/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observation, type Observations, type Parties } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

/** Of a transfer: its request. */
interface Session {
  readonly parties: Parties;
  readonly record: Observation<'tftp'> | undefined;
}

export const tftpObserver: Observer = {
  protocols: ['tftp'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as TftpEvent;
    if (event.event === 'malformed') return;
    if (event.event === 'read_request' || event.event === 'write_request') {
      const { operation, file, mode } = event;
      const parties = senderAsClient(flow, direction);
      const record = into.note('tftp', parties, at, [operation, file, mode].join('\n'), () => ({
        operation,
        file,
        mode,
        outcome: 'unanswered',
        error: undefined,
      }));
      event[TRANSFER].session = { parties, record } satisfies Session;
      return;
    }
    const session = event[TRANSFER]?.session as Session | undefined;
    if (event.event === 'transfer') noteTransfer(event, session, flow, at, into);
    const record = session?.record;
    if (!record) return;
    addProof(record, at);
    if (event.event !== 'error') record.outcome = 'answered';
    else if (record.outcome === 'unanswered') {
      record.outcome = 'refused';
      record.error = event.error_code;
    }
  },
};

/** In the record client and server are those of the request, whose server may have been asked by broadcast. */
function noteTransfer(
  event: TftpTransferEvent,
  session: Session | undefined,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  if (!session || event.length === 0) return;
  const { file: name, operation, length, magic } = event;
  const { client } = session.parties;
  const server = flow.client === client ? flow.server : flow.client;
  const parties = { ...session.parties, server, multicast: false };
  const key = `${name}\n${magic ?? ''}\n${operation}`;
  const record = into.note('transfer', parties, at, key, () => ({
    protocol: 'tftp',
    name,
    toClient: operation === 'read',
    bytes: length,
    contentType: undefined,
    magic,
  }));
  if (record && length > record.bytes) record.bytes = length;
}
