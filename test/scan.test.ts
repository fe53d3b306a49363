/** The main job against facts: the example site, recorded with known faults, scanned by the whole program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Report } from '../src/audit/index.ts';
import { CAPTURES, fleetward, root, SITE, scanned } from './support/fleetward.ts';

interface Facts {
  readonly controls: readonly string[];
  readonly devices: readonly {
    readonly name: string;
    readonly mac: string;
    readonly address: string;
    readonly hostname?: string;
    readonly services: readonly string[];
    readonly fails: readonly string[];
    readonly either: readonly string[];
  }[];
}

const facts = parse(readFileSync(join(root, 'examples/site-expected.yaml'), 'utf8')) as Facts;
const named = facts.devices.map((device) => [device.name, device] as const);

let site: Report;
beforeAll(() => {
  site = scanned([SITE, '--standard', 'etsi-303645', '--standard', 'uk-psti']);
});

const deviceOf = (mac: string) => site.devices.find((device) => device.mac === mac)!;
const failed = (mac: string): string[] =>
  site.findings
    .filter(({ device, control }) => device === `mac:${mac}` && facts.controls.includes(control))
    .map(({ control }) => control);

describe('the example site', () => {
  test('every device is listed once, and nothing else is', () => {
    expect(site.devices.map(({ mac }) => mac).sort()).toEqual(
      facts.devices.map(({ mac }) => mac).sort(),
    );
  });

  test.each(named)('%s has its address, its name and the services that answered', (_, fact) => {
    const device = deviceOf(fact.mac);
    expect(device.addresses).toContain(fact.address);
    if (fact.hostname !== undefined) expect(device.names).toContain(fact.hostname);
    // DHCP, mDNS and SSDP answer groups or before an address is known: they are not held against the list.
    const offered = device.services.map(({ transport, port }) => `${port}/${transport}`);
    const steady = fact.services.filter((each) => !/^(67|1900|5353)\//.test(each));
    expect(offered).toEqual(expect.arrayContaining(steady));
  });

  test.each(named)('%s fails every control that it must fail', (_, fact) => {
    expect(failed(fact.mac)).toEqual(expect.arrayContaining([...fact.fails]));
  });

  test.each(named)('%s fails no control that it keeps', (_, fact) => {
    const allowed = new Set([...fact.fails, ...fact.either]);
    expect(failed(fact.mac).filter((control) => !allowed.has(control))).toEqual([]);
  });

  test('every finding is proved by packets that lie in the capture, in its time', () => {
    const { packets, from, to } = site.capture;
    for (const { evidence } of site.findings) {
      expect(evidence.length).toBeGreaterThan(0);
      for (const { file, packets: proof, time } of evidence) {
        expect(file).toBe(SITE);
        expect(proof.length).toBeGreaterThan(0);
        expect(proof).toEqual([...proof].sort((a, b) => a - b));
        expect(proof.every((number) => number >= 1 && number <= packets)).toBe(true);
        expect(time >= from! && time <= to!).toBe(true);
      }
    }
  });

  test('each device has one verdict on every control, and a failed one has its finding', () => {
    const findings = new Set(site.findings.map(({ device, control }) => `${device} ${control}`));
    for (const { id } of site.devices) {
      const verdicts = site.verdicts.filter(({ device }) => device === id);
      expect(new Set(verdicts.map(({ control }) => control)).size).toBe(verdicts.length);
      const fails = verdicts.filter(({ verdict }) => verdict === 'fail');
      for (const { control } of fails) expect(findings).toContain(`${id} ${control}`);
      expect(fails).toHaveLength(
        site.findings.filter(({ device, status }) => device === id && status === 'new').length,
      );
    }
  });

  test('a standard shows what traffic cannot assess', () => {
    expect(site.coverage!.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(site.coverage)).toContain('not_assessed');
  });

  test('two runs say the same', () => {
    const again = scanned([SITE, '--hash-key', 'one']);
    expect(again).toEqual(scanned([SITE, '--hash-key', 'one']));
  });
});

describe('docs/report.schema.json', () => {
  const schema = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8'));
  const validate = new Ajv2020.default({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
  }).compile(schema);

  test('describes the report of the example site', () => {
    validate(site);
    expect(validate.errors ?? []).toEqual([]);
  });

  test('describes the report of every small capture, all in one', () => {
    validate(scanned([CAPTURES]));
    expect(validate.errors ?? []).toEqual([]);
  });
});

test('without --json the verdict is the first line, and fits into 80 columns as all others do', () => {
  const { stdout, status } = fleetward(['scan', SITE]);
  expect(status).toBe(0);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe(site.summary.verdict);
  expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
});
