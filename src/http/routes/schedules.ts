/** Schedules: work that comes again. */
import { z } from 'zod';
import { scheduleInputSchema } from '../../app/system/index.ts';
import { etag, ifMatch } from '../etag.ts';
import { idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';
import { scheduleSchema } from '../schemas.ts';

const tags = ['jobs'];
const access = 'schedules.manage';

export const scheduleRoutes: Routes = (api, { scheduled }) => {
  api.route({
    method: 'GET',
    url: '/schedules',
    config: { access },
    schema: {
      tags,
      summary: 'List schedules, in the order in which they were made',
      querystring: z.object({ ...pageQuery, cursor: z.uuid().optional() }),
      response: { 200: pageOf(scheduleSchema) },
    },
    handler: async ({ query }) => {
      const { limit, cursor: after } = query;
      const found = await scheduled.list({ after, limit: limit + 1 });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  });
  api.route({
    method: 'GET',
    url: '/schedules/folders',
    config: { access },
    schema: {
      tags,
      summary: 'Folders with captures that a schedule may name',
      response: { 200: z.array(z.object({ folder: z.string(), site: z.string() })) },
    },
    handler: async () => scheduled.folders.map(({ folder, site }) => ({ folder, site })),
  });
  api.route({
    method: 'GET',
    url: '/schedules/:id',
    config: { access },
    schema: { tags, summary: 'A schedule', params: idParams, response: { 200: scheduleSchema } },
    handler: async ({ params }, reply) => {
      const schedule = await scheduled.get(params.id);
      reply.header('etag', etag(schedule.revision));
      return schedule;
    },
  });
  api.route({
    method: 'POST',
    url: '/schedules',
    config: { access, repeats: true },
    schema: {
      tags,
      summary: 'Let work come again',
      body: scheduleInputSchema,
      response: { 201: scheduleSchema },
    },
    handler: async ({ body, caller }, reply) => {
      const schedule = await scheduled.add(caller, body);
      reply.code(201).header('etag', etag(schedule.revision));
      return schedule;
    },
  });
  api.route({
    method: 'PUT',
    url: '/schedules/:id',
    config: { access },
    schema: {
      tags,
      summary: 'Change a schedule',
      params: idParams,
      body: scheduleInputSchema,
      response: { 200: scheduleSchema },
    },
    handler: async ({ params, body, caller, headers }, reply) => {
      const from = ifMatch(headers['if-match']);
      const schedule = await scheduled.change(caller, params.id, body, from);
      reply.header('etag', etag(schedule.revision));
      return schedule;
    },
  });
  api.route({
    method: 'DELETE',
    url: '/schedules/:id',
    config: { access },
    schema: { tags, summary: 'Remove a schedule', params: idParams, response: { 204: none } },
    handler: async ({ params, caller }, reply) => {
      await scheduled.remove(caller, params.id);
      return reply.code(204).send(null);
    },
  });
};
