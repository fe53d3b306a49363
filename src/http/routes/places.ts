/** Sites and segments. */
import { z } from 'zod';
import { segmentInputSchema, siteInputSchema } from '../../fleet/registry/index.ts';
import { etag, ifMatch } from '../etag.ts';
import { idParams, none, pageOf, pageQuery, type Routes } from '../route.ts';
import { segmentSchema, siteSchema } from '../schemas.ts';

export const placeRoutes: Routes = (api, { places }) => {
  api.route({
    method: 'GET',
    url: '/sites',
    config: { access: 'segments.read' },
    schema: {
      tags: ['places'],
      summary: 'List sites by name',
      querystring: z.object(pageQuery),
      response: { 200: pageOf(siteSchema) },
    },
    handler: async ({ query }) => {
      const { items, cursor } = await places.sites({ after: query.cursor, limit: query.limit });
      return { items, next: cursor ?? null };
    },
  });
  api.route({
    method: 'GET',
    url: '/sites/:id',
    config: { access: 'segments.read' },
    schema: {
      tags: ['places'],
      summary: 'A site',
      params: idParams,
      response: { 200: siteSchema },
    },
    handler: async ({ params }, reply) => {
      const site = await places.site(params.id);
      reply.header('etag', etag(site.revision));
      return site;
    },
  });
  api.route({
    method: 'POST',
    url: '/sites',
    config: { access: 'segments.manage', repeats: true },
    schema: {
      tags: ['places'],
      summary: 'Add a site',
      body: siteInputSchema,
      response: { 201: siteSchema },
    },
    handler: async ({ body, caller }, reply) => {
      const site = await places.addSite(caller, body);
      reply.code(201).header('etag', etag(site.revision));
      return site;
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
    handler: async ({ params, body, caller, headers }, reply) => {
      const from = ifMatch(headers['if-match']);
      const site = await places.changeSite(caller, params.id, body, from);
      reply.header('etag', etag(site.revision));
      return site;
    },
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
      summary: 'List segments by name, of one site or of all',
      querystring: z.object({ ...pageQuery, site: z.uuid().optional() }),
      response: { 200: pageOf(segmentSchema) },
    },
    handler: async ({ query }) => {
      const { site, cursor: after, limit } = query;
      const { items, cursor } = await places.segments({ site, after, limit });
      return { items, next: cursor ?? null };
    },
  });
  api.route({
    method: 'GET',
    url: '/segments/:id',
    config: { access: 'segments.read' },
    schema: {
      tags: ['places'],
      summary: 'A segment',
      params: idParams,
      response: { 200: segmentSchema },
    },
    handler: async ({ params }, reply) => {
      const segment = await places.segment(params.id);
      reply.header('etag', etag(segment.revision));
      return segment;
    },
  });
  api.route({
    method: 'POST',
    url: '/segments',
    config: { access: 'segments.manage', repeats: true },
    schema: {
      tags: ['places'],
      summary: 'Add a segment',
      body: segmentInputSchema,
      response: { 201: segmentSchema },
    },
    handler: async ({ body, caller }, reply) => {
      const segment = await places.addSegment(caller, body);
      reply.code(201).header('etag', etag(segment.revision));
      return segment;
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
    handler: async ({ params, body, caller, headers }, reply) => {
      const from = ifMatch(headers['if-match']);
      const segment = await places.changeSegment(caller, params.id, body, from);
      reply.header('etag', etag(segment.revision));
      return segment;
    },
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
