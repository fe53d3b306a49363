/** Groups: filters with a name. Everybody sees them; whose they are, or who describes all devices, changes them. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Group, groupInputSchema } from '../../fleet/registry/index.ts';
import { etag, ifMatch } from '../etag.ts';
import { idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';
import { groupSchema } from '../schemas.ts';

const tags = ['devices'];

export const groupRoutes: Routes = (api, { groups }) => {
  api.route({
    method: 'GET',
    url: '/groups',
    config: { access: 'devices.read' },
    schema: {
      tags,
      summary: 'List groups by name',
      querystring: z.object(pageQuery),
      response: { 200: pageOf(groupSchema) },
    },
    handler: async ({ query }) => {
      const { items, cursor } = await groups.list({ after: query.cursor, limit: query.limit });
      return { items, next: cursor ?? null };
    },
  });

  api.route({
    method: 'GET',
    url: '/groups/:id',
    config: { access: 'devices.read' },
    schema: { tags, summary: 'A group', params: idParams, response: { 200: groupSchema } },
    handler: async ({ params }, reply) => {
      const group = await groups.get(params.id);
      reply.header('etag', etag(group.revision));
      return group;
    },
  });

  api.route({
    method: 'POST',
    url: '/groups',
    config: { access: 'devices.describe', repeats: true },
    schema: {
      tags,
      summary: 'Save a group',
      body: groupInputSchema,
      response: { 201: groupSchema },
    },
    handler: async ({ body, caller }, reply) => {
      const group = await groups.add(caller, body);
      reply.code(201).header('etag', etag(group.revision));
      return group;
    },
  });

  api.route({
    method: 'PUT',
    url: '/groups/:id',
    config: { access: 'devices.describe' },
    schema: {
      tags,
      summary: 'Change a group',
      params: idParams,
      body: groupInputSchema,
      response: { 200: groupSchema },
    },
    handler: async (request, reply) => {
      const { params, body, caller, headers } = request;
      demandOwn(request, await groups.get(params.id));
      const from = ifMatch(headers['if-match']);
      const group = await groups.change(caller, params.id, body, from);
      reply.header('etag', etag(group.revision));
      return group;
    },
  });

  api.route({
    method: 'DELETE',
    url: '/groups/:id',
    config: { access: 'devices.describe' },
    schema: {
      tags,
      summary: 'Remove a group; its devices stay',
      params: idParams,
      response: { 204: none },
    },
    handler: async (request, reply) => {
      const { params, caller } = request;
      demandOwn(request, await groups.get(params.id));
      await groups.remove(caller, params.id);
      reply.code(204);
      return null;
    },
  });
};

/** The own ones, or those of all with the permission everywhere. */
function demandOwn({ caller, allow }: Pick<FastifyRequest, 'caller' | 'allow'>, group: Group) {
  if (group.owner !== caller.id) allow('devices.describe');
}
