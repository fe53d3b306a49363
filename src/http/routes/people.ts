/** People: who has an account, what they may do, where they are signed in. */
import { z } from 'zod';
import type { Outcome } from '../../access/index.ts';
import { demandIfMatch, etag } from '../etag.ts';
import {
  approvalSchema,
  grantSchema,
  personSchema,
  reason,
  sessionSchema,
  tokenSchema,
  waysSchema,
} from '../person-schemas.ts';
import { given, idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';

const tags = ['people'];
const linkSchema = z
  .object({
    url: z.string().describe('for the person alone; shown once'),
    expiresAt: z.int(),
  })
  .meta({ id: 'Link' });
const waiting = z.object({ approval: approvalSchema.describe('a second person has to agree') });

/** Done, or waiting for a second person. */
const unless = <T>(outcome: Outcome<T>): { done: T } | { waits: z.infer<typeof waiting> } =>
  outcome.done ? { done: outcome.value } : { waits: { approval: outcome.approval } };

export const peopleRoutes: Routes = (api, { access }) => {
  const { people, approvals, personalData, sessions, tokens } = access;

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
      const person = await people.change(caller, params.id, revision, given(body));
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
    url: '/people/:id/ways',
    config: { access: 'people.read' },
    schema: {
      tags,
      summary: 'How somebody can sign in',
      params: idParams,
      response: { 200: waysSchema.extend({ passkeys: z.int() }) },
    },
    handler: ({ caller, params }) => people.ways(caller, params.id),
  });
  api.route({
    method: 'GET',
    url: '/people/:id/sessions',
    config: { access: 'sessions.end' },
    schema: {
      tags,
      summary: 'Where somebody is signed in',
      params: idParams,
      response: { 200: z.array(sessionSchema.omit({ current: true })) },
    },
    handler: ({ caller, params }) => sessions.list(caller, params.id),
  });
  api.route({
    method: 'DELETE',
    url: '/people/:id/sessions/:session',
    config: { access: 'sessions.end' },
    schema: {
      tags,
      summary: 'End a session of somebody',
      params: idParams.extend({ session: z.uuid() }),
      response: { 204: none },
    },
    handler: async ({ caller, params }, reply) => {
      await sessions.end(caller, params.id, params.session);
      return reply.code(204).send(null);
    },
  });
  api.route({
    method: 'GET',
    url: '/tokens',
    config: { access: 'tokens.read' },
    schema: {
      tags,
      summary: 'The API tokens of all, or of somebody, newest first',
      querystring: z.object({ ...pageQuery, person: z.uuid().optional() }),
      response: { 200: pageOf(tokenSchema) },
    },
    handler: async ({ caller, query }) => {
      const { limit, cursor, person } = query;
      const all = await tokens.list(caller, person);
      const found = all.filter(({ id }) => cursor === undefined || id < cursor);
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  });
  api.route({
    method: 'DELETE',
    url: '/tokens/:id',
    config: { access: 'sessions.end' },
    schema: { tags, summary: 'End a token of somebody', params: idParams, response: { 204: none } },
    handler: async ({ caller, params }, reply) => {
      await tokens.end(caller, params.id);
      return reply.code(204).send(null);
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
};
