/**
 * The contract of an observer: it folds the events of one protocol into observations (request and answer into an
 * exchange, CONNECT and CONNACK into a session), and knows nothing of bytes.
 */
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';

export interface Observer {
  /** The values of event.protocol it follows. */
  readonly protocols: readonly string[];
  /** Takes one event. State of a flow lives in `flow.session`, which belongs to the flow's one observer. */
  event(event: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations): void;
  /** The flow ended: writes what is still open. */
  close?(flow: Flow, at: PacketRef, into: Observations): void;
}
