/** `scan … --push`: the captures go to a running instance, which audits them and keeps the history. */
import { buffer } from 'node:stream/consumers';
import type { Audit } from '../../audit/records/index.ts';
import { ExitCode, escapeControls, UsageError } from '../../base/index.ts';
import { captureFiles } from '../../capture/index.ts';
import type { Context } from '../command.ts';
import { checkOutputs, writeFileWhole } from '../write-file.ts';
import { printAudit } from './audit.ts';
import { connect } from './client.ts';
import { push, siteFor } from './push.ts';

const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;

interface ScanOptions {
  readonly push: string | undefined;
  readonly data: string | undefined;
  readonly tokenFile: string | undefined;
  readonly site: string | undefined;
  readonly keep: boolean;
  readonly html: string | undefined;
  readonly sarif: string | undefined;
  readonly failOn: (typeof SEVERITIES)[number] | undefined;
}

/** What the instance decides by what it knows, and what is not kept there. */
const HERE_ONLY = ['ocsf', 'evidence', 'expect', 'baseline', 'model', 'typeEvidence'] as const;

export async function scanThere(
  context: Context,
  paths: readonly string[],
  options: ScanOptions & { readonly [name in (typeof HERE_ONLY)[number]]: unknown },
): Promise<ExitCode> {
  const { out, err, json } = context;
  const { html, sarif, failOn } = options;
  refuseClashes(paths, options);
  const files = captureFiles(paths).map(({ path }) => path);
  const outputs = [html, sarif].filter((path) => path !== undefined);
  if (files.length > 1 && outputs.length > 0)
    throw new UsageError(
      'options-clash',
      'each capture is an audit of its own: push one with --html.',
    );
  checkOutputs(files, outputs);
  const client = connect(
    { url: options.push, data: options.data, tokenFile: options.tokenFile },
    context,
  );
  const { id: site } = await siteFor(client, options.site);
  const audits: Audit[] = [];
  for (const path of files) {
    const audit = await push(client, context, { path, site, keep: options.keep });
    audits.push(audit);
    for (const [format, to] of [
      ['html', html],
      ['sarif', sarif],
    ] as const) {
      if (to === undefined || audit.state !== 'done') continue;
      const answer = await client.bytes('/audits/{id}/report', { id: audit.id }, { format });
      writeFileWhole(to, await buffer(answer));
      err.print(`${format}: ${to}`);
    }
    if (!json) printAudit(out, audit);
  }
  if (json) out.json(audits);
  const failed = audits.filter(({ state }) => state !== 'done');
  for (const { name, error } of failed)
    err.print(`${escapeControls(name)} was not audited: ${escapeControls(error?.message ?? '')}`);
  if (failed.length > 0) return ExitCode.input;
  return failOn !== undefined && audits.some((audit) => reaches(audit, failOn))
    ? ExitCode.findings
    : ExitCode.fine;
}

function refuseClashes(
  paths: readonly string[],
  options: Pick<ScanOptions, 'push' | 'data'> & {
    readonly [name in (typeof HERE_ONLY)[number]]: unknown;
  },
): void {
  if (options.push !== undefined && options.data !== undefined)
    throw new UsageError('options-clash', '--push and --data exclude each other.');
  if (paths.includes('-'))
    throw new UsageError('options-clash', 'a stream cannot be resumed; push a file.');
  const clash = HERE_ONLY.find((name) => options[name] !== undefined);
  if (clash === undefined) return;
  const flag =
    clash === 'evidence'
      ? '--save-evidence'
      : clash === 'typeEvidence'
        ? '--evidence'
        : `--${clash}`;
  throw new UsageError(
    'options-clash',
    `${flag} is for scans here; leave it out with --push or --data.`,
  );
}

const reaches = ({ summary }: Audit, from: (typeof SEVERITIES)[number]): boolean =>
  SEVERITIES.slice(0, SEVERITIES.indexOf(from) + 1).some(
    (severity) => (summary?.findings[severity] ?? 0) > 0,
  );
