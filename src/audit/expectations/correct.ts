/**
 * Puts a person's word on what a device is into expectations.yaml, and leaves everything else, comments too, as it is.
 * The entry goes first, since of all entries for a device the first to say a thing holds.
 */
import { existsSync } from 'node:fs';
import { isMap, isSeq, type Node, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { InputError } from '../../base/index.ts';
import { controls } from '../controls/index.ts';
import { parseExpectations, readExpectationsText } from './parse.ts';

/** "This is a …". */
export interface Correction {
  /** `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string;
  readonly type: string;
}

const NEW_FILE = '# What is expected of the network: docs/expectations.md.\nversion: 1\n';

/**
 * The file's text with the corrections in it; a new file's where there is none.
 * @throws InputError when the file is wrong, as it is or with a correction that does not fit it.
 */
export function correctedExpectations(path: string, corrections: readonly Correction[]): string {
  const source = existsSync(path) ? readExpectationsText(path) : NEW_FILE;
  // What is wrong before is not to be blamed on the correction.
  parseExpectations(source, path, controls);
  const document = parseDocument(source);
  let devices = document.get('devices', true) as Node | undefined;
  if (devices === undefined || !isSeq(devices) || devices.items.length === 0) {
    devices = document.createNode([]) as YAMLSeq;
    document.set('devices', devices);
  }
  if (!isSeq(devices))
    throw new InputError('expectations-wrong', `${path}: expected a list of devices`);
  devices.flow = false;
  for (const { mac, type } of corrections) correct(devices, mac, type, document);
  const text = document.toString({ lineWidth: 0 });
  parseExpectations(text, path, controls);
  return text;
}

function correct(
  devices: YAMLSeq,
  mac: string,
  type: string,
  document: ReturnType<typeof parseDocument>,
): void {
  const place = devices.items.findIndex((item) => isOf(item, mac));
  const entry =
    place < 0
      ? document.createNode({ match: { mac }, type })
      : (devices.items.splice(place, 1)[0] as YAMLMap);
  if (place >= 0) entry.set('type', type);
  devices.items.unshift(entry);
}

/** Whether an entry is of this MAC and of nothing else. */
function isOf(item: unknown, mac: string): boolean {
  if (!isMap(item)) return false;
  const match = item.get('match');
  if (!isMap(match) || match.items.length !== 1) return false;
  return String(match.get('mac')).trim().toLowerCase().replaceAll('-', ':') === mac;
}
