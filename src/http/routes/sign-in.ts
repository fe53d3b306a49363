/** Signing in, the links that let somebody in for the first time, and proving anew who is there. */
import { z } from 'zod';
import { authenticationResponse, registrationResponse } from '../../access/index.ts';
import { NotFoundError } from '../../base/index.ts';
import { none, type Routes } from '../route.ts';
import {
  clientOf,
  endSession,
  giveSession,
  ownSession,
  providerOf,
  startedSchema,
} from '../session.ts';

const SECRET_MAX = 1024;
const secret = z.string().min(1).max(SECRET_MAX);
const ceremony = z.string().min(1).max(128);
const loginText = z.string().min(1).max(256);
/** PublicKeyCredential…OptionsJSON of WebAuthn, for the browser. */
const begun = z.object({ ceremony: z.string(), options: z.unknown() });
const passkeyBody = z.strictObject({ ceremony, response: authenticationResponse });
const joined = startedSchema.extend({
  recoveryCodes: z.array(z.string()).readonly().describe('shown once'),
});
const link = z.strictObject({ link: secret.describe('the secret of the link') });
const newPerson = z.strictObject({
  login: loginText,
  name: z.string().min(1).max(256),
  email: z.string().max(320).optional(),
});
const totpOffer = z.object({ ceremony: z.string(), secret: z.string(), uri: z.string() });
const journey = z.object({ ceremony: z.string(), url: z.string() });
const tags = ['sign-in'];

export const signInRoutes: Routes = (api, { access }) => {
  const { signIn, stepUp, enrolment, sessions } = access;

  api.route({
    method: 'GET',
    url: '/sign-in',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'The ways to sign in here',
      response: {
        200: z.object({ organisation: z.string(), provider: z.string().nullable() }),
      },
    },
    handler: async () => ({
      organisation: access.config.organisation,
      provider: access.config.oidc?.name ?? null,
    }),
  });
  api.route({
    method: 'POST',
    url: '/sign-in/passkey/begin',
    config: { access: 'public' },
    schema: { tags, summary: 'Begin to sign in with a passkey', response: { 200: begun } },
    handler: () => signIn.beginPasskey(),
  });
  api.route({
    method: 'POST',
    url: '/sign-in/passkey',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Sign in with a passkey',
      body: passkeyBody,
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const { ceremony, response } = request.body;
      const started = await signIn.passkey(ceremony, response, clientOf(request, access));
      return giveSession(reply, access, started);
    },
  });
  api.route({
    method: 'POST',
    url: '/sign-in/password',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Sign in with a password; 202 asks for the second factor',
      body: z.strictObject({ login: loginText, password: secret }),
      response: { 200: startedSchema, 202: z.object({ ceremony: z.string() }) },
    },
    handler: async (request, reply) => {
      const { login, password } = request.body;
      const outcome = await signIn.password(login, password, clientOf(request, access));
      if (outcome.done) return giveSession(reply, access, outcome.started);
      return reply.code(202).send({ ceremony: outcome.ceremony });
    },
  });
  api.route({
    method: 'POST',
    url: '/sign-in/code',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'The second factor: a code of the app, or a recovery code',
      body: z.strictObject({ ceremony, code: z.string().min(1).max(64) }),
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const { ceremony, code } = request.body;
      const started = await signIn.secondFactor(ceremony, code, clientOf(request, access));
      return giveSession(reply, access, started);
    },
  });
  api.route({
    method: 'POST',
    url: '/sign-in/recovery',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Sign in with a recovery code alone, to add a new passkey',
      body: z.strictObject({ login: loginText, code: z.string().min(1).max(64) }),
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const { login, code } = request.body;
      const started = await signIn.recoveryCode(login, code, clientOf(request, access));
      return giveSession(reply, access, started);
    },
  });
  api.route({
    method: 'POST',
    url: '/sign-in/provider/begin',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Begin to sign in through the identity provider',
      response: { 200: journey },
    },
    handler: () => providerOf(access).begin('sign-in'),
  });
  api.route({
    method: 'POST',
    url: '/sign-in/provider',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Sign in with what the identity provider answered',
      body: z.strictObject({ ceremony, query: z.string().max(8192) }),
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const { ceremony, query } = request.body;
      const started = await providerOf(access).finish(ceremony, query, clientOf(request, access));
      if (started === undefined) throw new NotFoundError('sign-in-unknown', 'begin again.');
      return giveSession(reply, access, started);
    },
  });
  api.route({
    method: 'POST',
    url: '/sign-out',
    config: { access: 'signed-in' },
    schema: { tags, summary: 'End this session', response: { 204: none } },
    handler: async (request, reply) => {
      await sessions.signOut(ownSession(request));
      endSession(reply, access);
      reply.code(204);
      return null;
    },
  });

  api.route({
    method: 'POST',
    url: '/step-up/passkey/begin',
    config: { access: 'signed-in' },
    schema: { tags, summary: 'Begin to prove anew who is there', response: { 200: begun } },
    handler: (request) => stepUp.beginPasskey(ownSession(request)),
  });
  api.route({
    method: 'POST',
    url: '/step-up/passkey',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'Prove it with a passkey; the session gets a new token',
      body: passkeyBody,
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const { ceremony, response } = request.body;
      const started = await stepUp.passkey(ownSession(request), ceremony, response);
      return giveSession(reply, access, started);
    },
  });
  api.route({
    method: 'POST',
    url: '/step-up/code',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'Prove it with a code; the session gets a new token',
      body: z.strictObject({ code: z.string().min(1).max(64) }),
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const own = ownSession(request);
      const started = await stepUp.code(own, request.body.code, clientOf(request, access));
      return giveSession(reply, access, started);
    },
  });

  api.route({
    method: 'POST',
    url: '/step-up/provider/begin',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'Begin to prove it at the identity provider',
      response: { 200: journey },
    },
    handler: (request) => providerOf(access).begin('step-up', ownSession(request)),
  });
  api.route({
    method: 'POST',
    url: '/step-up/provider',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'Prove it with what the identity provider answered; the session gets a new token',
      body: z.strictObject({ ceremony, query: z.string().max(8192) }),
      response: { 200: startedSchema },
    },
    handler: async (request, reply) => {
      const { ceremony, query } = request.body;
      const own = ownSession(request);
      const client = clientOf(request, access);
      const started = await providerOf(access).finish(ceremony, query, client, own);
      if (started === undefined) throw new NotFoundError('step-up-unknown', 'begin again.');
      return giveSession(reply, access, started);
    },
  });

  api.route({
    method: 'POST',
    url: '/welcome',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Whom a link is for',
      body: link,
      response: {
        200: z.object({
          purpose: z.enum(['setup', 'invitation', 'recovery']),
          organisation: z.string(),
          login: z.string().optional(),
          name: z.string().optional(),
          expiresAt: z.int(),
        }),
      },
    },
    handler: ({ body }) => enrolment.view(body.link),
  });
  api.route({
    method: 'POST',
    url: '/welcome/name',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'At set-up: who the first person is',
      body: link.extend({ person: newPerson }),
      response: { 204: none },
    },
    handler: async ({ body }, reply) => {
      await enrolment.nameYourself(body.link, body.person);
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'POST',
    url: '/welcome/passkey/begin',
    config: { access: 'public' },
    schema: { tags, summary: 'Begin to make a passkey', body: link, response: { 200: begun } },
    handler: ({ body }) => enrolment.beginPasskey(body.link),
  });
  api.route({
    method: 'POST',
    url: '/welcome/passkey',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Join with a passkey',
      body: link.extend({
        ceremony,
        response: registrationResponse,
        name: z.string().min(1).max(128),
      }),
      response: { 200: joined },
    },
    handler: async (request, reply) => {
      const { link, ceremony, response, name } = request.body;
      const client = clientOf(request, access);
      const { started, recoveryCodes } = await enrolment.passkey(
        ...([link, ceremony, response, name, client] as const),
      );
      return { ...giveSession(reply, access, started), recoveryCodes };
    },
  });
  api.route({
    method: 'POST',
    url: '/welcome/totp/begin',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Begin with a password and an authenticator app',
      body: link,
      response: { 200: totpOffer },
    },
    handler: ({ body }) => enrolment.beginTotp(body.link),
  });
  api.route({
    method: 'POST',
    url: '/welcome/password',
    config: { access: 'public' },
    schema: {
      tags,
      summary: 'Join with a password and an authenticator app',
      body: link.extend({ ceremony, password: secret, code: z.string().min(1).max(64) }),
      response: { 200: joined },
    },
    handler: async (request, reply) => {
      const { link, ceremony, password, code } = request.body;
      const client = clientOf(request, access);
      const typed = { password, code };
      const { started, recoveryCodes } = await enrolment.password(link, ceremony, typed, client);
      return { ...giveSession(reply, access, started), recoveryCodes };
    },
  });
};
