/** What a device is, from the command line: train, use, correct, train again; and on real devices where data is present. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identified } from '../src/app/index.ts';
import {
  examplesOf,
  type LabelledCapture,
  labelledCaptures,
  teach,
} from '../src/fleet/behaviour/index.ts';
import { captureOf, habits } from '../src/fleet/behaviour/testing.ts';
import { station } from '../src/fleet/testing.ts';
import { fleetward, scanned } from './support/fleetward.ts';
import { data } from './support/needs.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-identify-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]): string => join(folder, ...names);

const plug = station(7, '192.168.7.20');
const camera = station(8, '192.168.7.21');
const bulb = station(9, '192.168.7.22');
const RUNS = 20;

/** The device with this MAC in a report of `scan --model … --evidence …`. */
const typed = (capture: string, ...options: string[]) => {
  const { devices } = scanned([capture, ...options]);
  return (mac: string) => devices.find((device) => device.mac === mac);
};

describe('a model of one’s own', () => {
  beforeAll(() => {
    for (const [name, self] of [
      ['plug', plug],
      ['camera', camera],
    ] as const) {
      mkdirSync(at('taught', name), { recursive: true });
      for (let run = 0; run < RUNS; run++)
        writeFileSync(at('taught', name, `${run}.pcap`), captureOf(habits[name], self, run));
    }
    writeFileSync(
      at('taught', 'labels.csv'),
      `device,type,mac\nplug,Acme plug,${plug.mac}\ncamera,Acme camera,${camera.mac}\n`,
    );
    for (const [name, self] of [
      ['plug', plug],
      ['camera', camera],
      ['bulb', bulb],
    ] as const)
      writeFileSync(at(`${name}.pcap`), captureOf(habits[name], self, 1000));
    const trained = fleetward([
      'train',
      'identify',
      at('taught'),
      '--out',
      at('site.model'),
      '--json',
    ]);
    expect(trained).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(trained.stdout)).toMatchObject({
      previous: null,
      captures: 2 * RUNS,
      types: { 'Acme plug': RUNS, 'Acme camera': RUNS },
    });
  });

  test('names devices by how they behave, and what it was not taught unknown', () => {
    const asked = ['--model', at('site.model'), '--evidence', 'traffic'];
    const found = typed(at('plug.pcap'), ...asked)(plug.mac);
    expect(found).toMatchObject({
      type: 'Acme plug',
      typeSources: { corrected: null, behaviour: { type: 'Acme plug', set: ['Acme plug'] } },
      typeEvidence: [],
    });
    expect(found?.typeCandidates[0]).toMatchObject({ type: 'Acme plug' });
    expect(typed(at('bulb.pcap'), ...asked)(bulb.mac)).toMatchObject({
      type: null,
      typeCandidates: [],
      typeSources: { behaviour: { type: null, set: [] } },
    });
  });

  test('--evidence traffic needs it, and a wrong one is refused', () => {
    expect(fleetward(['scan', at('plug.pcap'), '--evidence', 'traffic'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--model'),
    });
    copyFileSync(at('plug.pcap'), at('no.model'));
    expect(fleetward(['scan', at('plug.pcap'), '--model', at('no.model')])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('is not a model'),
    });
  });

  test('identify --explain says what spoke for it', () => {
    const { status, stdout } = fleetward([
      ...['identify', at('plug.pcap'), '--model', at('site.model'), '--explain'],
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain('type: Acme plug');
    expect(stdout).toMatch(/for \d+\.\d: /);
  });

  test('a person’s word is kept, wins, and teaches the next model; the old one is kept', () => {
    writeFileSync(at('expectations.yaml'), '# ours\nversion: 1\npolicy: dual-stack\n');
    const corrected = fleetward([
      ...['identify', at('bulb.pcap'), '--model', at('site.model'), '--json'],
      ...['--expect', at('expectations.yaml'), '--correct', `${bulb.mac.toUpperCase()}=Acme bulb`],
    ]);
    expect(corrected).toMatchObject({ status: 0, stderr: '' });
    const [named] = (JSON.parse(corrected.stdout) as Identified[]).filter(
      ({ mac }) => mac === bulb.mac,
    );
    expect(named).toMatchObject({
      type: 'Acme bulb',
      corrected: 'Acme bulb',
      behaviour: { type: null },
    });
    expect(readFileSync(at('expectations.yaml'), 'utf8')).toMatch(/^# ours\nversion: 1\npolicy/);
    mkdirSync(at('week'));
    for (let run = 0; run < RUNS; run++)
      writeFileSync(at('week', `${run}.pcap`), captureOf(habits.bulb, bulb, 500 + run));
    const before = readFileSync(at('site.model'));
    const trained = fleetward([
      ...['train', 'identify', at('taught'), at('week'), '--out', at('site.model')],
      ...['--from-corrections', at('expectations.yaml')],
    ]);
    expect(trained).toMatchObject({ status: 0, stderr: expect.stringContaining('.previous') });
    expect(trained.stdout).toMatch(/Acme bulb +20/);
    expect(readFileSync(at('site.model.previous')).equals(before)).toBe(true);
    const asked = ['--model', at('site.model'), '--evidence', 'traffic'];
    expect(typed(at('bulb.pcap'), ...asked)(bulb.mac)?.type).toBe('Acme bulb');
    expect(typed(at('camera.pcap'), ...asked)(camera.mac)?.type).toBe('Acme camera');
    const lied = ['--expect', at('expectations.yaml')];
    fleetward(['identify', at('camera.pcap'), ...lied, '--correct', `${camera.mac}=doorbell`]);
    expect(typed(at('camera.pcap'), ...asked, ...lied)(camera.mac)).toMatchObject({
      type: 'doorbell',
      typeSources: { corrected: 'doorbell', behaviour: { type: 'Acme camera' } },
    });
  });

  test.each([
    [['train', 'identify', at('taught')], 2, '--out'],
    [['train', 'identify', at('plug.pcap'), '--out', at('x.model')], 3, 'labels.csv'],
    [['train', 'identify', at('nowhere'), '--out', at('x.model')], 3, 'nowhere'],
    [['train', 'watch', at('taught'), '--out', at('x.model')], 2, 'identify'],
    [['identify', at('plug.pcap'), '--correct', 'x=y'], 2, '--expect'],
    [['identify', at('plug.pcap'), '--expect', at('e.yaml'), '--correct', 'x=y'], 2, 'MAC=TYPE'],
  ])('%j ends with %i', (args, status, message) => {
    expect(fleetward(args)).toMatchObject({ status, stderr: expect.stringContaining(message) });
    expect(existsSync(at('x.model'))).toBe(false);
    expect(existsSync(at('e.yaml'))).toBe(false);
  });
});

const captures = data('iot-sentinel');

describe('real devices of 27 types', captures, () => {
  /** Hardware and firmware that are the same: two names of one thing, to the network. */
  const ALIKE = [
    ['D-LinkSensor', 'D-LinkSiren', 'D-LinkSwitch', 'D-LinkWaterSensor'],
    ['TP-LinkPlugHS100', 'TP-LinkPlugHS110'],
    ['EdimaxPlug1101W', 'EdimaxPlug2101W'],
    ['SmarterCoffee', 'iKettle2'],
  ];
  const alike = (type: string | undefined): string | undefined =>
    ALIKE.find((group) => group.includes(type ?? ''))?.[0] ?? type;

  async function ask(isTaught: (capture: LabelledCapture, place: number) => boolean) {
    const taught: LabelledCapture[] = [];
    const asked: LabelledCapture[] = [];
    for (const [place, capture] of labelledCaptures(captures.path).entries())
      (isTaught(capture, place) ? taught : asked).push(capture);
    const model = teach((await Promise.all(taught.map(examplesOf))).flat());
    return Promise.all(
      asked.map(async (capture) => {
        const examples = await examplesOf(capture);
        const { type } = model.judge(examples.map(({ traits }) => traits));
        return { type, true: capture.type };
      }),
    );
  }

  test('every fourth capture, not taught, is named right', async () => {
    const answers = await ask((_, place) => place % 4 !== 0);
    const share = (isRight: (answer: (typeof answers)[number]) => boolean): number =>
      answers.filter(isRight).length / answers.length;
    expect(answers.length).toBeGreaterThan(70);
    expect(share((answer) => answer.type === answer.true)).toBeGreaterThanOrEqual(0.9);
    expect(share((answer) => alike(answer.type) === alike(answer.true))).toBeGreaterThanOrEqual(
      0.97,
    );
    expect(share(({ type }) => type === undefined)).toBeLessThanOrEqual(0.03);
  }, 120_000);

  test('devices of hardware that was not taught are taken for nothing', async () => {
    const out = [...ALIKE[0], ...ALIKE[1], 'Aria', 'Lightify'];
    const answers = await ask(({ type }) => !out.includes(type));
    expect(answers.length).toBeGreaterThan(90);
    expect(answers.filter(({ type }) => type !== undefined)).toEqual([]);
  }, 120_000);
});
