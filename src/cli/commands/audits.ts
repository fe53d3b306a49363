/** `fleetward audits …`: what was audited, and the reports. */
import { pipeline } from 'node:stream/promises';
import type { Audit } from '../../audit/records/index.ts';
import { ExitCode } from '../../base/index.ts';
import { command, commandWithVerbs } from '../command.ts';
import { remoteOptions } from '../options.ts';
import { printAudit } from '../remote/audit.ts';
import { connect } from '../remote/client.ts';
import { moment, printTable } from '../remote/table.ts';

const FORMATS = ['json', 'html', 'sarif'] as const;
const LIMIT = 20;

const list = command({
  name: 'list',
  summary: 'List audits, the newest first',
  arguments: [],
  options: {
    site: { flags: '--site <id>', summary: 'of this site' },
    ...remoteOptions,
  },
  examples: [['audits list', 'the last twenty']],
  async run(context, { options }) {
    const audits: Audit[] = [];
    const client = connect(options, context);
    for await (const audit of client.all('/audits', { site: options.site }, LIMIT))
      audits.push(audit);
    if (context.json) context.out.json(audits);
    else
      printTable(context.out, audits, [
        { title: 'ID', of: ({ id }) => id },
        { title: 'WHEN', of: ({ created }) => moment(created) },
        { title: 'STATE', of: ({ state }) => state },
        { title: 'CAPTURE', of: ({ name }) => name },
        { title: 'DEVICES', of: ({ summary }) => summary?.devices },
        { title: 'OPENED', of: ({ summary }) => summary?.opened },
        { title: 'FIXED', of: ({ summary }) => summary?.fixed },
      ]);
    return ExitCode.fine;
  },
});

const show = command({
  name: 'show',
  summary: 'Show how an audit ended',
  arguments: [{ name: 'audit', summary: 'its id', required: true }],
  options: remoteOptions,
  examples: [['audits show 0192…', 'by the id that the list shows']],
  async run(context, { arguments: [id], options }) {
    const audit = await connect(options, context).get('/audits/{id}', { id });
    if (context.json) context.out.json(audit);
    else printAudit(context.out, audit);
    return ExitCode.fine;
  },
});

const report = command({
  name: 'report',
  summary: 'Fetch the whole report of an audit',
  arguments: [{ name: 'audit', summary: 'its id', required: true }],
  options: {
    format: { flags: '--format <format>', summary: 'default json', choices: FORMATS },
    out: { flags: '-o, --out <file>', summary: 'in place of standard output', completes: 'file' },
    ...remoteOptions,
  },
  examples: [['audits report 0192… --format html -o report.html', 'to read in a browser']],
  async run(context, { arguments: [id], options }) {
    const client = connect(options, context);
    const format = options.format ?? 'json';
    const answer = await client.bytes('/audits/{id}/report', { id }, { format });
    if (options.out === undefined) await pipeline(answer, process.stdout, { end: false });
    else {
      const [{ buffer }, { writeFileWhole }] = await Promise.all([
        import('node:stream/consumers'),
        import('../write-file.ts'),
      ]);
      writeFileWhole(options.out, await buffer(answer));
    }
    return ExitCode.fine;
  },
});

export const audits = commandWithVerbs('audits', 'Read the audits of a running instance', [
  list,
  show,
  report,
]);
