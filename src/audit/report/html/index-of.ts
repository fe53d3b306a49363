/** Where things are in the page: anchors and labels of devices, findings and controls, and what controls are called. */

import type { StandardId } from '../../control.ts';
import { controls } from '../../controls/index.ts';
import { standardById } from '../../standards/index.ts';
import { devicesById } from '../by-control.ts';
import type { Report, ReportDevice, ReportFinding } from '../model.ts';
import { deviceLabel, visible } from '../wording.ts';
import { html, type Markup } from './markup.ts';

/** Devices that have a section of their own; those beyond stand in the JSON report. */
export const DEVICES_MAX = 500;

const TITLES = new Map(controls.map(({ id, title }) => [id, title]));

export class PageIndex {
  readonly #devices: ReadonlyMap<string, ReportDevice>;
  readonly #anchors = new Map<string, string>();
  readonly #titles = new Map(TITLES);

  constructor(report: Report) {
    this.#devices = devicesById(report);
    for (const [index, { id }] of report.devices.slice(0, DEVICES_MAX).entries()) {
      this.#anchors.set(id, `d-${index + 1}`);
    }
    for (const { control, title } of report.findings) this.#titles.set(control, title);
  }

  device(id: string): ReportDevice | undefined {
    return this.#devices.get(id);
  }

  /** The anchor of a device's section; undefined where it has none. */
  anchorOf(deviceId: string): string | undefined {
    return this.#anchors.get(deviceId);
  }

  labelOf(deviceId: string): string {
    const device = this.#devices.get(deviceId);
    return device ? deviceLabel(device) : visible(deviceId.replace(/^(mac|ip):/, ''), 48);
  }

  /** The device's name, leading to its section where there is one. */
  link(deviceId: string): Markup {
    const anchor = this.#anchors.get(deviceId);
    const label = html`<bdi>${this.labelOf(deviceId)}</bdi>`;
    return anchor === undefined ? label : html`<a href="#${anchor}">${label}</a>`;
  }

  titleOf(controlId: string): string {
    return this.#titles.get(controlId) ?? '';
  }
}

export const anchorOfFinding = ({ fingerprint }: ReportFinding): string =>
  `f-${fingerprint.slice(0, 16)}`;

/** `ETSI EN 303 645 V3.1.3` of `etsi-303645:3.1.3`. */
export function standardName(id: string): string {
  const standard = standardById(id as StandardId);
  return standard ? `${standard.title} ${standard.edition}` : id;
}
