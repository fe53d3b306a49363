/** `fleetward train identify PATH… --out FILE`: teaches a model how types of device behave. */
import { ExitCode, escapeControls, UsageError } from '../../base/index.ts';
import { command } from '../command.ts';
import { defined } from '../options.ts';

const LABEL_COLUMNS = 40;

export const train = command({
  name: 'train',
  summary: 'Teach a model of how types of device behave, from captures',
  arguments: [
    { name: 'what', summary: 'what the model is for', required: true, choices: ['identify'] },
    {
      name: 'path',
      summary:
        'a folder with labels.csv (device, type, mac) and a sub-folder a device; or captures',
      required: true,
      variadic: true,
      completes: 'file',
    },
  ],
  options: {
    out: {
      flags: '--out <file>',
      summary: 'where the model goes; one that is there is kept as FILE.previous',
      completes: 'file',
    },
    corrections: {
      flags: '--from-corrections <file>',
      summary: 'expectations.yaml: devices whose type it names are examples, and win over labels',
      completes: 'file',
    },
  },
  examples: [
    ['train identify captures/ --out site.model', 'from a folder with labels.csv'],
    [
      'train identify week/ --from-corrections expectations.yaml --out site.model',
      'from the devices that you have named',
    ],
    ['scan site.pcap --model site.model', 'to use it'],
  ],
  async run({ out, err, json, progress, signal }, { arguments: [, ...paths], options }) {
    const { out: path, corrections } = options;
    if (path === undefined)
      throw new UsageError('out-missing', 'expected --out FILE: where the model goes.');
    const [{ trainIdentify }, { checkOutputs, keepPrevious, writeFileWhole }] = await Promise.all([
      import('../../app/index.ts'),
      import('../write-file.ts'),
    ]);
    checkOutputs([...paths, ...(corrections === undefined ? [] : [corrections])], [path]);
    const line = progress('reading', 'bytes');
    const { bytes, captures, types, figures } = await trainIdentify(paths, {
      signal,
      progress: (read) => line.at(read),
      ...defined({ corrections }),
    }).finally(() => line.done());
    const previous = keepPrevious(path);
    writeFileWhole(path, bytes);
    if (json) {
      out.json({
        model: path,
        previous: previous ?? null,
        bytes: bytes.length,
        captures,
        types: Object.fromEntries(types),
        figures,
      });
      return ExitCode.fine;
    }
    out.print(
      `${path}: ${types.size} types of device from ${captures} captures, ${Math.ceil(bytes.length / 1024)} KiB.`,
    );
    for (const [type, count] of types)
      out.print(`  ${escapeControls(type).padEnd(LABEL_COLUMNS)} ${count}`);
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    if (figures.judged === 0) {
      out.print(
        'Not measured: give at least two captures of each type, so that one can be left out.',
      );
    } else {
      out.print(
        `Of ${figures.judged} examples, each judged by trees that had not seen its capture, the first answer was right for ${percent(figures.right)}, the answer with its look-alikes held the right type for ${percent(figures.held)}, and ${percent(figures.refused)} were taken for strangers.`,
      );
    }
    if (previous !== undefined) err.print(`the model that was there is kept: ${previous}`);
    return ExitCode.fine;
  },
});
