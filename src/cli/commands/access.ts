/** `fleetward access …`: for the machine's owner, at its own console. */
import { ExitCode, escapeControls, NotFoundError } from '../../base/index.ts';
import type { Api } from '../../http/index.ts';
import { command, commandWithVerbs } from '../command.ts';
import { dataOption } from '../options.ts';
import { connect } from '../remote/client.ts';
import { moment, printTable } from '../remote/table.ts';

const recover = command({
  name: 'recover',
  summary: 'Let an administrator in who lost every way to sign in, or make a new one',
  arguments: [{ name: 'login', summary: 'the name that they sign in with', required: true }],
  options: {
    name: { flags: '--name <name>', summary: 'what a new one is called (default: the login)' },
    data: dataOption,
  },
  examples: [['access recover ana', 'the link is for her alone; it is recorded']],
  async run(context, { arguments: [login], options }) {
    const link = await connect({ data: options.data }, context).own<{
      url: string;
      expiresAt: number;
    }>('POST', '/console/recover', { login, name: options.name ?? login });
    if (context.json) context.out.json(link);
    else context.out.print(`For ${login} alone, until ${moment(link.expiresAt)} UTC: ${link.url}`);
    context.err.print('It is recorded that the owner of this machine did this.');
    return ExitCode.fine;
  },
});

const approve = command({
  name: 'approve',
  summary: 'Agree, as the second person, to what somebody asked for; without an id: list it',
  arguments: [{ name: 'request', summary: 'id' }],
  options: {
    reason: { flags: '--reason <text>', summary: 'recorded with it' },
    yes: { flags: '--yes', summary: 'agree; without it the request is only shown' },
    data: dataOption,
  },
  examples: [
    ['access approve', 'what waits'],
    ['access approve 0192… --yes', 'after reading what it does'],
  ],
  async run(context, { arguments: [id], options }) {
    const { out, json } = context;
    const client = connect({ data: options.data }, context);
    const waiting: Api.Approval[] = [];
    for await (const approval of client.all('/approvals'))
      if (approval.status === 'pending') waiting.push(approval);
    if (id === undefined) {
      if (json) out.json(waiting);
      else
        printTable(out, waiting, [
          { title: 'ID', of: (approval) => approval.id },
          { title: 'WHAT', of: ({ summary }) => summary },
          { title: 'WHY', of: ({ reason }) => reason },
          { title: 'UNTIL', of: ({ expiresAt }) => moment(expiresAt) },
        ]);
      return ExitCode.fine;
    }
    const approval = waiting.find((one) => one.id === id);
    if (approval === undefined)
      throw new NotFoundError('approval-unknown', `nothing waits under ${id}.`);
    const { summary, reason, digest } = approval;
    if (!options.yes) {
      if (json) out.json(approval);
      else {
        out.print(`${escapeControls(summary)} Asked for because: ${escapeControls(reason)}`);
        out.print(`To agree: fleetward access approve ${id} --yes`);
      }
      return ExitCode.fine;
    }
    const body = { digest, reason: options.reason };
    const { result } = await client.send('POST', '/approvals/{id}/approve', {
      params: { id },
      body,
    });
    if (json) out.json({ result });
    else out.print(`Done: ${escapeControls(summary)}`);
    return ExitCode.fine;
  },
});

export const access = commandWithVerbs('access', 'Act as the owner of this machine', [
  recover,
  approve,
]);
