/** A scan against what is known: accepted findings, thresholds and devices, and an earlier report. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/audit/index.ts';
import { fleetward, pcapRecords, root, SITE, scanned } from '../support/fleetward.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-expectations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CAMERA = '08:ea:40:3f:2a:10';
const BULB = '70:87:9e:1c:5e:27';

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function accepting(expires: string): string {
  return file(
    `until-${expires}.yaml`,
    `version: 1
accepted:
  - control: CH-01
    device: peekcam-*
    reason: The camera is replaced in May.
    owner: Ana Silva
    expires: ${expires}
`,
  );
}

const acceptance = (control: string, expires: string): string =>
  `accepted: [ { control: ${control}, device: hub, reason: none, owner: Ana, expires: ${expires} } ]\n`;

const telnet = ({ findings }: Report) =>
  findings.find(({ control, device }) => control === 'CH-01' && device === `mac:${CAMERA}`)!;

describe('--expect', () => {
  test('an accepted finding stays in the report and is counted apart', () => {
    const before = scanned([SITE]);
    const after = scanned([SITE, '--expect', accepting('2999-12-31')]);
    expect(telnet(after)).toMatchObject({
      status: 'accepted',
      acceptance: { owner: 'Ana Silva', expires: '2999-12-31', expired: false },
    });
    expect(after.summary.accepted).toBe(1);
    const { severity } = telnet(before);
    expect(after.summary.findings[severity]).toBe(before.summary.findings[severity] - 1);
  });

  test('one whose day has passed is a finding again, which says whose acceptance ran out', () => {
    const report = scanned([SITE, '--expect', accepting('2020-02-29')]);
    expect(telnet(report)).toMatchObject({ status: 'new', acceptance: { expired: true } });
    expect(telnet(report).note).toMatch(/Ana Silva.*2020-02-29/);
    expect(report.summary.accepted).toBe(0);
  });

  test('what is known of a device is in the report, and a known scanner is not held to be one', () => {
    const path = file(
      'devices.yaml',
      `version: 1
segments: [{ name: cameras, prefixes: [192.168.50.0/24] }]
devices:
  - match: { mac: "${CAMERA.toUpperCase()}" }
    name: front-door
    type: camera
    segment: cameras
scanners: [192.168.50.27]
`,
    );
    const report = scanned([SITE, '--expect', path]);
    expect(report.devices.find(({ mac }) => mac === CAMERA)?.expected).toMatchObject({
      name: 'front-door',
      type: 'camera',
      segment: 'cameras',
    });
    const controls = report.findings
      .filter(({ device }) => device === `mac:${BULB}`)
      .map(({ control }) => control);
    expect(controls).not.toContain('MO-01');
    expect(controls).toContain('SG-11');
  });

  test.each([
    ['an unknown control', acceptance('CH-4', '2027-03-31'), ':2:24:', /unknown control "CH-4"/],
    ['an unknown key', 'policy: dual-stack\nscaners: []\n', ':3:1:', /did you mean scanners\?/],
    ['a wrong date', acceptance('CH-04', 'soon'), ':2:79:', /2027-03-31|YYYY-MM-DD/i],
    ['broken YAML', 'devices: [\n', ':', /./],
    ['another version', '', ':1:10:', /version|1/],
  ])('%s is refused with its place', (_, text, place, sentence) => {
    const path = file('wrong.yaml', `version: ${text === '' ? 2 : 1}\n${text}`);
    const { status, stdout, stderr } = fleetward(['scan', SITE, '--expect', path]);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain(`${path}${place}`);
    expect(stderr).toMatch(sentence);
  });

  test('the example is right', () => {
    const example = join(root, 'examples/expectations.yaml');
    expect(fleetward(['scan', SITE, '--expect', example]).status).toBe(0);
  });
});

describe('--baseline', () => {
  let baseline: string;
  let earlier: string;
  const withoutBulb = join(folder, 'earlier.pcap');
  beforeAll(() => {
    baseline = file('baseline.json', JSON.stringify(scanned([SITE])));
    const address = Buffer.from(BULB.replaceAll(':', ''), 'hex');
    const records = pcapRecords(SITE).filter(
      (record) => !record.subarray(16, 28).includes(address),
    );
    writeFileSync(withoutBulb, Buffer.concat([readFileSync(SITE).subarray(0, 24), ...records]));
    earlier = file('earlier.json', JSON.stringify(scanned([withoutBulb])));
  });

  test('of the same capture: nothing is new, nothing gone, and no build fails', () => {
    const { status, stdout } = fleetward([
      ...['scan', SITE, '--baseline', baseline, '--fail-on', 'info', '--json'],
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).comparison).toMatchObject({
      new: [],
      gone: [],
      changed: [],
      devices: { new: [], gone: [] },
    });
  });

  test('of a capture without the bulb: it and its findings are new, and fail a build', () => {
    const { status, stdout } = fleetward([
      ...['scan', SITE, '--baseline', earlier, '--fail-on', 'high', '--json'],
    ]);
    expect(status).toBe(1);
    const { comparison } = JSON.parse(stdout) as Report;
    expect(comparison!.devices).toEqual({ new: [`mac:${BULB}`], gone: [] });
    expect(comparison!.new).toContainEqual(
      expect.objectContaining({ control: 'MO-01', device: `mac:${BULB}` }),
    );
  });

  test('the other way round they are gone, which is told from a pass', () => {
    const report = scanned([withoutBulb, '--baseline', baseline]);
    expect(report.comparison!.devices).toEqual({ new: [], gone: [`mac:${BULB}`] });
    expect(report.comparison!.gone).toContainEqual(
      expect.objectContaining({ control: 'MO-01', now: 'device_not_seen' }),
    );
  });

  test('an acceptance that ran out since then is new to a build', () => {
    const accepted = JSON.stringify(scanned([SITE, '--expect', accepting('2999-12-31')]));
    const path = file('accepted.json', accepted);
    const run = (expects: string) =>
      fleetward(['scan', SITE, '--baseline', path, '--fail-on', 'low', '--expect', expects]).status;
    expect(run(accepting('2999-12-31'))).toBe(0);
    expect(run(accepting('2020-02-29'))).toBe(1);
  });

  test.each([
    ['a text', 'hello'],
    ['other JSON', '{"schema":"urn:other:1"}'],
    ['half a report', '{"schema":"urn:fleetward:report:1","tool":'],
  ])('%s is refused in one sentence', (_, text) => {
    const path = file('no-report.json', text);
    const { status, stderr } = fleetward(['scan', SITE, '--baseline', path]);
    expect(status).toBe(3);
    expect(stderr).toMatch(/^fleetward: [^\n]*no-report\.json[^\n]*\n$/);
  });
});
