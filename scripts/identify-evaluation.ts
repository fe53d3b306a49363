/**
 * Measures the classifier of behaviour on the IoT Sentinel set, and prints the figures of docs/model-card.md as
 * Markdown (some minutes): `node scripts/identify-evaluation.ts [--repeats 3]`. The set is read from FLEETWARD_DATA
 * (default: ../shared/data). Every figure is of captures that the model had not seen; file names, MACs, addresses and
 * host names are used to part the captures and to score the answers, and never reach the model.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { captureFiles, readCapture } from '../src/capture/index.ts';
import {
  BehaviourCollector,
  behaviourOf,
  type Example,
  examplesOf,
  isTelling,
  type LabelledCapture,
  labelledCaptures,
  teach,
  writeModel,
} from '../src/fleet/behaviour/index.ts';
import { SeededRandom } from '../src/fleet/behaviour/random.ts';

const root = join(import.meta.dirname, '..');
const data = process.env.FLEETWARD_DATA ?? join(root, '../shared/data');
const folder = join(data, 'iot-sentinel');
const { values } = parseArgs({ options: { repeats: { type: 'string', default: '3' } } });
const REPEATS = Number(values.repeats);
const FOLDS = 10;

/** Types that nobody could tell apart by more than chance in the publication: equal hardware and firmware. */
const LOOK_ALIKES = [
  ['D-LinkSensor', 'D-LinkSiren', 'D-LinkSwitch', 'D-LinkWaterSensor'],
  ['TP-LinkPlugHS100', 'TP-LinkPlugHS110'],
  ['EdimaxPlug1101W', 'EdimaxPlug2101W'],
  ['SmarterCoffee', 'iKettle2'],
];
/** Two types behind one MAC: a hub, and a thing without an address that is joined to it. */
const BEHIND_ONE_MAC = [
  ['D-LinkDoorSensor', 'D-LinkHomeHub'],
  ['HueBridge', 'HueSwitch'],
];
/** One maker's devices on one platform. */
const PLATFORMS = [
  ['WeMoInsightSwitch', 'WeMoLink', 'WeMoSwitch'],
  ['D-LinkCam', 'D-LinkDayCam'],
];
/** Other sets of captures of other devices, none of which is of a type that is taught. */
const STRANGERS = [
  'zeek-traces-iot',
  'ndpi-iot',
  'slips-attack',
  'mqttset-reduced',
  'suricata-verify-iot',
];
const CAPTURE_BYTES_MAX = 60_000_000;

/** One capture of one device, with all that is needed to part and to score. */
interface Sample {
  readonly capture: LabelledCapture;
  readonly examples: readonly Example[];
  readonly person: string;
  readonly time: number;
}

interface Answer {
  readonly sample: Sample;
  readonly type: string | undefined;
  readonly set: readonly string[];
  readonly probability: number;
}

const samples = await readSamples();
const types = [...new Set(samples.map(({ capture }) => capture.type))].sort();
async function readSamples(): Promise<Sample[]> {
  if (!existsSync(folder)) throw new Error(`${folder} is missing: set FLEETWARD_DATA`);
  const found: Sample[] = [];
  for (const capture of labelledCaptures(folder)) {
    const [, person = ''] = /Setup-([A-Z])-/.exec(capture.file.name) ?? [];
    const examples = await examplesOf(capture);
    found.push({ capture, examples, person, time: await firstTime(capture) });
  }
  return found;
}

/** Of the first packet, in seconds since 1970. */
async function firstTime({ file }: LabelledCapture): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  await readCapture(file, {
    frame(_bytes, _start, _end, _length, _linkType, seconds, nanos) {
      first = Math.min(first, seconds + nanos * 1e-9);
    },
  });
  return first;
}

/** Teaches from some samples and asks about others. */
function ask(taught: readonly Sample[], asked: readonly Sample[], seed: number): Answer[] {
  const model = teach(
    taught.flatMap(({ examples }) => examples),
    { seed },
  );
  return asked.map((sample) => {
    const { type, set, candidates } = model.judge(sample.examples.map(({ traits }) => traits));
    return { sample, type, set, probability: candidates[0]?.probability ?? 0 };
  });
}

function crossValidate(seed: number): Answer[] {
  const random = new SeededRandom(seed);
  const fold = new Map<Sample, number>();
  let next = 0;
  for (const ofType of Map.groupBy(samples, ({ capture }) => capture.type).values()) {
    for (let at = ofType.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [ofType[at], ofType[other]] = [ofType[other], ofType[at]];
    }
    for (const sample of ofType) fold.set(sample, next++ % FOLDS);
  }
  return Array.from({ length: FOLDS }, (_, number) =>
    ask(
      samples.filter((sample) => fold.get(sample) !== number),
      samples.filter((sample) => fold.get(sample) === number),
      seed * FOLDS + number,
    ),
  ).flat();
}

/** Each device's earlier half teaches, its later half asks. */
function byTime(): Answer[] {
  const taught: Sample[] = [];
  const asked: Sample[] = [];
  for (const ofDevice of Map.groupBy(samples, ({ capture }) => capture.device).values()) {
    const ordered = ofDevice.sort((a, b) => a.time - b.time);
    const half = Math.ceil(ordered.length / 2);
    taught.push(...ordered.slice(0, half));
    asked.push(...ordered.slice(half));
  }
  return ask(taught, asked, 1);
}

function byPerson(teacher: string): Answer[] {
  const taught = samples.filter(({ person }) => person === teacher);
  const known = new Set(taught.map(({ capture }) => capture.type));
  const asked = samples.filter(
    ({ person, capture }) => person !== teacher && known.has(capture.type),
  );
  return ask(taught, asked, 1);
}

/** Types of which there are two devices: one teaches, the other asks. */
function byUnit(): Answer[] {
  const isSecond = ({ capture }: Sample): boolean =>
    /2$/.test(capture.device) && capture.device !== capture.type && capture.device !== 'iKettle2';
  return ask(
    samples.filter((sample) => !isSecond(sample)),
    samples.filter(isSecond),
    1,
  );
}

/** Leaves out each group of types in turn and asks about it: all answers should be refusals. */
function leaveOut(groups: readonly (readonly string[])[]): Answer[] {
  const rest = types.filter((type) => !groups.some((group) => group.includes(type)));
  return [...groups, ...rest.map((type) => [type])].flatMap((group) =>
    ask(
      samples.filter(({ capture }) => !group.includes(capture.type)),
      samples.filter(({ capture }) => group.includes(capture.type)),
      1,
    ),
  );
}

/** Devices of other sets, and how many of them a model of the whole set takes for one that it knows. */
async function foreignDevices(): Promise<{ judged: number; taken: number }> {
  const model = teach(samples.flatMap(({ examples }) => examples));
  let judged = 0;
  let taken = 0;
  for (const set of STRANGERS.map((name) => join(data, name)).filter(existsSync)) {
    const names = readdirSync(set, { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((each) => /\.(pcap|pcapng|trace|cap)$/.test(each))) {
      const path = join(set, name);
      if (!statSync(path).isFile() || statSync(path).size > CAPTURE_BYTES_MAX) continue;
      const [file] = captureFiles([path]);
      const collector = new BehaviourCollector();
      await readCapture(file, collector).catch(() => undefined);
      for (const mac of collector.macs()) {
        if (!collector.episodesOf(mac).some(isTelling)) continue;
        judged++;
        if (behaviourOf(model, collector, mac).type !== undefined) taken++;
      }
    }
  }
  return { judged, taken };
}

const groupOf = (type: string): string =>
  LOOK_ALIKES.find((group) => group.includes(type))?.join(' or ') ?? type;
const isRight = ({ type, sample }: Answer): boolean => type === sample.capture.type;
const isRightGroup = ({ type, sample }: Answer): boolean =>
  type !== undefined && groupOf(type) === groupOf(sample.capture.type);
const holds = ({ set, sample }: Answer): boolean => set.includes(sample.capture.type);
const isRefused = ({ type }: Answer): boolean => type === undefined;

/** `95.2 % (92.3–97.0)`: a share, with Wilson's interval of 95 % for the number of captures. */
function share(answers: readonly Answer[], test: (answer: Answer) => boolean, repeats = 1): string {
  const p = answers.filter(test).length / answers.length;
  const n = answers.length / repeats;
  const z = 1.96;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const percent = (value: number): string => (100 * value).toFixed(1);
  return `${percent(p)} % (${percent(Math.max(0, middle - half))}–${percent(Math.min(1, middle + half))})`;
}

function printAccuracy(): void {
  const rows: [string, readonly Answer[], number][] = [
    [`10-fold cross-validation, ${REPEATS} times`, crossValidated, REPEATS],
    ['by time: earlier half of each device, then later half', byTime(), 1],
    ['by person: taught by C, asked of the others', byPerson('C'), 1],
    ['by person: taught by A, asked of the others', byPerson('A'), 1],
    ['by unit: a second device of four types', byUnit(), 1],
  ];
  print(
    '| split | captures asked | type right | look-alikes merged | answer holds the type | refused |',
  );
  print('| --- | --- | --- | --- | --- | --- |');
  for (const [name, answers, repeats] of rows) {
    const cells = [isRight, isRightGroup, holds, isRefused].map((test) =>
      share(answers, test, repeats),
    );
    print(`| ${name} | ${answers.length / repeats} | ${cells.join(' | ')} |`);
  }
  printConfusions();
  printCalibration();
}

function printConfusions(): void {
  const wrong = crossValidated.filter((answer) => !isRight(answer));
  const pairs = Map.groupBy(
    wrong,
    ({ type, sample }) => `${sample.capture.type} → ${type ?? 'unknown'}`,
  );
  const list = [...pairs].sort((a, b) => b[1].length - a[1].length);
  print(
    `\nErrors of cross-validation: ${list.map(([pair, { length }]) => `${pair} ${length}`).join(', ')}.`,
  );
  const answered = crossValidated.filter((answer) => !isRefused(answer));
  const several = answered.filter(({ set }) => set.length > 1);
  const sets = Map.groupBy(several, ({ set }) => [...set].sort().join(' or '));
  const named = [...sets].sort((a, b) => b[1].length - a[1].length);
  const percent = ((100 * several.length) / answered.length).toFixed(1);
  print(
    `\nAnswers of more than one type (${percent} %): ${named.map(([set, { length }]) => `${set} ${length}`).join(', ')}.`,
  );
}

/** How far stated probabilities come true: the mean gap over bins of stated probability. */
function printCalibration(): void {
  const answered = crossValidated.filter((answer) => !isRefused(answer));
  const bins = Map.groupBy(answered, ({ probability }) =>
    Math.min(9, Math.floor(10 * probability)),
  );
  let gap = 0;
  for (const bin of bins.values()) {
    const stated = bin.reduce((sum, { probability }) => sum + probability, 0);
    gap += Math.abs(stated - bin.filter(isRight).length) / answered.length;
  }
  print(`\nExpected calibration error of the first answer: ${(100 * gap).toFixed(1)} %.`);
}

function printStrangers({ judged, taken }: { judged: number; taken: number }): void {
  const strict = [...LOOK_ALIKES, ...BEHIND_ONE_MAC];
  const hardware = leaveOut([...strict, ...PLATFORMS]);
  const families = leaveOut(strict);
  print('\n| strangers | captures asked | refused |');
  print('| --- | --- | --- |');
  print(
    `| a hardware group left out (${groups([...strict, ...PLATFORMS])} groups) | ${hardware.length} | ${share(hardware, isRefused)} |`,
  );
  print(
    `| one maker's platform in part left out (${groups(strict)} groups) | ${families.length} | ${share(families, isRefused)} |`,
  );
  print(`| devices of other sets | ${judged} | ${(100 * (1 - taken / judged)).toFixed(1)} % |`);
  print(
    `| types that were taught, for comparison | ${samples.length} | ${share(crossValidated, isRefused, REPEATS)} |`,
  );
  for (const answers of [hardware, families]) {
    const taken = Map.groupBy(
      answers.filter((answer) => !isRefused(answer)),
      ({ type, sample }) => `${sample.capture.type} → ${type}`,
    );
    print(
      `\nNot refused: ${[...taken].map(([pair, { length }]) => `${pair} ${length}`).join(', ') || 'none'}.`,
    );
  }
}

function groups(of: readonly (readonly string[])[]): number {
  return types.length - of.flat().length + of.length;
}

/** In processor time, which what else the machine does hardly changes. */
function printCosts(): void {
  const examples = samples.flatMap((sample) => sample.examples);
  const start = process.cpuUsage();
  const model = teach(examples);
  const taught = process.cpuUsage(start);
  const between = process.cpuUsage();
  for (const { traits } of examples) model.judge([traits]);
  const judged = process.cpuUsage(between);
  const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;
  print(
    `\nTaught in ${seconds(taught).toFixed(1)} s from ${examples.length} examples; a device is judged in ${((1000 * seconds(judged)) / examples.length).toFixed(2)} ms (processor time); the model has ${Math.ceil(writeModel(model).length / 1024)} KiB.`,
  );
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const started = performance.now();
const crossValidated = Array.from({ length: REPEATS }, (_, repeat) =>
  crossValidate(repeat + 1),
).flat();
printAccuracy();
printStrangers(await foreignDevices());
printCosts();
process.stdout.write(
  `\nMeasured in ${((performance.now() - started) / 60_000).toFixed(1)} minutes.\n`,
);
