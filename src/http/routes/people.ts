/** People: who has an account, what they may do, and what waits for a second person. */
import { z } from 'zod';
import { type Outcome, roles } from '../../access/index.ts';
import { demandIfMatch, etag } from '../etag.ts';
import { idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';

const tags = ['people'];
const grantSchema = z.object({ role: z.enum(roles), segment: z.string().optional() });
const personSchema = z
  .object({
    id: z.string(),
    login: z.string().optional(),
    name: z.string().optional(),
    email: z.string().optional(),
    status: z.enum(['invited', 'active', 'removed', 'erased']),
    grants: z.array(grantSchema).readonly(),
    createdAt: z.int(),
    joinedAt: z.int().optional(),
    revision: z.int(),
  })
  .meta({ id: 'Person' });
const actor = z.object({ kind: z.string(), id: z.string() });
const approvalSchema = z
  .object({
    id: z.string(),
    action: z.string(),
    permission: z.string(),
    segment: z.string().optional(),
    summary: z.string(),
    digest: z.string().describe('send it back with the agreement'),
    reason: z.string(),
    requestedBy: actor,
    requestedAt: z.int(),
    expiresAt: z.int(),
    readyAt: z
      .int()
      .optional()
      .describe('when the requester may confirm alone, where nobody else can agree'),
    status: z.string(),
    decidedBy: actor.optional(),
    decidedAt: z.int().optional(),
    decisionReason: z.string().optional(),
    error: z.string().optional(),
  })
  .meta({ id: 'Approval' });
const linkSchema = z
  .object({
    url: z.string().describe('for the person alone; shown once'),
    expiresAt: z.int(),
  })
  .meta({ id: 'Link' });
const reason = z.string().trim().min(1).max(2000);
const waiting = z.object({ approval: approvalSchema.describe('a second person has to agree') });

/** Done, or waiting for a second person. */
const unless = <T>(outcome: Outcome<T>): { done: T } | { waits: z.infer<typeof waiting> } =>
  outcome.done ? { done: outcome.value } : { waits: { approval: outcome.approval } };

export const peopleRoutes: Routes = (api, { access }) => {
  const { people, approvals, personalData } = access;

  api.route({
    method: 'GET',
    url: '/people',
    config: { access: 'people.read' },
    schema: {
      tags,
      summary: 'List people',
      querystring: z.object({
        ...pageQuery,
        status: z.enum(['invited', 'active', 'removed', 'erased']).optional(),
      }),
      response: { 200: pageOf(personSchema) },
    },
    handler: async ({ caller, query }) => {
      const { limit, cursor, status } = query;
      const found = await people.list(caller, {
        limit: limit + 1,
        ...(cursor === undefined ? {} : { after: cursor }),
        ...(status === undefined ? {} : { status }),
      });
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  });
  api.route({
    method: 'GET',
    url: '/people/:id',
    config: { access: 'people.read' },
    schema: { tags, summary: 'A person', params: idParams, response: { 200: personSchema } },
    handler: async ({ caller, params }, reply) => {
      const person = await people.get(caller, params.id);
      reply.header('etag', etag(person.revision));
      return person;
    },
  });
  api.route({
    method: 'POST',
    url: '/people',
    config: { access: 'people.invite' },
    schema: {
      tags,
      summary: 'Invite somebody',
      body: z.strictObject({
        login: z.string().min(1).max(256),
        name: z.string().min(1).max(256),
        email: z.string().max(320).optional(),
        grants: z.array(grantSchema).min(1).max(100),
        reason: reason.optional(),
      }),
      response: { 201: linkSchema },
    },
    handler: async ({ caller, body }, reply) => {
      const { reason, ...invitation } = body;
      const link = await people.invite(caller, invitation, reason);
      reply.code(201);
      return link;
    },
  });
  api.route({
    method: 'POST',
    url: '/people/:id/invitation',
    config: { access: 'people.invite' },
    schema: {
      tags,
      summary: 'A new link for somebody who has not joined',
      params: idParams,
      response: { 201: linkSchema },
    },
    handler: async ({ caller, params }, reply) => {
      const link = await people.inviteAgain(caller, params.id);
      reply.code(201);
      return link;
    },
  });
  api.route({
    method: 'PATCH',
    url: '/people/:id',
    config: { access: 'people.change' },
    schema: {
      tags,
      summary: 'Change name, login or address; If-Match is needed',
      params: idParams,
      body: z.strictObject({
        login: z.string().min(1).max(256).optional(),
        name: z.string().min(1).max(256).optional(),
        email: z.string().max(320).optional(),
      }),
      response: { 200: personSchema },
    },
    handler: async ({ caller, params, body, headers }, reply) => {
      const revision = demandIfMatch(headers['if-match']);
      const fields = Object.fromEntries(
        Object.entries(body).filter(([, value]) => value !== undefined),
      );
      const person = await people.change(caller, params.id, revision, fields);
      reply.header('etag', etag(person.revision));
      return person;
    },
  });
  for (const [method, url, change] of [
    ['POST', '/people/:id/roles', 'giveRole'],
    ['POST', '/people/:id/roles/take', 'takeRole'],
  ] as const)
    api.route({
      method,
      url,
      config: { access: 'roles.change', repeats: true },
      schema: {
        tags,
        summary: change === 'giveRole' ? 'Give a role' : 'Take a role',
        params: idParams,
        body: z.strictObject({ ...grantSchema.shape, reason }),
        response: { 204: none, 202: waiting },
      },
      handler: async ({ caller, params, body }, reply) => {
        const { reason, ...grant } = body;
        const outcome = unless(await people[change](caller, params.id, grant, reason));
        if ('waits' in outcome) return reply.code(202).send(outcome.waits);
        return reply.code(204).send(null);
      },
    });
  api.route({
    method: 'POST',
    url: '/people/:id/remove',
    config: { access: 'people.remove', repeats: true },
    schema: {
      tags,
      summary: 'Remove somebody: sessions, tokens and ways to sign in end',
      params: idParams,
      body: z.strictObject({ reason }),
      response: { 204: none, 202: waiting },
    },
    handler: async ({ caller, params, body }, reply) => {
      const outcome = unless(await people.remove(caller, params.id, body.reason));
      if ('waits' in outcome) return reply.code(202).send(outcome.waits);
      return reply.code(204).send(null);
    },
  });
  api.route({
    method: 'POST',
    url: '/people/:id/reset',
    config: { access: 'people.reset' },
    schema: {
      tags,
      summary: 'A link for somebody who lost every way to sign in',
      params: idParams,
      body: z.strictObject({ reason }),
      response: { 201: linkSchema, 202: waiting },
    },
    handler: async ({ caller, params, body }, reply) => {
      const outcome = unless(await people.reset(caller, params.id, body.reason));
      if ('waits' in outcome) return reply.code(202).send(outcome.waits);
      return reply.code(201).send(outcome.done);
    },
  });
  api.route({
    method: 'GET',
    url: '/people/:id/export',
    config: { access: 'signed-in' },
    schema: { tags, summary: 'Everything that is stored about a person', params: idParams },
    handler: async ({ caller, params }, reply) =>
      reply.send(await personalData.export(caller, params.id)),
  });
  api.route({
    method: 'POST',
    url: '/people/:id/erase',
    config: { access: 'signed-in', repeats: true },
    schema: {
      tags,
      summary: 'Ask for what is stored about a person to be erased; a second person agrees',
      params: idParams,
      body: z.strictObject({ reason }),
      response: { 202: waiting },
    },
    handler: async ({ caller, params, body }, reply) => {
      const wanted = { person: params.id };
      const approval = await approvals.request(caller, 'people.erase', wanted, body.reason);
      return reply.code(202).send({ approval });
    },
  });

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
