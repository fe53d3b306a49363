/** What runs in the background, and what comes again. */
import { z } from 'zod';
import { idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';

const tags = ['jobs'];
const states = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
const jobSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    actor: z.object({ kind: z.string(), id: z.string() }),
    state: z.enum(states),
    created: z.int(),
    started: z.int().nullable(),
    finished: z.int().nullable(),
    attempts: z.int(),
    progress: z.number().nullable().describe('0 to 1'),
    progressText: z.string().nullable(),
    result: z.unknown(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: 'Job' });

export const jobRoutes: Routes = (api, { jobs, store }) => {
  api.route({
    method: 'GET',
    url: '/jobs',
    config: { access: 'jobs.read' },
    schema: {
      tags,
      summary: 'List jobs, newest first',
      querystring: z.object({
        ...pageQuery,
        state: z.enum(states).optional(),
        kind: z.string().max(100).optional(),
      }),
      response: { 200: pageOf(jobSchema) },
    },
    handler: async ({ query }) => {
      const { limit, cursor, state, kind } = query;
      const found = await jobs.list({
        limit: limit + 1,
        ...(cursor === undefined ? {} : { before: cursor }),
        ...(state === undefined ? {} : { state }),
        ...(kind === undefined ? {} : { kind }),
      });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  });
  api.route({
    method: 'GET',
    url: '/jobs/:id',
    config: { access: 'jobs.read' },
    schema: { tags, summary: 'A job', params: idParams, response: { 200: jobSchema } },
    handler: ({ params }) => jobs.get(params.id),
  });
  api.route({
    method: 'POST',
    url: '/jobs/:id/cancel',
    config: { access: 'jobs.manage' },
    schema: { tags, summary: 'Ask a job to end', params: idParams, response: { 204: none } },
    handler: async ({ params, caller }, reply) => {
      await store.write((tx) => jobs.cancel(tx, caller, params.id));
      return reply.code(204).send(null);
    },
  });
};
