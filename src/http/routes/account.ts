/** The own account: who one is, how one signs in, where one is signed in, and tokens for programs. */
import { z } from 'zod';
import {
  csrfOf,
  type Permission,
  permissionNames,
  presentedCredential,
  registrationResponse,
  visible,
} from '../../access/index.ts';
import { demandIfMatch, etag } from '../etag.ts';
import {
  passkeySchema,
  personSchema,
  sessionSchema,
  tokenSchema,
  waysSchema,
} from '../person-schemas.ts';
import { given, idParams, none, type Routes } from '../route.ts';
import { clientOf, ownSession, providerOf } from '../session.ts';

const tags = ['account'];
const codes = z.object({ recoveryCodes: z.array(z.string()).readonly().describe('shown once') });
const permission = z.enum(permissionNames as [Permission, ...Permission[]]);
const ceremony = z.string().min(1).max(128);

export const accountRoutes: Routes = (api, { access }) => {
  const { passkeys, passwords, secondFactors, sessions, tokens, people } = access;

  api.route({
    method: 'GET',
    url: '/me',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'Who asks, and what they may do',
      response: {
        200: z.object({
          id: z.string(),
          name: z.string(),
          via: z.enum(['session', 'token', 'console']),
          csrf: z.string().nullable(),
          person: personSchema.nullable().describe('within a session'),
          permissions: z.array(
            z.object({
              name: z.string(),
              everywhere: z.boolean(),
              segments: z.array(z.string()).readonly(),
              own: z.boolean(),
            }),
          ),
        }),
      },
    },
    handler: async ({ caller, headers }, reply) => {
      const credential = presentedCredential(headers, access.config.origin);
      const person = caller.via === 'session' ? await people.get(caller, caller.id) : null;
      if (person !== null) reply.header('etag', etag(person.revision));
      return {
        person,
        id: caller.id,
        name: caller.name,
        via: caller.via,
        csrf: credential?.kind === 'session' ? csrfOf(credential.token) : null,
        permissions: permissionNames
          .map((name) => ({ name, ...visible(caller, name) }))
          .filter(({ everywhere, segments, own }) => everywhere || own || segments.length > 0),
      };
    },
  });
  api.route({
    method: 'PATCH',
    url: '/me',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Change the own name or address; If-Match is needed',
      body: z.strictObject({
        name: z.string().min(1).max(256).optional(),
        email: z.string().max(320).optional(),
      }),
      response: { 200: personSchema },
    },
    handler: async (request, reply) => {
      const own = ownSession(request);
      const revision = demandIfMatch(request.headers['if-match']);
      const person = await people.change(own, own.id, revision, given(request.body));
      reply.header('etag', etag(person.revision));
      return person;
    },
  });
  api.route({
    method: 'GET',
    url: '/me/ways',
    config: { access: 'account.read' },
    schema: {
      tags,
      summary: 'The own ways to sign in',
      response: {
        200: waysSchema.extend({ passkeys: z.array(passkeySchema) }),
      },
    },
    handler: async (request) => {
      const own = ownSession(request);
      const [ways, list] = await Promise.all([people.ways(own, own.id), passkeys.list(own)]);
      return { ...ways, passkeys: list };
    },
  });
  api.route({
    method: 'POST',
    url: '/me/passkeys/begin',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Begin to add a passkey',
      response: { 200: z.object({ ceremony: z.string(), options: z.unknown() }) },
    },
    handler: (request) => passkeys.beginAdding(ownSession(request)),
  });
  api.route({
    method: 'POST',
    url: '/me/passkeys',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Add a passkey',
      body: z.strictObject({
        ceremony,
        response: registrationResponse,
        name: z.string().min(1).max(128),
      }),
      response: { 201: passkeySchema },
    },
    handler: async (request, reply) => {
      const { ceremony, response, name } = request.body;
      reply.code(201);
      return passkeys.add(ownSession(request), ceremony, response, name);
    },
  });
  api.route({
    method: 'PATCH',
    url: '/me/passkeys/:id',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Rename a passkey',
      params: idParams,
      body: z.strictObject({ name: z.string().min(1).max(128) }),
      response: { 204: none },
    },
    handler: async (request, reply) => {
      await passkeys.rename(ownSession(request), request.params.id, request.body.name);
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'DELETE',
    url: '/me/passkeys/:id',
    config: { access: 'account.change' },
    schema: { tags, summary: 'Remove a passkey', params: idParams, response: { 204: none } },
    handler: async (request, reply) => {
      await passkeys.remove(ownSession(request), request.params.id);
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'PUT',
    url: '/me/password',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Set the password',
      body: z.strictObject({ password: z.string().min(1).max(1024) }),
      response: { 204: none },
    },
    handler: async (request, reply) => {
      await passwords.set(ownSession(request), request.body.password);
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'DELETE',
    url: '/me/password',
    config: { access: 'account.change' },
    schema: { tags, summary: 'Do without a password', response: { 204: none } },
    handler: async (request, reply) => {
      await passwords.remove(ownSession(request));
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'POST',
    url: '/me/totp/begin',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Begin to add an authenticator app',
      response: { 200: z.object({ ceremony: z.string(), secret: z.string(), uri: z.string() }) },
    },
    handler: (request) => secondFactors.beginAdding(ownSession(request)),
  });
  api.route({
    method: 'POST',
    url: '/me/totp',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Add an authenticator app by its first code',
      body: z.strictObject({ ceremony, code: z.string().min(1).max(64) }),
      response: { 201: codes },
    },
    handler: async (request, reply) => {
      const { ceremony, code } = request.body;
      const recoveryCodes = await secondFactors.add(ownSession(request), ceremony, code);
      reply.code(201);
      return { recoveryCodes };
    },
  });
  api.route({
    method: 'DELETE',
    url: '/me/totp',
    config: { access: 'account.change' },
    schema: { tags, summary: 'Remove the authenticator app', response: { 204: none } },
    handler: async (request, reply) => {
      await secondFactors.remove(ownSession(request));
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'POST',
    url: '/me/recovery-codes',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Make new recovery codes; the old ones end',
      response: { 201: codes },
    },
    handler: async (request, reply) => {
      const recoveryCodes = await secondFactors.renewCodes(ownSession(request));
      reply.code(201);
      return { recoveryCodes };
    },
  });

  api.route({
    method: 'POST',
    url: '/me/identities/begin',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Begin to link the account at the identity provider',
      response: { 200: z.object({ ceremony: z.string(), url: z.string() }) },
    },
    handler: (request) => providerOf(access).begin('link', ownSession(request)),
  });
  api.route({
    method: 'POST',
    url: '/me/identities',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Link it with what the identity provider answered',
      body: z.strictObject({ ceremony, query: z.string().max(8192) }),
      response: { 204: none },
    },
    handler: async (request, reply) => {
      const own = ownSession(request);
      const { ceremony, query } = request.body;
      await providerOf(access).finish(ceremony, query, clientOf(request, access), own);
      return reply.code(204).send(null);
    },
  });
  api.route({
    method: 'DELETE',
    url: '/me/identities',
    config: { access: 'account.change' },
    schema: {
      tags,
      summary: 'Do without the identity provider',
      response: { 204: none },
    },
    handler: async (request, reply) => {
      const provider = providerOf(access);
      await provider.unlink(ownSession(request), access.config.oidc?.issuer ?? '');
      return reply.code(204).send(null);
    },
  });

  api.route({
    method: 'GET',
    url: '/me/sessions',
    config: { access: 'account.read' },
    schema: { tags, summary: 'Where one is signed in', response: { 200: z.array(sessionSchema) } },
    handler: async (request) => {
      const own = ownSession(request);
      const list = await sessions.list(own, own.id);
      return list.map((one) => ({ ...one, current: one.id === own.session.id }));
    },
  });
  api.route({
    method: 'DELETE',
    url: '/me/sessions/:id',
    config: { access: 'account.read' },
    schema: {
      tags,
      summary: 'End a session of oneself',
      params: idParams,
      response: { 204: none },
    },
    handler: async (request, reply) => {
      const own = ownSession(request);
      await sessions.end(own, own.id, request.params.id);
      reply.code(204);
      return null;
    },
  });

  api.route({
    method: 'GET',
    url: '/me/tokens',
    config: { access: 'account.read' },
    schema: { tags, summary: 'The own API tokens', response: { 200: z.array(tokenSchema) } },
    handler: async (request) => {
      const own = ownSession(request);
      return tokens.list(own, own.id);
    },
  });
  api.route({
    method: 'POST',
    url: '/me/tokens',
    config: { access: 'tokens.make' },
    schema: {
      tags,
      summary: 'Make an API token; it is shown once',
      body: z.strictObject({
        name: z.string().min(1).max(128),
        scopes: z.array(permission).min(1),
        segments: z.array(z.string()).max(100).optional(),
        days: z.int().min(1).max(366),
      }),
      response: { 201: z.object({ id: z.string(), token: z.string() }) },
    },
    handler: async (request, reply) => {
      const made = await tokens.make(ownSession(request), request.body);
      reply.code(201);
      return made;
    },
  });
  api.route({
    method: 'DELETE',
    url: '/me/tokens/:id',
    config: { access: 'account.read' },
    schema: { tags, summary: 'End a token', params: idParams, response: { 204: none } },
    handler: async ({ caller, params }, reply) => {
      await tokens.end(caller, params.id);
      reply.code(204);
      return null;
    },
  });
};
