/**
 * What the verdicts say of a standard, provision by provision, and what they cannot say: "not assessed" with the
 * reason is part of the answer. A provision fails if any device fails any of its controls; it passes only if every
 * device passes, and a device passes only where nothing that was seen stayed undecided.
 */
import type { Control } from '../control.ts';
import type { Verdict } from '../evaluate.ts';
import type { Coverage } from '../report/model.ts';
import type { Means, Provision, Standard } from './standard.ts';

type Row = Coverage['provisions'][number];
type Result = Row['result'];
/** Devices by what the controls of a provision say of them. */
export type DeviceCounts = Row['devices'];

export function coverage(
  standard: Standard,
  controls: readonly Control[],
  verdicts: readonly Verdict[],
): Coverage {
  return coverageBy(standard, controls, (deciding) =>
    countDevices(verdicts.filter(({ control }) => deciding.includes(control))),
  );
}

/** @param count - devices by what the controls that decide a provision say of them. */
export function coverageBy(
  standard: Standard,
  controls: readonly Control[],
  count: (deciding: readonly Control[], provision: string) => DeviceCounts,
): Coverage {
  const provisions = standard.provisions.map((provision): Row => {
    const deciding = controls.filter(({ provisions: served }) =>
      served[standard.id]?.includes(provision.id),
    );
    const devices = count(deciding, provision.id);
    const result = deciding.length === 0 ? 'not_assessed' : resultOf(devices);
    return {
      id: provision.id,
      gist: provision.gist,
      status: provision.status,
      condition: provision.condition ?? null,
      how: [...provision.how],
      result,
      controls: deciding.map(({ id }) => id),
      devices,
      reason: reasonOf(result, provision, devices),
    };
  });
  const countOf = (wanted: Result) => provisions.filter(({ result }) => result === wanted).length;
  return {
    standard: standard.id,
    title: standard.title,
    edition: standard.edition,
    counts: {
      pass: countOf('pass'),
      fail: countOf('fail'),
      partly: countOf('partly'),
      notSeen: countOf('not_seen'),
      notVisible: countOf('not_visible'),
      notAssessed: countOf('not_assessed'),
    },
    provisions,
  };
}

/** Why traffic alone does not decide a provision, in words for people. */
export function needs(how: readonly Means[]): string {
  const others = how.filter((way) => way !== 'traffic').map((way) => NEEDS[way]);
  const list = others.join(' or ');
  if (!how.includes('traffic')) return `needs ${list}`;
  return list === ''
    ? 'could be seen in traffic, but no control looks for it yet'
    : `needs ${list}; no control looks for it in traffic yet`;
}

const NEEDS: Readonly<Record<Exclude<Means, 'traffic'>, string>> = {
  probe: 'an active probe',
  firmware: 'the firmware or its SBOM',
  inventory: 'records of enrolment and updates',
  declaration: 'a declaration by the maker',
};

/** Verdicts of a provision's controls, rolled up over the controls for each device. */
function countDevices(verdicts: readonly Verdict[]): DeviceCounts {
  const byDevice = new Map<string, Set<Verdict['verdict']>>();
  for (const { device, verdict } of verdicts) {
    const said = byDevice.get(device.id);
    if (said) said.add(verdict);
    else byDevice.set(device.id, new Set([verdict]));
  }
  const devices = { pass: 0, fail: 0, notSeen: 0, notVisible: 0 };
  for (const said of byDevice.values()) {
    if (said.has('fail')) devices.fail++;
    else if (said.has('not_visible')) devices.notVisible++;
    else if (said.has('pass')) devices.pass++;
    else devices.notSeen++;
  }
  return devices;
}

function resultOf({ pass, fail, notSeen, notVisible }: DeviceCounts): Result {
  if (fail > 0) return 'fail';
  if (pass > 0) return notSeen + notVisible === 0 ? 'pass' : 'partly';
  return notVisible > 0 ? 'not_visible' : 'not_seen';
}

function reasonOf(result: Result, { how }: Provision, devices: DeviceCounts): string | null {
  switch (result) {
    case 'pass':
    case 'fail':
      return null;
    case 'partly':
      return `passed on ${devices.pass} of ${devices.pass + devices.notSeen + devices.notVisible} devices; undecided on the others`;
    case 'not_visible':
      return 'seen, but what decides it was encrypted, cut or seen from one side';
    case 'not_seen':
      return 'traffic can decide it, but too little of it was in view';
    case 'not_assessed':
      return needs(how);
  }
}
