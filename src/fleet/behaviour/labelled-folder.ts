/**
 * Examples from a folder of captures with labels.csv: columns device, type and mac (others are passed over), one line
 * a sub-folder, which holds captures of that device.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, unreadable } from '../../base/index.ts';
import { type CaptureFile, captureFiles, readCapture } from '../../capture/index.ts';
import { BehaviourCollector } from './collector.ts';
import type { Example } from './teach.ts';
import { examplesIn } from './witness.ts';

const LABELS_FILE = 'labels.csv';
const LABELS_BYTES_MAX = 4 * 1024 * 1024;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

interface Label {
  /** Name of its sub-folder. */
  readonly device: string;
  readonly type: string;
  readonly mac: string;
}

/** Whether a path is a folder with labels. */
export function hasLabels(path: string): boolean {
  return statSync(join(path, LABELS_FILE), { throwIfNoEntry: false })?.isFile() ?? false;
}

/** @throws InputError `file-…`, `labels-wrong` with the line and what was expected there. */
function readLabels(folder: string): Label[] {
  const path = join(folder, LABELS_FILE);
  let text: string;
  try {
    if (statSync(path).size > LABELS_BYTES_MAX) throw wrong(path, 1, 'at most 4 MiB');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
  const [header, ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const names = cells(header).map((name) => name.toLowerCase());
  const columns = ['device', 'type', 'mac'].map((name) => names.indexOf(name));
  if (columns.includes(-1)) throw wrong(path, 1, 'columns named device, type and mac');
  const labels: Label[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const values = cells(line);
    const [device, type, mac] = columns.map((column) => values[column] ?? '');
    labels.push(
      checked({ device, type, mac: mac.toLowerCase().replaceAll('-', ':') }, path, index + 2),
    );
  }
  if (labels.length === 0) throw wrong(path, 2, 'a line for each device');
  return labels;
}

function checked(label: Label, path: string, line: number): Label {
  const { device, type, mac } = label;
  if (device === '' || device === '.' || device === '..' || /[/\\\0]/.test(device))
    throw wrong(path, line, 'the name of a sub-folder as device');
  if (type === '' || type.length > 200) throw wrong(path, line, 'a type of at most 200 characters');
  if (!MAC.test(mac)) throw wrong(path, line, 'a mac such as dc:a6:32:01:02:03');
  return label;
}

/** Cells of a line of CSV (RFC 4180), without line ends inside them. */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain.trim(),
  );
}

function wrong(path: string, line: number, expected: string): InputError {
  return new InputError('labels-wrong', `${path}:${line}: expected ${expected}`);
}

/** One capture of a labelled device. */
export interface LabelledCapture extends Label {
  readonly file: CaptureFile;
}

/** @throws InputError as `readLabels`, and `folder-empty` or `file-missing` for a device without captures. */
export function labelledCaptures(folder: string): LabelledCapture[] {
  return readLabels(folder).flatMap((label) =>
    captureFiles([join(folder, label.device)]).map((file) => ({ ...label, file })),
  );
}

/** The device's episodes in one of its captures. */
export async function examplesOf({ file, type, mac }: LabelledCapture): Promise<Example[]> {
  const collector = new BehaviourCollector();
  await readCapture(file, collector);
  return examplesIn(collector, mac, type, file.path);
}
