/** `fleetward jobs …`: what a running instance does in the background. */

import { ExitCode } from '../../base/index.ts';
import type { Api } from '../../http/index.ts';
import { command, commandWithVerbs } from '../command.ts';
import { remoteOptions } from '../options.ts';
import { connect } from '../remote/client.ts';
import { moment, printTable } from '../remote/table.ts';

const STATES = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
const LIMIT = 20;

const list = command({
  name: 'list',
  summary: 'List jobs, the newest first',
  arguments: [],
  options: {
    state: { flags: '--state <state>', summary: 'only these', choices: STATES },
    ...remoteOptions,
  },
  examples: [['jobs list --state running', 'what is under way']],
  async run(context, { options }) {
    const jobs: Api.Job[] = [];
    const { state } = options;
    for await (const job of connect(options, context).all('/jobs', { state }, LIMIT))
      jobs.push(job);
    if (context.json) context.out.json(jobs);
    else
      printTable(context.out, jobs, [
        { title: 'ID', of: ({ id }) => id },
        { title: 'KIND', of: ({ kind }) => kind },
        { title: 'STATE', of: (job) => job.state },
        { title: 'SINCE', of: ({ created }) => moment(created) },
        { title: 'PROGRESS', of: ({ progressText }) => progressText },
        { title: 'FAILED', of: ({ error }) => error?.message },
      ]);
    return ExitCode.fine;
  },
});

export const jobs = commandWithVerbs('jobs', 'See what a running instance does', [list]);
