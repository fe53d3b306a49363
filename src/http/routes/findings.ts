/** Findings: the inbox, one finding with its evidence, and what people do with them. */

import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Permission } from '../../access/index.ts';
import {
  acceptanceInputSchema,
  FINDING_SORTS,
  findingFilterSchema,
} from '../../audit/records/index.ts';
import { filterOf, queryOf } from '../filters.ts';
import { idBody, idParams, pageOf, pageQuery, type Routes } from '../route.ts';
import { findingDetailsSchema, findingRecordSchema } from '../schemas.ts';

const filterQuery = queryOf(findingFilterSchema);
const TALLIES = ['control', 'severity', 'assignee', 'model'] as const;
const changed = z.object({ findings: z.array(z.string()) });
const someFindings = z.array(z.string()).min(1).max(500);

const findingFilterOf = (query: object) => filterOf(findingFilterSchema, query);

export const findingRoutes: Routes = (api, { findings, registry }) => {
  /** Asks for each finding's device. */
  async function demand(
    { reach, allow }: Pick<FastifyRequest, 'reach' | 'allow'>,
    permission: Permission,
    ids: readonly string[],
  ): Promise<void> {
    for (const id of ids) {
      const { device } = await findings.get(id, reach);
      allow(permission, await registry.get(device, reach));
    }
  }

  api.route({
    method: 'GET',
    url: '/findings',
    config: { access: 'findings.read' },
    schema: {
      tags: ['findings'],
      summary: 'List findings; open ones unless asked otherwise',
      querystring: z.object({
        ...pageQuery,
        ...filterQuery,
        sort: z.enum(FINDING_SORTS).default('severity'),
        order: z.enum(['asc', 'desc']).default('desc'),
      }),
      response: { 200: pageOf(findingRecordSchema) },
    },
    handler: async ({ query, reach }) => {
      const { items, cursor } = await findings.list({
        filter: findingFilterOf(query),
        reach,
        sort: query.sort,
        descending: query.order === 'desc',
        after: query.cursor,
        limit: query.limit,
      });
      return { items, next: cursor ?? null };
    },
  });

  api.route({
    method: 'GET',
    url: '/findings/count',
    config: { access: 'findings.read' },
    schema: {
      tags: ['findings'],
      summary: 'How many findings there are, in all or by the values of a field',
      querystring: z.object({ ...filterQuery, by: z.enum(TALLIES).optional() }),
      response: {
        200: z.object({
          count: z.int(),
          by: z
            .array(
              z.object({ value: z.union([z.string(), z.number()]).nullable(), count: z.int() }),
            )
            .nullable(),
        }),
      },
    },
    handler: async ({ query, reach }) => {
      const filter = findingFilterOf(query);
      const [count, by] = await Promise.all([
        findings.count(filter, reach),
        query.by === undefined ? null : findings.tally(query.by, filter, reach),
      ]);
      return { count, by };
    },
  });

  api.route({
    method: 'GET',
    url: '/findings/:id',
    config: { access: 'findings.read' },
    schema: {
      tags: ['findings'],
      summary: 'A finding with its evidence and what people said',
      params: idParams,
      response: { 200: findingDetailsSchema },
    },
    handler: ({ params, reach }) => findings.get(params.id, reach),
  });

  api.route({
    method: 'GET',
    url: '/findings/:id/packets',
    config: { access: 'evidence.read' },
    schema: {
      tags: ['findings'],
      summary: 'The packets that prove it as pcapng, secrets masked',
      params: idParams,
    },
    handler: async ({ params, reach }, reply) => {
      const bytes = await findings.slice(params.id, reach);
      reply
        .type('application/vnd.tcpdump.pcap')
        .header('content-disposition', `attachment; filename="finding-${params.id}.pcapng"`);
      return reply.send(Buffer.from(bytes));
    },
  });

  api.route({
    method: 'POST',
    url: '/findings/accept',
    config: { access: 'findings.accept', repeats: true },
    schema: {
      tags: ['findings'],
      summary: 'Accept open findings until a day, with a reason',
      body: acceptanceInputSchema.extend({ findings: someFindings }),
      response: { 200: changed },
    },
    handler: async (request) => {
      const { findings: ids, ...input } = request.body;
      await demand(request, 'findings.accept', ids);
      return { findings: await findings.accept(request.caller, ids, input, null) };
    },
  });

  api.route({
    method: 'POST',
    url: '/findings/reopen',
    config: { access: 'findings.accept', repeats: true },
    schema: {
      tags: ['findings'],
      summary: 'Take acceptances back',
      body: z.strictObject({ findings: someFindings, reason: z.string().trim().min(1).max(2000) }),
      response: { 200: changed },
    },
    handler: async (request) => {
      const { findings: ids, reason } = request.body;
      await demand(request, 'findings.accept', ids);
      return { findings: await findings.reopen(request.caller, ids, reason) };
    },
  });

  api.route({
    method: 'POST',
    url: '/findings/assign',
    config: { access: 'findings.work', repeats: true },
    schema: {
      tags: ['findings'],
      summary: 'Give findings to a person, or to nobody',
      body: z.strictObject({ findings: someFindings, to: z.string().nullable() }),
      response: { 200: changed },
    },
    handler: async (request) => {
      const { findings: ids, to } = request.body;
      await demand(request, 'findings.work', ids);
      return { findings: await findings.assign(request.caller, ids, to) };
    },
  });

  api.route({
    method: 'POST',
    url: '/findings/:id/comments',
    config: { access: 'findings.work', repeats: true },
    schema: {
      tags: ['findings'],
      summary: 'Say something about a finding',
      params: idParams,
      body: z.strictObject({ text: z.string().trim().min(1).max(10_000) }),
      response: { 201: idBody },
    },
    handler: async (request, reply) => {
      const { params, body, caller } = request;
      await demand(request, 'findings.work', [params.id]);
      reply.code(201);
      return { id: await findings.comment(caller, params.id, body.text) };
    },
  });
};
