/**
 * WiZ lamps’ local protocol: JSON objects over UDP with a method, its parameters or result, in clear and without
 * sign-in.
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { numberOf, objectOf, readObject, textOf } from './json-fields.ts';
import { asciiBytes, beginsWith, holds } from './match.ts';

export interface WizEvent extends AppEvent {
  readonly protocol: 'wiz';
  readonly event: 'request' | 'response' | 'error';
  /** `getPilot`, `setPilot`, `getSystemConfig`, `registration`, `syncPilot`, `firstBeat` … */
  readonly method: string;
  readonly id: number | undefined;
  readonly success: boolean | undefined;
  readonly error_code: number | undefined;
  readonly mac: string | undefined;
  readonly module_name: string | undefined;
  readonly fw_version: string | undefined;
  /** The lamp burns, or shall. */
  readonly state: boolean | undefined;
}

const protocol = 'wiz';
/** `{"` and the names with which a message may begin. */
const BEGINNINGS = ['{"method":"', '{"id":', '{"env":"pro"', '{"params":{', '{"result":{'].map(
  asciiBytes,
);
const METHOD = asciiBytes('"method":"');
const SEARCHED_BYTES = 400;

export const wizDecoder = datagramDecoder({
  protocol,
  ports: [38_899, 38_900],
  recognise(bytes, start, end, flow) {
    if (end - start < 16 || bytes[start] !== 0x7b || bytes[start + 1] !== 0x22) return false;
    if (bytes[end - 1] !== 0x7d) return false;
    if (!isPort(flow.serverPort) && !isPort(flow.clientPort)) return false;
    return beginsAsMessage(bytes, start, end) && holds(bytes, start, end, METHOD, SEARCHED_BYTES);
  },
  read(bytes, start, end): WizEvent | string {
    const message = readObject(bytes, start, end);
    const method = textOf(message?.method);
    if (!message || method === undefined) return 'not a message with a method';
    const result = objectOf(message.result);
    const error = objectOf(message.error);
    const fields = result ?? objectOf(message.params) ?? {};
    return {
      protocol,
      event: error ? 'error' : result ? 'response' : 'request',
      method,
      id: numberOf(message.id),
      success: flag(result?.success),
      error_code: numberOf(error?.code),
      mac: textOf(fields.mac),
      module_name: textOf(fields.moduleName),
      fw_version: textOf(fields.fwVersion),
      state: flag(fields.state),
    };
  },
});

function isPort(port: number): boolean {
  return port === 38_899 || port === 38_900;
}

function beginsAsMessage(bytes: Uint8Array, start: number, end: number): boolean {
  for (const text of BEGINNINGS) if (beginsWith(bytes, start, end, text)) return true;
  return false;
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
