/** Models: what they answer to what they were taught, to look-alikes and to strangers; and their files, also damaged. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../base/index.ts';
import { station } from '../testing.ts';
import type { BehaviourModel } from './model.ts';
import { readModel, readModelFile, writeModel } from './model-file.ts';
import { type Example, teach } from './teach.ts';
import { captureOf, habits, traitsIn } from './testing.ts';

const SELF = station(7, '192.168.7.20');
const PER_TYPE = 24;

/** Examples of each habit under the types' names. */
async function examplesOf(types: Readonly<Record<string, string>>, first = 0): Promise<Example[]> {
  const examples: Example[] = [];
  for (const [type, habit] of Object.entries(types)) {
    for (let seed = first; seed < first + PER_TYPE; seed++) {
      const capture = captureOf(habits[habit], SELF, seed * 31 + type.length);
      const [traits] = await traitsIn(capture, SELF.mac);
      examples.push({ traits, type, group: `${type} ${seed}` });
    }
  }
  return examples;
}

describe('a model', () => {
  let model: BehaviourModel;
  let bulbs: Example[];

  beforeAll(async () => {
    // The two plugs follow one habit: nobody can tell them apart.
    model = teach(await examplesOf({ 'plug 100': 'plug', 'plug 110': 'plug', camera: 'camera' }));
    bulbs = await examplesOf({ bulb: 'bulb' });
  });

  it('knows what it was taught', async () => {
    for (const { traits } of await examplesOf({ camera: 'camera' }, 100)) {
      const { type, set, candidates } = model.judge([traits]);
      expect(type).toBe('camera');
      expect(set).toEqual(['camera']);
      expect(candidates[0].probability).toBeGreaterThan(0.5);
    }
  });

  it('answers look-alikes together', async () => {
    const asked = await examplesOf({ plug: 'plug' }, 100);
    for (const { traits } of asked) {
      const { set } = model.judge([traits]);
      expect([...set].sort()).toEqual(['plug 100', 'plug 110']);
    }
  });

  it('takes nothing that was not taught for something that was', () => {
    for (const { traits } of bulbs) {
      const { type, set, candidates, strangeness, nearest } = model.judge([traits]);
      expect({ type, set, candidates }).toEqual({ type: undefined, set: [], candidates: [] });
      expect(model.parts.types).toContain(nearest);
      expect(strangeness.unheardOfMarks.length + strangeness.missingMarks.length).toBeGreaterThan(
        0,
      );
    }
  });

  it('judges by the episodes that it knows', async () => {
    const [camera] = await examplesOf({ camera: 'camera' }, 200);
    const { type, episode } = model.judge([bulbs[0].traits, camera.traits]);
    expect(type).toBe('camera');
    expect(episode).toBe(1);
  });

  it('gives reasons that are true of the device', async () => {
    const [{ traits }] = await examplesOf({ camera: 'camera' }, 300);
    const reasons = model.reasons(traits, 'camera');
    expect(reasons.length).toBeGreaterThan(3);
    expect(reasons[0].weight).toBeGreaterThan(0);
    for (const { text } of reasons) {
      const [, absent] = /^not: (.*)$/.exec(text) ?? [];
      const [, name] = /^(?:no )?(.*?)(?:: -?[\d.e+-]+)?$/.exec(text) ?? [];
      const isMark = traits.marks.has(text) || (absent !== undefined && !traits.marks.has(absent));
      expect(isMark || traits.measures.has(name) === !text.startsWith('no ')).toBe(true);
    }
  });

  it('says what its own training measured', () => {
    const { figures, calibration } = model.parts;
    expect(figures).toMatchObject({ examples: 3 * PER_TYPE, judged: 3 * PER_TYPE });
    expect(figures.held).toBeGreaterThan(0.95);
    // Of two that nobody can tell apart half are right.
    expect(figures.right).toBeGreaterThan(0.45);
    expect(figures.right).toBeLessThan(0.95);
    expect(calibration.shareMin).toBeLessThan(0.5);
  });

  it('is the same for the same examples', async () => {
    const again = teach(
      await examplesOf({ 'plug 100': 'plug', 'plug 110': 'plug', camera: 'camera' }),
    );
    expect(writeModel(again).equals(writeModel(model))).toBe(true);
  });

  it('can be taught from one example of each of two types', async () => {
    const few = (await examplesOf({ a: 'plug', b: 'bulb' })).filter((_, at) => at % PER_TYPE === 0);
    const small = teach(few);
    expect(small.parts.figures.judged).toBe(0);
    expect(small.judge([few[1].traits]).nearest).toBe('b');
  });

  describe('its file', () => {
    let bytes: Buffer;
    beforeAll(() => {
      bytes = writeModel(model);
    });

    it('holds all of it', async () => {
      const read = readModel(bytes, 'x.model');
      expect(read.parts).toEqual(model.parts);
      const [{ traits }] = await examplesOf({ camera: 'camera' }, 400);
      expect(read.judge([traits])).toEqual(model.judge([traits]));
    });

    it.each([
      ['nothing', Buffer.alloc(0)],
      ['another kind of file', Buffer.from('%PDF-1.7 and so on, for a while longer than a header')],
    ])('%s is refused as no model', (_what, other) => {
      expect(() => readModel(other, 'x.model')).toThrow(/x\.model is not a model/);
    });

    it('a missing one is said so', () => {
      expect(() => readModelFile('/nowhere/x.model')).toThrow(InputError);
    });

    it('any change is noticed', () => {
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
          const changed = Buffer.from(bytes);
          changed[at] ^= by;
          expect(() => readModel(changed, 'x.model')).toThrow(InputError);
        }),
        { numRuns: 200 },
      );
      for (const length of [7, 8, 20, 100, bytes.length - 33, bytes.length - 1])
        expect(() => readModel(bytes.subarray(0, length), 'x.model')).toThrow(InputError);
    });

    it('whatever a forger writes, it is refused or judges within bounds', () => {
      const { traits } = bulbs[0];
      const places = fc.oneof(fc.nat(bytes.length - 33), fc.nat(400));
      fc.assert(
        fc.property(
          fc.array(fc.tuple(places, fc.nat(255)), { minLength: 1, maxLength: 6 }),
          (changes) => {
            const forged = Buffer.from(bytes);
            for (const [at, value] of changes) forged[at] = value;
            let read: BehaviourModel;
            try {
              read = readModel(resealed(forged), 'x.model');
            } catch (error) {
              expect(error).toBeInstanceOf(InputError);
              return;
            }
            const { nearest } = read.judge([traits]);
            expect(read.parts.types).toContain(nearest);
            read.reasons(traits, nearest);
          },
        ),
        { numRuns: 2000 },
      );
    });

    it('of another version is said to be so', () => {
      const text = bytes.toString('latin1').replace('"traits":1', '"traits":2');
      expect(() => readModel(resealed(Buffer.from(text, 'latin1')), 'x.model')).toThrow(
        /another version/,
      );
    });
  });
});

/** With the checksum that its bytes have now. */
function resealed(bytes: Buffer): Buffer {
  const body = bytes.subarray(0, -32);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}
