/** `fleetward scan CAPTURE…`: who is on the network, and what each device does wrong, with proof. */
import { ExitCode, jsonText, UsageError } from '../../base/index.ts';
import { command } from '../command.ts';
import {
  captureArgument,
  dataOption,
  defined,
  hashKeyOption,
  modelOption,
  remoteOptions,
  typeEvidenceOption,
} from '../options.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;

export const scan = command({
  name: 'scan',
  summary: 'List the devices in a capture and audit each one, with proof',
  arguments: [captureArgument],
  options: {
    html: {
      flags: '--html <file>',
      summary: 'write the report as one HTML page',
      completes: 'file',
    },
    sarif: {
      flags: '--sarif <file>',
      summary: 'write the findings as SARIF 2.1.0',
      completes: 'file',
    },
    ocsf: {
      flags: '--ocsf <file>',
      summary: 'write devices and findings as OCSF 1.8.0 events, one a line',
      completes: 'file',
    },
    evidence: {
      flags: '--save-evidence <folder>',
      summary: 'write the packets of each finding as pcapng, secrets masked',
      completes: 'folder',
    },
    expect: {
      flags: '--expect <file>',
      summary: 'expectations.yaml: known devices, thresholds, accepted findings',
      completes: 'file',
    },
    baseline: {
      flags: '--baseline <report>',
      summary: 'an earlier --json report: say what is new, gone and changed since',
      completes: 'file',
    },
    failOn: {
      flags: '--fail-on <severity>',
      summary: 'exit 1 from this severity on; with --baseline, on new findings only',
      choices: SEVERITIES,
    },
    model: modelOption,
    typeEvidence: typeEvidenceOption,
    standard: {
      flags: '--standard <name...>',
      summary: 'show the coverage of a standard, such as etsi-303645 or eu-cra',
    },
    flows: {
      flags: '--flows <number>',
      summary: 'flows held at once, 128 bytes each (default 131072)',
      parse: flowCount,
    },
    hashKey: hashKeyOption,
    push: {
      flags: '--push <url>',
      summary: 'have it audited by a running instance, which keeps the history; with --token-file',
    },
    data: { ...dataOption, summary: 'the same by the instance that has this data folder' },
    tokenFile: remoteOptions.tokenFile,
    site: { flags: '--site <name>', summary: 'with --push: the site that the captures are of' },
    keep: { flags: '--keep', summary: 'with --push: keep the captures after their audit' },
  },
  examples: [
    ['scan examples/site.pcap', 'the report, to read'],
    ['scan site.pcap --html report.html --sarif report.sarif', 'several outputs in one run'],
    ['scan nightly.pcapng --baseline last.json --fail-on high', 'for CI: exit 1 on what is new'],
    [
      'scan site.pcap --standard etsi-303645',
      'what traffic says of EN 303 645, and what it cannot',
    ],
    ['scan - < site.pcap', 'from standard input'],
    [
      'scan site.pcap --push https://fleet.example --token-file token',
      'into the history of a running instance',
    ],
  ],
  async run(context, { arguments: paths, options }) {
    if (options.push !== undefined || options.data !== undefined)
      return (await import('../remote/scan-there.ts')).scanThere(context, paths, options);
    const { out, err, json, version, progress, signal } = context;
    const [{ scan }, { captureFiles }, { checkOutputs, writeFileWhole }] = await Promise.all([
      import('../../app/index.ts'),
      import('../../capture/index.ts'),
      import('../write-file.ts'),
    ]);
    const { html, sarif, ocsf, evidence, failOn } = options;
    const { expect, baseline, model } = options;
    checkOutputs(
      [...captureFiles(paths).map(({ path }) => path), ...given(expect, baseline, model)],
      given(html, sarif, ocsf),
    );
    const line = progress('reading', 'bytes');
    const report = await scan(paths, {
      version,
      signal,
      progress: (bytes) => line.at(bytes),
      ...defined({
        expect,
        baseline,
        standards: options.standard,
        model: options.model,
        typeEvidence: options.typeEvidence,
        evidence,
        flows: options.flows,
        hashKey: options.hashKey,
      }),
    }).finally(() => line.done());

    const { hasFinding, htmlReport, ocsfReport, sarifReport, terminalReport } = await import(
      '../../audit/index.ts'
    );
    if (html !== undefined) writeFileWhole(html, htmlReport(report));
    if (sarif !== undefined) writeFileWhole(sarif, jsonText(sarifReport(report), 2));
    if (ocsf !== undefined) writeFileWhole(ocsf, ocsfReport(report));
    if (json) out.json(report);
    else {
      const written = Object.entries({ html, sarif, ocsf, evidence }).filter(
        ([, path]) => path !== undefined,
      );
      const lines = terminalReport(report, {
        width: out.width,
        style: (style, text) => out.style(style, text),
        written: written.map(([kind]) => kind as 'html' | 'sarif' | 'ocsf' | 'evidence'),
      });
      for (const text of lines) out.print(text);
      for (const [kind, path] of written) err.print(`${kind}: ${path}`);
    }
    return failOn !== undefined && hasFinding(report, failOn) ? ExitCode.findings : ExitCode.fine;
  },
});

const given = (...paths: (string | undefined)[]): string[] =>
  paths.filter((path) => path !== undefined);

function flowCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1024 || count > 16_777_216) {
    throw new UsageError('wrong-flows', 'expected a whole number from 1024 to 16777216');
  }
  return count;
}
