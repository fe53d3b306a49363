/** `fleetward doctor`: looks an installation over, and says what to do. */
import { ExitCode, systemClock } from '../../base/index.ts';
import { command } from '../command.ts';
import { dataOption, defaultDataFolder } from '../options.ts';
import { wrapped } from '../wrap.ts';

const MARKS = {
  ok: ['green', 'ok     '],
  warning: ['yellow', 'warning'],
  fault: ['red', 'fault  '],
} as const;
const NAME_COLUMNS = 12;

export const doctor = command({
  name: 'doctor',
  summary: 'Look an installation over: folder, disk, clock, certificate, database, address',
  arguments: [],
  options: {
    data: dataOption,
    config: { flags: '--config <file>', summary: 'the configuration of up', completes: 'file' },
    listen: { flags: '--listen <host:port>', summary: 'as up has it' },
    database: { flags: '--database <url>', summary: 'as up has it' },
  },
  examples: [
    ['doctor', 'whether or not an instance runs; exit 1 on a fault'],
    ['doctor --config /etc/fleetward/config.yaml --json', 'for monitoring'],
  ],
  async run({ out, env, json }, { options }) {
    const { examine, readConfig } = await import('../../app/system/index.ts');
    const config = readConfig(options, defaultDataFolder(env));
    const checks = await examine(config, systemClock);
    if (json) out.json(checks);
    else
      for (const { name, state, found, fix } of checks) {
        const [colour, mark] = MARKS[state];
        const indent = ' '.repeat(mark.length + NAME_COLUMNS + 4);
        const text = fix === undefined ? found : `${found}. To do: ${fix}.`;
        const [first = '', ...rest] = wrapped(text, out.width - indent.length);
        out.print(`${out.style(colour, mark)}  ${name.padEnd(NAME_COLUMNS)}  ${first}`);
        for (const line of rest) out.print(`${indent}${line}`);
      }
    return checks.some(({ state }) => state === 'fault') ? ExitCode.findings : ExitCode.fine;
  },
});
