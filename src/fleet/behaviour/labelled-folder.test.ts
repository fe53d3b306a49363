/** Folders of labelled captures: what is read of them, and what is refused with its line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InputError } from '../../base/index.ts';
import { station } from '../testing.ts';
import { examplesOf, hasLabels, labelledCaptures } from './labelled-folder.ts';
import { captureOf, habits } from './testing.ts';

describe('a labelled folder', () => {
  let folder: string;
  const self = station(7, '192.168.7.20');
  const other = station(8, '192.168.7.21');

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fleetward-labels-'));
    for (const [device, habit] of [['hall-plug', 'plug'] as const, ['cam, 2', 'camera'] as const]) {
      mkdirSync(join(folder, device));
      for (const run of [1, 2])
        writeFileSync(join(folder, device, `${run}.pcap`), captureOf(habits[habit], self, run));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const labels = (...lines: string[]): void =>
    writeFileSync(join(folder, 'labels.csv'), `${lines.join('\n')}\n`);
  const refusal = (): string => {
    try {
      labelledCaptures(folder);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      return (error as InputError).message;
    }
    throw new Error('the labels were taken');
  };

  it('gives the device’s episodes in each capture, by columns in any order, and skips others', async () => {
    labels(
      '\ufeffnote,MAC,type,device',
      `x,${self.mac.toUpperCase().replaceAll(':', '-')},smart plug,hall-plug\r`,
      '',
      `"a ""quoted"" note",${self.mac},camera,"cam, 2"`,
    );
    expect(hasLabels(folder)).toBe(true);
    const captures = labelledCaptures(folder);
    expect(captures.map(({ type, file }) => `${type} ${file.name}`)).toEqual([
      'smart plug 1.pcap',
      'smart plug 2.pcap',
      'camera 1.pcap',
      'camera 2.pcap',
    ]);
    const [example, ...more] = await examplesOf(captures[0]);
    expect(more).toEqual([]);
    expect(example).toMatchObject({ type: 'smart plug', group: captures[0].file.path });
    expect(example.traits.marks.has('connects to TCP 8883')).toBe(true);
  });

  it('gives nothing of a device that its captures do not show', async () => {
    labels('device,type,mac', `hall-plug,plug,${other.mac}`);
    expect(await examplesOf(labelledCaptures(folder)[0])).toEqual([]);
  });

  it.each([
    [['device,type'], 'labels.csv:1: expected columns named device, type and mac'],
    [['device,type,mac'], 'labels.csv:2: expected a line for each device'],
    [
      ['device,type,mac', '../x,plug,00:00:5e:00:53:07'],
      'labels.csv:2: expected the name of a sub',
    ],
    [['device,type,mac', '..,plug,00:00:5e:00:53:07'], 'labels.csv:2: expected the name of a sub'],
    [['device,type,mac', '', 'a,plug,00:00:5e'], 'labels.csv:3: expected a mac such as'],
    [['device,type,mac', 'a,,00:00:5e:00:53:07'], 'labels.csv:2: expected a type'],
    [['device,type,mac', 'nowhere,plug,00:00:5e:00:53:07'], 'nowhere'],
  ])('%j is refused', (lines, message) => {
    labels(...lines);
    expect(refusal()).toContain(message);
  });

  it('without labels is none', () => {
    expect(hasLabels(folder)).toBe(false);
    expect(refusal()).toContain('labels.csv');
  });
});
