/** `fleetward findings …`: what is wrong, who works on it, what is accepted. */

import type { FindingRecord } from '../../audit/records/index.ts';
import { ExitCode, UsageError } from '../../base/index.ts';
import { command, commandWithVerbs } from '../command.ts';
import { remoteOptions, wholeNumber } from '../options.ts';
import { connect } from '../remote/client.ts';
import { moment, printFields, printTable } from '../remote/table.ts';

const STATES = ['open', 'accepted', 'fixed'] as const;
const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
const LIMIT = 50;

const findingArguments = [
  { name: 'finding', summary: 'ids', required: true, variadic: true },
] as const;
const reasonOption = { flags: '--reason <text>', summary: 'why: it is recorded' } as const;

const list = command({
  name: 'list',
  summary: 'List findings, the most severe first; open ones unless asked otherwise',
  arguments: [],
  options: {
    state: { flags: '--state <state>', summary: 'in this state', choices: STATES },
    severity: { flags: '--severity <level>', summary: 'from this one on', choices: SEVERITIES },
    control: { flags: '--control <id...>', summary: 'of these controls' },
    device: { flags: '--device <id...>', summary: 'of these devices' },
    assignee: { flags: '--assignee <id...>', summary: 'of these people; none: of nobody' },
    limit: {
      flags: '--limit <number>',
      summary: `at most so many (default ${LIMIT})`,
      parse: wholeNumber,
    },
    ...remoteOptions,
  },
  examples: [
    ['findings list --severity high', 'what to mend first'],
    ['findings list --state accepted --json', 'what is accepted, for programs'],
  ],
  async run(context, { options }) {
    const { out, err, json } = context;
    const { state, severity, control, device, assignee } = options;
    const limit = options.limit ?? LIMIT;
    const findings: FindingRecord[] = [];
    const query = {
      ...{ state, control, device, assignee },
      severity: severity === undefined ? undefined : SEVERITIES.indexOf(severity) + 1,
    };
    for await (const finding of connect(options, context).all('/findings', query, limit))
      findings.push(finding);
    if (json) {
      out.json(findings);
      return ExitCode.fine;
    }
    printTable(out, findings, [
      { title: 'ID', of: ({ id }) => id },
      { title: 'SEVERITY', of: (finding) => finding.severity },
      { title: 'CONTROL', of: (finding) => finding.control },
      { title: 'DEVICE', of: ({ deviceName }) => deviceName },
      { title: 'STATE', of: (finding) => finding.state },
      { title: 'TITLE', of: ({ title }) => title },
    ]);
    if (findings.length === limit) err.print(`the first ${limit}; --limit shows more`);
    return ExitCode.fine;
  },
});

const show = command({
  name: 'show',
  summary: 'Show a finding, or save the packets that prove it',
  arguments: [{ name: 'finding', summary: 'its id', required: true }],
  options: {
    packets: {
      flags: '--packets <file>',
      summary: 'write its packets as pcapng, secrets masked',
      completes: 'file',
    },
    ...remoteOptions,
  },
  examples: [['findings show 0192… --packets proof.pcapng', 'with its proof']],
  async run(context, { arguments: [id], options }) {
    const client = connect(options, context);
    const finding = await client.get('/findings/{id}', { id });
    if (options.packets !== undefined) {
      const [{ buffer }, { writeFileWhole }] = await Promise.all([
        import('node:stream/consumers'),
        import('../write-file.ts'),
      ]);
      writeFileWhole(
        options.packets,
        await buffer(await client.bytes('/findings/{id}/packets', { id })),
      );
    }
    const { out, json } = context;
    if (json) out.json(finding);
    else {
      const { acceptance, comments } = finding;
      printFields(out, {
        ...{ Id: finding.id, Control: finding.control, Title: finding.title },
        ...{ Severity: finding.severity, State: finding.state, Note: finding.note },
        Device: `${finding.deviceName} (${finding.device})`,
        'Assigned to': finding.assignee,
        Opened: moment(finding.opened),
        'Last seen': moment(finding.lastSeen),
        Accepted: acceptance && `until ${moment(acceptance.expires)}: ${acceptance.reason}`,
        Packets: finding.slice?.bytes ? `${finding.slice.bytes} bytes` : 'none kept',
        Comments: comments.map(({ text }) => text).join(' / '),
      });
    }
    return ExitCode.fine;
  },
});

const accept = command({
  name: 'accept',
  summary: 'Accept findings until a day, with a reason',
  arguments: findingArguments,
  options: {
    reason: reasonOption,
    until: {
      flags: '--until <day>',
      summary: 'the last day on which it holds, such as 2027-03-31',
    },
    ...remoteOptions,
  },
  examples: [
    ['findings accept 0192… --until 2027-03-31 --reason "replaced in the spring"', 'for a while'],
  ],
  async run(context, { arguments: findings, options }) {
    const { reason, until } = options;
    if (reason === undefined || until === undefined)
      throw new UsageError('reason-missing', 'an acceptance needs --reason TEXT and --until DAY.');
    const body = { findings, reason, expires: until };
    return changed(
      context,
      await connect(options, context).send('POST', '/findings/accept', { body }),
    );
  },
});

const assign = command({
  name: 'assign',
  summary: 'Give findings to a person, or to nobody',
  arguments: findingArguments,
  options: {
    to: { flags: '--to <person>', summary: 'id of the person; none: nobody' },
    ...remoteOptions,
  },
  examples: [['findings assign 0192… 0193… --to 0190…', 'several at once']],
  async run(context, { arguments: findings, options }) {
    if (options.to === undefined)
      throw new UsageError('to-missing', 'say to whom: --to ID, or --to none.');
    const body = { findings, to: options.to === 'none' ? null : options.to };
    return changed(
      context,
      await connect(options, context).send('POST', '/findings/assign', { body }),
    );
  },
});

const reopen = command({
  name: 'reopen',
  summary: 'Take acceptances back',
  arguments: findingArguments,
  options: { reason: reasonOption, ...remoteOptions },
  examples: [['findings reopen 0192… --reason "it is reachable after all"', 'with a reason']],
  async run(context, { arguments: findings, options }) {
    const { reason } = options;
    if (reason === undefined) throw new UsageError('reason-missing', 'say why: --reason TEXT.');
    const body = { findings, reason };
    return changed(
      context,
      await connect(options, context).send('POST', '/findings/reopen', { body }),
    );
  },
});

export const findings = commandWithVerbs('findings', 'Work on the findings of a running instance', [
  list,
  show,
  accept,
  assign,
  reopen,
]);

function changed(
  { out, json }: Parameters<(typeof list)['run']>[0],
  answer: { readonly findings: readonly string[] },
): ExitCode {
  if (json) out.json(answer);
  else out.print(`${answer.findings.length} findings changed.`);
  return ExitCode.fine;
}
