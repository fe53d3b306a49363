import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../base/index.ts';
import { scene } from '../testing.ts';
import { expectationsFrom, readExpectations } from './index.ts';

const EXAMPLE = new URL('../../../examples/expectations.yaml', import.meta.url);
const from = (...lines: string[]) =>
  expectationsFrom(['version: 1', ...lines].join('\n'), 'e.yaml');
const found = (mac: string | undefined, addresses: string[], names: string[] = []) => ({
  mac,
  addresses,
  names,
});

function refusal(...lines: string[]): string {
  try {
    from(...lines);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as InputError).message;
  }
  throw new Error('the file was taken');
}

describe('the example', () => {
  const expectations = expectationsFrom(readFileSync(EXAMPLE, 'utf8'), 'expectations.yaml');

  it('finds a device by MAC, with all that is expected of it', () => {
    expect(expectations.deviceFor(found('dc:a6:32:01:02:03', ['192.168.20.5']))).toEqual({
      name: 'front-door-camera',
      type: 'camera',
      segment: 'cameras',
      lifeUntil: '2031-12-31',
      marks: [],
    });
  });

  it('finds devices by name, address, and name within a segment', () => {
    const marksOf = (...device: Parameters<typeof found>) =>
      expectations.deviceFor(found(...device))?.marks;
    expect(marksOf(undefined, ['10.0.0.1'], ['Thermostat-7.local'])).toEqual(['constrained']);
    expect(marksOf(undefined, ['192.168.10.1'])).toEqual(['router']);
    expect(marksOf(undefined, ['192.168.10.250'])).toEqual(['scanner']);
    expect(marksOf(undefined, ['192.168.10.9'], ['smoke-1'])).toEqual(['life-safety']);
    expect(marksOf(undefined, ['192.168.20.9'], ['smoke-1'])).toBeUndefined();
  });

  it('knows segments by address', () => {
    expect(expectations.segmentOf('2001:db8:10::5')).toBe('office');
    expect(expectations.segmentOf('10.0.0.1')).toBeUndefined();
  });

  it('gives controls their thresholds and lists', () => {
    expect(expectations.parametersOf('MO-01')).toEqual({ destinationsMin: 60 });
    expect(expectations.parametersOf('SG-12')).toEqual({
      policy: 'dual-stack',
      ipv4OnlySegments: ['cameras'],
    });
    expect(expectations.parametersOf('SG-13')).toMatchObject({
      allowed: expect.arrayContaining(['dns.quad9.net']),
    });
    expect(expectations.parametersOf('CH-01')).toBeUndefined();
  });

  it('finds an acceptance by the name the device has', () => {
    const { device } = scene();
    const camera = device('192.168.20.5', {
      names: [{ name: 'front-door-camera', source: 'expected' }],
    });
    expect(expectations.acceptanceOf('CH-04', camera)).toMatchObject({ owner: 'Ana Silva' });
    expect(expectations.acceptanceOf('CH-05', camera)).toBeUndefined();
    expect(expectations.acceptanceOf('CH-04', device('192.168.20.6'))).toBeUndefined();
  });
});

it('marks of all entries that match add up, and the first to say a thing holds', () => {
  const expectations = from(
    'devices:',
    '  - match: { address: 10.0.0.5 }',
    '    type: camera',
    '    marks: [constrained]',
    '  - match: { address: 10.0.0.0/8 }',
    '    type: other',
    '    marks: [hub]',
  );
  expect(expectations.deviceFor(found(undefined, ['10.0.0.5']))).toMatchObject({
    type: 'camera',
    marks: ['constrained', 'hub'],
  });
});

it('of two acceptances the one that runs longer holds; an id or * names a device too', () => {
  const accept = (device: string, expires: string) =>
    `  - { control: CH-04, device: '${device}', reason: r, owner: ${expires}, expires: ${expires} }`;
  const expectations = from(
    'accepted:',
    accept('*', '2026-01-01'),
    accept('ip:10.0.0.5', '2027-01-01'),
  );
  const { device } = scene();
  const ofAddress = (address: string) =>
    expectations.acceptanceOf('CH-04', device(address, { mac: undefined }))?.expires;
  expect(ofAddress('10.0.0.5')).toBe('2027-01-01');
  expect(ofAddress('10.0.0.6')).toBe('2026-01-01');
});

describe('a wrong file is refused with line, column and what was expected', () => {
  it.each([
    [['devcies: []'], 'e.yaml:2:1: unknown key "devcies"; did you mean devices?'],
    [
      ['devices:', '  - match: { mac: dc:a6 }'],
      'e.yaml:3:19: expected a MAC address such as dc:a6:32:01:02:03',
    ],
    [['devices:', '  - match: {}'], 'e.yaml:3:12: expected at least one of mac, name'],
    [
      ['devices:', '  - name: x'],
      'e.yaml:3:5: match is missing; expected a map of keys and values',
    ],
    [['devices: camera'], 'e.yaml:2:10: expected a list, found the text "camera"'],
    [['thresholds:', '  CH-7: {}'], 'e.yaml:3:3: unknown control "CH-7"; did you mean CH-07?'],
    [
      ['thresholds:', '  MO-01:', '    destinationMin: 3'],
      'e.yaml:4:5: unknown parameter of MO-01 "destinationMin"; did you mean destinationsMin?',
    ],
    [
      ['thresholds:', '  MO-01: { destinationsMin: many }'],
      'e.yaml:3:29: expected a number of 0 or more, found the text "many"',
    ],
    [
      [
        'accepted:',
        '  - control: CH-04',
        '    device: x',
        '    reason: r',
        '    owner: o',
        '    expires: 2027-02-30',
      ],
      'e.yaml:7:14: expected a date such as 2027-03-31',
    ],
    [
      ['accepted:', '  - { control: CH-04, device: x, reason: r, expires: 2027-01-01 }'],
      'owner is missing',
    ],
    [
      ['devices:', '  - match: { name: x }', '    marks: [scaner]'],
      'e.yaml:4:13: unknown mark "scaner"; did you mean scanner?',
    ],
    [
      ['devices:', '  - match: { segment: camera }'],
      'e.yaml:3:23: unknown segment "camera"; none is declared',
    ],
    [['policy: ipv4'], 'e.yaml:2:9: expected dual-stack or ipv4-only, found the text "ipv4"'],
    [
      ['segments:', '  - { name: a, prefixes: [10.0.0.0/33] }'],
      'e.yaml:3:27: expected an address or prefix',
    ],
    [['devices: ['], 'e.yaml:2:'],
    [['policy: dual-stack', 'policy: dual-stack'], 'e.yaml:3:1: Map keys must be unique'],
  ])('%j', (lines, message) => {
    expect(refusal(...lines)).toContain(message);
  });

  it('without a version, or with one that is not known', () => {
    expect(() => expectationsFrom('scanners: []', 'e.yaml')).toThrow(
      'e.yaml:1:1: version is missing; expected 1',
    );
    expect(() => expectationsFrom('version: 2', 'e.yaml')).toThrow(
      'e.yaml:1:10: expected 1, found 2',
    );
    expect(() => expectationsFrom('', 'e.yaml')).toThrow(
      'e.yaml:1:1: expected a map of keys and values, found nothing',
    );
  });

  it('all faults at once, at most ten', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `x${i}: 1`);
    const message = refusal(...lines);
    expect(message.split('\n')).toHaveLength(11);
    expect(message).toContain('and 20 more');
  });

  it('a file that unfolds without end', () => {
    const laughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++) {
      const [name, last] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
      laughs.push(`${name}: &${name} [${Array(10).fill(`*${last}`).join(', ')}]`);
    }
    expect(refusal(...laughs)).toContain('expected at most 100 aliases');
  });

  it('a file that is not there', () => {
    expect(() => readExpectations('/nowhere/e.yaml')).toThrow(
      '/nowhere/e.yaml does not exist; give --expect a YAML file.',
    );
  });
});

it('an alias that is used a few times is fine, and faults behind it are placed', () => {
  const lines = ['devices:', '  - match: &m { name: x }', '  - match: *m', '    type: 7'];
  expect(refusal(...lines)).toContain('e.yaml:5:11: expected a text, found 7');
});
