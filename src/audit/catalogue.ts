/** The catalogue of controls for people: the list, one control explained, and what a standard asks that traffic decides. */
import type { Control, Floor, Severity, StandardId } from './control.ts';
import { controls } from './controls/index.ts';
import { DEFAULT_FLOOR } from './evaluate.ts';
import { needs } from './standards/coverage.ts';
import { type Provision, type Standard, standardById } from './standards/index.ts';

export interface ControlEntry {
  readonly id: string;
  readonly practice: string;
  readonly severity: Severity;
  readonly title: string;
  /** Provisions by standard; of the asked one alone where one was asked for. */
  readonly provisions: Readonly<Record<string, readonly string[]>>;
}

export interface ControlDescription extends ControlEntry {
  readonly why: string;
  readonly fix: string;
  /** What a pass needs; either suffices. */
  readonly floor: Floor;
  /** Marks of devices that it does not judge. */
  readonly exempt: readonly string[];
  /** Thresholds with their defaults, as expectations.yaml may set them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly serves: readonly {
    readonly standard: StandardId;
    readonly title: string;
    readonly id: string;
    readonly gist: string;
  }[];
}

export interface ProvisionEntry extends Provision {
  /** Controls that judge it from traffic. */
  readonly controls: readonly string[];
  /** Why traffic does not decide it; undefined where a control does. */
  readonly reason: string | undefined;
}

/** In the order of the catalogue. @param standard - only the controls that serve it. */
export function listControls(standard?: StandardId): ControlEntry[] {
  const wanted = standard
    ? controls.filter(({ provisions }) => provisions[standard]?.length)
    : controls;
  return wanted.map((control) => entryOf(control, standard));
}

/** By its id, whatever the case. */
export const findControl = (id: string): Control | undefined =>
  controls.find((control) => control.id === id.trim().toUpperCase());

export function describeControl(control: Control): ControlDescription {
  const { floor } = control;
  return {
    ...entryOf(control),
    why: control.why,
    fix: control.fix,
    floor: floor.sessions === undefined && floor.hours === undefined ? DEFAULT_FLOOR : floor,
    exempt: control.exempt ?? [],
    parameters: { ...control.parameters },
    serves: Object.entries(control.provisions).flatMap(([key, ids]) => {
      const standard = standardById(key as StandardId);
      return standard ? ids.flatMap((id) => gistOf(standard, id)) : [];
    }),
  };
}

/** What a standard asks, and which of it traffic decides. */
export function listProvisions(standard: Standard): ProvisionEntry[] {
  return standard.provisions.map((provision) => {
    const deciding = controls
      .filter(({ provisions }) => provisions[standard.id]?.includes(provision.id))
      .map(({ id }) => id);
    const reason = deciding.length > 0 ? undefined : needs(provision.how);
    return { ...provision, controls: deciding, reason };
  });
}

function entryOf(control: Control, standard?: StandardId): ControlEntry {
  const { id, practice, severity, title, provisions } = control;
  const shown = standard ? { [standard]: provisions[standard] ?? [] } : { ...provisions };
  return { id, practice, severity, title, provisions: shown };
}

function gistOf(standard: Standard, id: string): ControlDescription['serves'][number][] {
  const provision = standard.provisions.find((known) => known.id === id);
  if (!provision) return [];
  const title = `${standard.title} ${standard.edition}`;
  return [{ standard: standard.id, title, id, gist: provision.gist }];
}
