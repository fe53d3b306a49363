/** Uploads of captures: announced, sent in as many parts as it takes, audited when whole. */
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { uploadInputSchema } from '../../app/system/index.ts';
import { idParams, none, type Routes } from '../route.ts';
import { uploadSchema } from '../schemas.ts';

const MEDIA_TYPE = 'application/offset+octet-stream';

export const uploadRoutes: Routes = (api, { uploads }) => {
  // The body is a stream that the handler writes to disk, whatever its size.
  api.addContentTypeParser(MEDIA_TYPE, (_request, _payload, done) => done(null, undefined));

  api.route({
    method: 'POST',
    url: '/uploads',
    config: { access: 'audits.run', repeats: true },
    schema: {
      tags: ['audits'],
      summary: 'Announce a capture',
      body: uploadInputSchema,
      response: { 201: uploadSchema },
    },
    handler: async ({ body, caller, allow }, reply) => {
      allow('audits.run', {});
      if (body.keep) allow('captures.keep', {});
      reply.code(201);
      return uploads.create(caller, body, caller.via === 'session' ? 'upload' : 'push');
    },
  });

  api.route({
    method: 'GET',
    url: '/uploads/:id',
    config: { access: 'audits.run' },
    schema: {
      tags: ['audits'],
      summary: 'How far an upload is',
      params: idParams,
      response: { 200: uploadSchema },
    },
    handler: ({ params, caller }) => uploads.get(caller, params.id),
  });

  api.route({
    method: 'PATCH',
    url: '/uploads/:id',
    config: { access: 'audits.run' },
    bodyLimit: Number.MAX_SAFE_INTEGER,
    schema: {
      tags: ['audits'],
      summary: `Send bytes as ${MEDIA_TYPE}, from Upload-Offset on; the last ones start the audit`,
      params: idParams,
      headers: z.object({ 'upload-offset': z.coerce.number().int().min(0) }),
      response: { 200: uploadSchema },
    },
    handler: ({ params, headers, caller, raw }) =>
      uploads.append(caller, params.id, headers['upload-offset'], raw as Readable),
  });

  api.route({
    method: 'DELETE',
    url: '/uploads/:id',
    config: { access: 'audits.run' },
    schema: {
      tags: ['audits'],
      summary: 'Give an unfinished upload up',
      params: idParams,
      response: { 204: none },
    },
    handler: async ({ params, caller }, reply) => {
      await uploads.remove(caller, params.id);
      reply.code(204);
      return null;
    },
  });
};
