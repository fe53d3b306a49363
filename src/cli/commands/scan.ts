/** `fleetward scan CAPTURE…`: who is on the network, and what each device does wrong, with proof. */
import { ExitCode } from '../../base/index.ts';
import { command } from '../command.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;

export const scan = command({
  name: 'scan',
  summary: 'List the devices in a capture and audit each one, with proof',
  arguments: [
    {
      name: 'capture',
      summary: 'pcap or pcapng, also gzip; a folder of them; - for standard input',
      required: true,
      variadic: true,
      completes: 'file',
    },
  ],
  options: {
    failOn: {
      flags: '--fail-on <severity>',
      summary: 'exit 1 when there is a finding of this severity or graver',
      choices: SEVERITIES,
    },
    hashKey: {
      flags: '--hash-key <text>',
      summary: 'key of the hashes that stand for secrets, so that two runs can be compared',
    },
  },
  examples: [
    ['scan examples/site.pcap', 'the report, to read'],
    ['scan nightly.pcapng --fail-on high', 'for CI: exit 1 from high on'],
  ],
  async run({ out, json, version, progress, signal }, { arguments: paths, options }) {
    const { scan } = await import('../../app/index.ts');
    const line = progress('reading', 'bytes');
    const { report } = await scan(paths, {
      version,
      signal,
      progress: (bytes) => line.at(bytes),
      ...(options.hashKey === undefined ? {} : { hashKey: options.hashKey }),
    }).finally(() => line.done());
    if (json) out.json(report);
    else out.print(report.summary.verdict);
    const gravest = options.failOn === undefined ? -1 : SEVERITIES.indexOf(options.failOn);
    const failed = report.findings.some(
      ({ severity, status }) => status === 'new' && SEVERITIES.indexOf(severity) <= gravest,
    );
    return failed ? ExitCode.findings : ExitCode.fine;
  },
});
