/** Sites and segments. */
import { z } from 'zod';
import {
  segmentInputSchema,
  segmentSchema,
  siteInputSchema,
  siteSchema,
} from '../../fleet/registry/index.ts';
import { idParams, none, type Routes } from '../route.ts';

export const placeRoutes: Routes = (api, { places }) => {
  api.route({
    method: 'GET',
    url: '/sites',
    config: { access: 'segments.read' },
    schema: { tags: ['places'], summary: 'List sites', response: { 200: z.array(siteSchema) } },
    handler: () => places.sites(),
  });
  api.route({
    method: 'POST',
    url: '/sites',
    config: { access: 'segments.manage' },
    schema: {
      tags: ['places'],
      summary: 'Add a site',
      body: siteInputSchema,
      response: { 201: siteSchema },
    },
    handler: async ({ body, caller }, reply) => {
      reply.code(201);
      return places.addSite(caller, body);
    },
  });
  api.route({
    method: 'PUT',
    url: '/sites/:id',
    config: { access: 'segments.manage' },
    schema: {
      tags: ['places'],
      summary: 'Change a site',
      params: idParams,
      body: siteInputSchema,
      response: { 200: siteSchema },
    },
    handler: ({ params, body, caller }) => places.changeSite(caller, params.id, body),
  });
  api.route({
    method: 'DELETE',
    url: '/sites/:id',
    config: { access: 'segments.manage' },
    schema: {
      tags: ['places'],
      summary: 'Remove a site that has neither devices nor segments',
      params: idParams,
      response: { 204: none },
    },
    handler: async ({ params, caller }, reply) => {
      await places.removeSite(caller, params.id);
      reply.code(204);
      return null;
    },
  });
  api.route({
    method: 'GET',
    url: '/segments',
    config: { access: 'segments.read' },
    schema: {
      tags: ['places'],
      summary: 'List segments',
      querystring: z.object({ site: z.string().optional() }),
      response: { 200: z.array(segmentSchema) },
    },
    handler: ({ query }) => places.segments(query.site),
  });
  api.route({
    method: 'POST',
    url: '/segments',
    config: { access: 'segments.manage' },
    schema: {
      tags: ['places'],
      summary: 'Add a segment',
      body: segmentInputSchema,
      response: { 201: segmentSchema },
    },
    handler: async ({ body, caller }, reply) => {
      reply.code(201);
      return places.addSegment(caller, body);
    },
  });
  api.route({
    method: 'PUT',
    url: '/segments/:id',
    config: { access: 'segments.manage' },
    schema: {
      tags: ['places'],
      summary: 'Change a segment; devices stay where they are',
      params: idParams,
      body: segmentInputSchema,
      response: { 200: segmentSchema },
    },
    handler: ({ params, body, caller }) => places.changeSegment(caller, params.id, body),
  });
  api.route({
    method: 'DELETE',
    url: '/segments/:id',
    config: { access: 'segments.manage' },
    schema: {
      tags: ['places'],
      summary: 'Remove a segment; its devices are then in none',
      params: idParams,
      response: { 204: none },
    },
    handler: async ({ params, caller }, reply) => {
      await places.removeSegment(caller, params.id);
      reply.code(204);
      return null;
    },
  });
};
