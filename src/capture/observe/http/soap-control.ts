/**
 * Commands to a device over UPnP services of its maker's own (Belkin WeMo and the like), which know no sign-in. What
 * UPnP itself defines (media, port mapping) is left to others: it is open by that standard.
 */
import type { HttpRequestEvent } from '../../decode/http/events.ts';
import type { PacketRef } from '../../decoder.ts';
import { addProof, type Observations, type Parties } from '../../observations.ts';

/** `"urn:Belkin:service:basicevent:1#SetBinaryState"` */
const ACTION = /^"?urn:([\w.-]{1,64}):service:([\w-]{1,64}):\d+#(\w{1,64})"?$/i;
const STANDARD = /^(schemas-upnp-org|schemas-dmtf-org|dslforum-org|schemas-wifialliance-org)$/i;
const READS = /^(get|query|list|browse|check)/i;

/** @param status - of the device's answer; undefined when none was seen. */
export function noteSoapControl(
  { soap_action, authorization }: HttpRequestEvent,
  status: number | undefined,
  parties: Parties,
  at: PacketRef,
  answeredAt: PacketRef | undefined,
  into: Observations,
): void {
  const action = soap_action === undefined ? undefined : ACTION.exec(soap_action);
  if (!action || STANDARD.test(action[1])) return;
  const [, , service, method] = action;
  const operation = `${service}#${method}`;
  const effect = READS.test(method) ? 'read' : 'change';
  const protection = authorization === undefined ? 'none' : 'key';
  const outcome = status === undefined ? 'unknown' : status < 300 ? 'accepted' : 'refused';
  const key = ['upnp', operation, protection, outcome].join('\n');
  const record = into.note('local_control', parties, at, key, () => ({
    protocol: 'upnp',
    operation,
    effect,
    protection,
    outcome,
  }));
  if (record && answeredAt) addProof(record, answeredAt);
}
