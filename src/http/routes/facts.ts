/** Facts: everything that happened. */
import { z } from 'zod';
import { idParams, pageOf, pageQuery, type Routes } from '../route.ts';

const factSchema = z
  .object({
    seq: z.int(),
    id: z.string(),
    time: z.string(),
    actor: z.object({ kind: z.string(), id: z.string() }),
    action: z.string(),
    version: z.int(),
    subjects: z.array(z.object({ kind: z.string(), id: z.string() })).readonly(),
    reason: z.string().optional(),
    evidence: z.array(z.string()).readonly(),
    before: z.string().optional(),
    after: z.string().optional(),
    body: z.unknown(),
    erased: z.boolean(),
  })
  .meta({ id: 'Fact' });

export const factRoutes: Routes = (api, { facts, registry }) => {
  api.route({
    method: 'GET',
    url: '/facts',
    config: { access: 'facts.read' },
    schema: {
      tags: ['facts'],
      summary: 'List facts, newest first',
      querystring: z.object({
        ...pageQuery,
        action: z
          .string()
          .max(100)
          .optional()
          .describe('`finding.accepted`, or `finding.` for all of findings'),
        actor: z.string().max(200).optional(),
        subject: z.string().max(200).optional().describe('`device:…`'),
        from: z.coerce.number().int().optional(),
        to: z.coerce.number().int().optional(),
      }),
      response: { 200: pageOf(factSchema) },
    },
    handler: ({ query }) => facts.list(query),
  });

  api.route({
    method: 'GET',
    url: '/devices/:id/facts',
    config: { access: 'devices.read' },
    schema: {
      tags: ['devices'],
      summary: 'What happened to a device, newest first',
      params: idParams,
      querystring: z.object(pageQuery),
      response: { 200: pageOf(factSchema) },
    },
    handler: async ({ params, query, reach }) => {
      await registry.get(params.id, reach);
      return facts.list({ ...query, subject: `device:${params.id}` });
    },
  });
};
