/** `fleetward identify CAPTURE…`: which types the devices are, by what they say and by how they behave. */
import type { Identified } from '../../app/index.ts';
import { ExitCode, escapeControls, UsageError } from '../../base/index.ts';
import { command } from '../command.ts';
import { captureArgument, defined, modelOption, typeEvidenceOption } from '../options.ts';
import type { Output } from '../output.ts';
import { wrapped } from '../wrap.ts';

export const identify = command({
  name: 'identify',
  summary: 'Say which type each device is, by what it says of itself and how it behaves',
  arguments: [captureArgument],
  options: {
    model: modelOption,
    typeEvidence: typeEvidenceOption,
    expect: {
      flags: '--expect <file>',
      summary: 'expectations.yaml: a type that it names for a device holds',
      completes: 'file',
    },
    correct: {
      flags: '--correct <mac=type...>',
      summary: 'write into --expect what a device is: dc:a6:32:01:02:03=camera',
    },
    explain: { flags: '--explain', summary: 'say what spoke for each type, and against it' },
  },
  examples: [
    ['identify site.pcap', 'by what devices say of themselves'],
    ['identify site.pcap --model site.model --explain', 'by their behaviour too, with reasons'],
    [
      'identify site.pcap --expect expectations.yaml --correct dc:a6:32:01:02:03=camera',
      'to say what a device is; train identify --from-corrections learns from it',
    ],
  ],
  async run({ out, json, progress, signal }, { arguments: paths, options }) {
    const { identify } = await import('../../app/index.ts');
    if (options.correct !== undefined) await correct(options.correct, options.expect);
    const line = progress('reading', 'bytes');
    const { model, typeEvidence, expect } = options;
    const devices = await identify(paths, {
      signal,
      progress: (bytes) => line.at(bytes),
      ...defined({ model, typeEvidence, expect }),
    }).finally(() => line.done());
    if (json) out.json(devices);
    else for (const device of devices) print(out, device, options.explain);
    return ExitCode.fine;
  },
});

/** Keeps what a person says: in the expectations, where it wins over rules and models. */
async function correct(said: readonly string[], expect: string | undefined): Promise<void> {
  if (expect === undefined) {
    throw new UsageError(
      'expect-missing',
      '--correct is kept in the expectations: give --expect FILE, which is made where it is missing.',
    );
  }
  const corrections = said.map((text) => {
    const [, mac, type] =
      /^\s*([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})\s*=\s*(.+?)\s*$/i.exec(text) ?? [];
    if (mac === undefined)
      throw new UsageError(
        'wrong-correction',
        `expected MAC=TYPE, such as dc:a6:32:01:02:03=camera, not “${text}”.`,
      );
    return { mac: mac.toLowerCase().replaceAll('-', ':'), type };
  });
  const [{ correctedExpectations }, { writeFileWhole }] = await Promise.all([
    import('../../audit/index.ts'),
    import('../write-file.ts'),
  ]);
  writeFileWhole(expect, await correctedExpectations(expect, corrections));
}

function print(out: Output, device: Identified, explain: boolean): void {
  const { names, mac, addresses, id, type, corrected, stated, behaviour } = device;
  const about = [mac, addresses[0], device.vendor].filter(
    (part) => part !== null && part !== undefined,
  );
  const text = (line: string, indent: number): void => {
    for (const part of wrapped(escapeControls(line), out.width - indent))
      out.print(' '.repeat(indent) + part);
  };
  out.print(out.style('bold', escapeControls(names[0] ?? addresses[0] ?? id)));
  text(about.join(', '), 2);
  text(`type: ${type ?? 'unknown'}${corrected === null ? '' : ', as you said'}`, 2);
  text(`says of itself: ${candidatesText(stated.candidates) || 'nothing that tells'}`, 2);
  if (behaviour) text(`behaves like: ${behaviourText(behaviour)}`, 2);
  if (explain) {
    for (const reason of stated.reasons) text(`says: ${reason}`, 4);
    for (const { text: reason, weight } of behaviour?.reasons ?? [])
      text(`${weight > 0 ? 'for' : 'against'} ${Math.abs(100 * weight).toFixed(1)}: ${reason}`, 4);
    for (const doubt of behaviour?.doubts ?? []) text(`doubt: ${doubt}`, 4);
  }
  for (const advice of behaviour?.advice ?? []) text(`surer: ${advice}`, 2);
  out.print();
}

function behaviourText({
  type,
  nearest,
  candidates,
}: NonNullable<Identified['behaviour']>): string {
  if (nearest === null) return 'too little was seen of it';
  return type === null ? 'nothing that was taught' : candidatesText(candidates);
}

const candidatesText = (candidates: Identified['typeCandidates']): string =>
  candidates
    .map(({ type, probability }) => `${type} ${Math.round(100 * probability)} %`)
    .join(', ');
