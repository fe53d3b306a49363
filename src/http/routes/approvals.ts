/** What waits for a second person. */
import { z } from 'zod';
import { approvalSchema, reason } from '../person-schemas.ts';
import { idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';

const tags = ['approvals'];

export const approvalRoutes: Routes = (api, { access: { approvals } }) => {
  api.route({
    method: 'GET',
    url: '/approvals',
    config: { access: 'approvals.read' },
    schema: {
      tags,
      summary: 'What waits for a second person',
      querystring: z.object(pageQuery),
      response: { 200: pageOf(approvalSchema) },
    },
    handler: async ({ caller, query }) => {
      const { limit, cursor } = query;
      const found = await approvals.list(caller, {
        limit: limit + 1,
        ...(cursor === undefined ? {} : { before: cursor }),
      });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  });
  api.route({
    method: 'POST',
    url: '/approvals/:id/approve',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'Agree, as the second person; it is done then',
      params: idParams,
      body: z.strictObject({ digest: z.string().max(128), reason: reason.optional() }),
      response: { 200: z.object({ result: z.unknown() }) },
    },
    handler: async ({ caller, params, body }) => ({
      result: (await approvals.approve(caller, params.id, body.digest, body.reason)) ?? null,
    }),
  });
  for (const act of ['reject', 'cancel'] as const)
    api.route({
      method: 'POST',
      url: `/approvals/:id/${act}`,
      config: { access: 'signed-in' },
      schema: {
        tags,
        summary: act === 'reject' ? 'Refuse to agree' : 'Take the own request back',
        params: idParams,
        body: z.strictObject({ reason: reason.default('taken back') }),
        response: { 204: none },
      },
      handler: async ({ caller, params, body }, reply) => {
        if (act === 'reject') await approvals.reject(caller, params.id, body.reason);
        else await approvals.cancel(caller, params.id);
        return reply.code(204).send(null);
      },
    });
};
