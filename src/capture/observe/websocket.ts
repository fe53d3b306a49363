/**
 * What charging stations say of themselves when they start, by OCPP in WebSocket (OCPP 1.6, 6.3; OCPP 2.0.1,
 * BootNotificationRequest). What else WebSocket carries is observed by its own protocol, or told by its HTTP upgrade.
 */
import type { WebSocketEvent, WebSocketFrame } from '../decode/websocket.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import type { Observer } from './observer.ts';
import { senderAsServer } from './parties.ts';

/** OCPP-J, 4.1: a call is 2, its id, its action, and what it says. */
const CALL = 2;
const BOOT = 'BootNotification';

export const websocketObserver: Observer = {
  protocols: ['websocket'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as WebSocketEvent;
    if (event.event !== 'text') return;
    const text = (event as WebSocketFrame).payload_printable;
    const said = text?.includes(BOOT) ? bootOf(text) : undefined;
    if (!said) return;
    const station = recordOf(said.chargingStation) ?? said;
    noteIdentification(
      into,
      senderAsServer(flow, direction),
      at,
      'ocpp',
      {
        maker: textOf(station.vendorName ?? station.chargePointVendor),
        model: textOf(station.model ?? station.chargePointModel),
        version: textOf(station.firmwareVersion),
        serial: textOf(station.serialNumber ?? station.chargePointSerialNumber),
      },
      { device_type: 'charging station' },
    );
  },
};

function bootOf(text: string): Record<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(text);
    if (!Array.isArray(message) || message[0] !== CALL || message[2] !== BOOT) return undefined;
    return recordOf(message[3]);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
