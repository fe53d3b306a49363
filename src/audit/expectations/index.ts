/** What the operator expects of the network (expectations.yaml): which devices, which thresholds, what is accepted. */
import type { Device, ExpectedDevice, InventoryExpectations } from '../../fleet/index.ts';
import { allowList, wildcard } from '../allow-list.ts';
import type { Control } from '../control.ts';
import { controls } from '../controls/index.ts';
import type { Acceptance, Judging } from '../evaluate.ts';
import { parseExpectations, readExpectationsText } from './parse.ts';
import type { ExpectationsFile } from './schema.ts';

/** What the inventory and the audit ask of the operator's expectations. */
export interface Expectations extends InventoryExpectations, Judging {}

/** @throws InputError, with file, line and column and what was expected there, when the file is wrong. */
export function readExpectations(path: string): Expectations {
  return expectationsOf(parseExpectations(readExpectationsText(path), path, controls));
}

/** @throws InputError as `readExpectations`. */
export function expectationsFrom(
  source: string,
  file: string,
  catalogue: readonly Control[] = controls,
): Expectations {
  return expectationsOf(parseExpectations(source, file, catalogue));
}

type Found = Parameters<InventoryExpectations['deviceFor']>[0];

function expectationsOf(file: ExpectationsFile): Expectations {
  const segments = (file.segments ?? []).map((segment) => ({
    ...segment,
    holds: allowList(segment.prefixes),
  }));
  const segmentOf = (address: string): string | undefined =>
    segments.find(({ holds }) => holds(address))?.name;
  const entries = [
    ...(file.devices ?? []).map((entry) => ({ entry, fits: matcher(entry.match, segmentOf) })),
    ...marked(file.scanners, 'scanner'),
    ...marked(file.masters, 'master'),
  ];
  const accepted = (file.accepted ?? []).map((entry) => ({ entry, fits: namedAs(entry.device) }));
  const parameters = parametersByControl(file);
  return {
    segmentOf,
    deviceFor(found) {
      const matching = entries.filter(({ fits }) => fits(found)).map(({ entry }) => entry);
      return matching.length > 0 ? merged(matching) : undefined;
    },
    parametersOf: (controlId) => parameters.get(controlId),
    acceptanceOf(controlId, device) {
      const found = foundAs(device);
      return accepted
        .filter(({ entry, fits }) => entry.control === controlId && fits(found))
        .map(({ entry: { reason, owner, expires } }): Acceptance => ({ reason, owner, expires }))
        .reduce<Acceptance | undefined>(
          (best, next) => (best && best.expires >= next.expires ? best : next),
          undefined,
        );
    },
  };
}

/** Devices that a list names have its mark. */
function marked(list: readonly string[] = [], mark: string) {
  return list.map((text) => ({ entry: { marks: [mark] }, fits: namedAs(text) }));
}

type DeviceEntry = Omit<NonNullable<ExpectationsFile['devices']>[number], 'match'>;

/** Where several entries describe a device, the first one to say a thing holds; marks add up. */
function merged(entries: readonly DeviceEntry[]): ExpectedDevice {
  const first = <K extends 'name' | 'type' | 'segment' | 'lifeUntil'>(key: K) =>
    entries.find((entry) => entry[key] !== undefined)?.[key];
  return {
    name: first('name'),
    type: first('type'),
    segment: first('segment'),
    lifeUntil: first('lifeUntil'),
    marks: [...new Set(entries.flatMap(({ marks }) => marks ?? []))],
  };
}

type Match = NonNullable<ExpectationsFile['devices']>[number]['match'];

/** All that an entry names must fit. */
function matcher(match: Match, segmentOf: (address: string) => string | undefined) {
  const name = match.name === undefined ? undefined : wildcard(bare(match.name));
  const holds = match.address === undefined ? undefined : allowList([match.address]);
  return ({ mac, addresses, names }: Found): boolean =>
    (match.mac === undefined || match.mac === mac) &&
    (name === undefined || names.some((known) => name.test(bare(known)))) &&
    (holds === undefined || addresses.some((address) => holds(address))) &&
    (match.segment === undefined ||
      addresses.some((address) => segmentOf(address) === match.segment));
}

/** A device by its id (`mac:…`, `ip:…`), MAC, address or prefix, or name; `*` in a MAC or name stands for anything. */
function namedAs(text: string): (found: Found) => boolean {
  const subject = text.trim().replace(/^(mac|ip):/i, '');
  const pattern = wildcard(bare(subject));
  const mac = wildcard(subject.replaceAll('-', ':'));
  const holds = allowList([subject]);
  return (found) =>
    (found.mac !== undefined && mac.test(found.mac)) ||
    found.addresses.some((address) => holds(address) || pattern.test(address)) ||
    found.names.some((name) => pattern.test(bare(name)));
}

const foundAs = (device: Device): Found => ({
  mac: device.mac,
  addresses: device.addresses,
  names: device.names.map(({ name }) => name),
});

/** `Camera.local.` and `camera` are one name. */
const bare = (name: string): string => name.replace(/\.$/, '').replace(/\.local$/i, '');

/** Thresholds by control, with what the other sections say to particular controls. */
function parametersByControl(file: ExpectationsFile): Map<string, object> {
  const ipv4OnlySegments = (file.segments ?? [])
    .filter(({ policy }) => policy === 'ipv4-only')
    .map(({ name }) => name);
  const marks = (file.devices ?? []).flatMap((entry) => entry.marks ?? []);
  const implied: Readonly<Record<string, object>> = {
    'SG-12': { ...(file.policy ? { policy: file.policy } : {}), ipv4OnlySegments },
    'SG-13': { allowed: file.resolvers ?? [] },
    'MO-08': {
      allowed: file.masters ?? [],
      listed: file.masters !== undefined || marks.includes('master'),
    },
    'MO-12': { allowed: file.timeServers ?? [] },
  };
  const parameters = new Map(Object.entries(implied));
  for (const [id, values] of Object.entries(file.thresholds ?? {})) {
    parameters.set(id, { ...parameters.get(id), ...values });
  }
  return parameters;
}
