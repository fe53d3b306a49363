/**
 * What an HTTP/1.1 connection was upgraded to (RFC 9110, 7.8), for the protocol that takes it over: WebSocket by what
 * was agreed on, HTTP/2 by the request that its first stream answers.
 */
import type { Flow } from '../../decoder.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from './events.ts';

export interface Upgrade {
  readonly answer: HttpResponseEvent;
  readonly request: HttpRequestEvent | undefined;
}

const upgrades = new WeakMap<Flow, Upgrade>();

/** The server answered 101, and both sides go on in another protocol. */
export function noteUpgrade(flow: Flow, answer: HttpResponseEvent): void {
  upgrades.set(flow, { answer, request: answer[BEHIND].request });
}

export function upgradeOf(flow: Flow): Upgrade | undefined {
  return upgrades.get(flow);
}
