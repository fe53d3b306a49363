/** `fleetward people …`: who has an account on a running instance. */
import { ExitCode, UsageError } from '../../base/index.ts';
import type { Api } from '../../http/index.ts';
import { command, commandWithVerbs } from '../command.ts';
import { remoteOptions } from '../options.ts';
import { connect } from '../remote/client.ts';
import { moment, printTable } from '../remote/table.ts';

const STATUSES = ['invited', 'active', 'removed', 'erased'] as const;
const ROLES = ['member', 'viewer', 'analyst', 'operator', 'administrator', 'auditor'] as const;

const list = command({
  name: 'list',
  summary: 'List people',
  arguments: [],
  options: {
    status: { flags: '--status <status>', summary: 'only these', choices: STATUSES },
    ...remoteOptions,
  },
  examples: [['people list', 'who has an account']],
  async run(context, { options }) {
    const people: Api.Person[] = [];
    const { status } = options;
    for await (const person of connect(options, context).all('/people', { status }))
      people.push(person);
    if (context.json) context.out.json(people);
    else
      printTable(context.out, people, [
        { title: 'ID', of: ({ id }) => id },
        { title: 'LOGIN', of: ({ login }) => login },
        { title: 'NAME', of: ({ name }) => name },
        { title: 'STATUS', of: (person) => person.status },
        { title: 'ROLES', of: ({ grants }) => grants.map(({ role }) => role).join(', ') },
        { title: 'SINCE', of: ({ createdAt }) => moment(createdAt) },
      ]);
    return ExitCode.fine;
  },
});

const invite = command({
  name: 'invite',
  summary: 'Invite somebody; the link that it prints is for them alone',
  arguments: [{ name: 'login', summary: 'the name that they sign in with', required: true }],
  options: {
    name: { flags: '--name <name>', summary: 'what they are called (default: the login)' },
    email: { flags: '--email <address>', summary: 'their address' },
    role: { flags: '--role <role>', summary: 'default viewer', choices: ROLES },
    segment: { flags: '--segment <id>', summary: 'the role is for this segment only' },
    reason: { flags: '--reason <text>', summary: 'why: it is recorded' },
    ...remoteOptions,
  },
  examples: [
    ['people invite ana --name "Ana Silva" --role analyst', 'sends nothing: hand it over'],
  ],
  async run(context, { arguments: [login], options }) {
    const { name, email, segment, reason, role = 'viewer' } = options;
    const body = {
      ...{ login, name: name ?? login, email, reason },
      grants: [{ role, segment }],
    };
    const link = await connect(options, context).send('POST', '/people', { body });
    if (context.json) context.out.json(link);
    else context.out.print(`For ${login} alone, until ${moment(link.expiresAt)} UTC: ${link.url}`);
    return ExitCode.fine;
  },
});

const remove = command({
  name: 'remove',
  summary: 'Remove somebody: sessions, tokens and ways to sign in end',
  arguments: [{ name: 'person', summary: 'id', required: true }],
  options: {
    reason: { flags: '--reason <text>', summary: 'why: it is recorded' },
    ...remoteOptions,
  },
  examples: [['people remove 0190… --reason "left the company"', 'with a reason']],
  async run(context, { arguments: [id], options }) {
    const { reason } = options;
    if (reason === undefined) throw new UsageError('reason-missing', 'say why: --reason TEXT.');
    const waits = await connect(options, context).send('POST', '/people/{id}/remove', {
      params: { id },
      body: { reason },
    });
    if (context.json)
      context.out.json({ removed: waits === null, approval: waits?.approval ?? null });
    else if (waits === null) context.out.print('removed.');
    else
      context.out.print(
        `A second person has to agree: fleetward access approve ${waits.approval.id}`,
      );
    return ExitCode.fine;
  },
});

export const people = commandWithVerbs('people', 'Look after the people of a running instance', [
  list,
  invite,
  remove,
]);
