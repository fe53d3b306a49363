/** Devices: lists, details, changes to one and to many, merge and split. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type DevicePatch,
  deviceFilterSchema,
  devicePatchSchema,
  SORTS,
} from '../../fleet/registry/index.ts';
import { etag, ifMatch } from '../etag.ts';
import { deviceFilterOf, deviceQuery } from '../filters.ts';
import { idBody, idParams, pageOf, pageQuery, type Routes } from '../route.ts';
import { deviceDetailsSchema, registeredDeviceSchema } from '../schemas.ts';

const FIELDS = ['type', 'vendor', 'model', 'criticality', 'segment', 'owner'] as const;
const COLUMNS = { segment: 'segment_id', owner: 'owner_id' } as const;

const whichSchema = z.union([
  z.strictObject({ ids: z.array(z.string()).min(1).max(1000) }),
  z.strictObject({ filter: deviceFilterSchema }),
]);

export const deviceRoutes: Routes = (api, { registry }) => {
  api.route({
    method: 'GET',
    url: '/devices',
    config: { access: 'devices.read' },
    schema: {
      tags: ['devices'],
      summary: 'List devices',
      querystring: z.object({
        ...pageQuery,
        ...deviceQuery,
        sort: z.enum(SORTS).default('lastSeen'),
        order: z.enum(['asc', 'desc']).default('desc'),
      }),
      response: { 200: pageOf(registeredDeviceSchema) },
    },
    handler: async ({ query, reach }) => {
      const { items, cursor } = await registry.list({
        filter: deviceFilterOf(query),
        reach,
        sort: query.sort,
        descending: query.order === 'desc',
        after: query.cursor,
        limit: query.limit,
      });
      return { items: [...items], next: cursor ?? null };
    },
  });

  api.route({
    method: 'GET',
    url: '/devices/count',
    config: { access: 'devices.read' },
    schema: {
      tags: ['devices'],
      summary: 'How many devices there are, in all or by the values of a field',
      querystring: z.object({ ...deviceQuery, by: z.enum(FIELDS).optional() }),
      response: {
        200: z.object({
          count: z.int(),
          by: z.array(z.object({ value: z.string().nullable(), count: z.int() })).nullable(),
        }),
      },
    },
    handler: async ({ query, reach }) => {
      const filter = deviceFilterOf(query);
      const { by } = query;
      const column = by === 'segment' || by === 'owner' ? COLUMNS[by] : by;
      const [count, counts] = await Promise.all([
        registry.count(filter, reach),
        column === undefined ? null : registry.tally(column, filter, reach),
      ]);
      return { count, by: counts };
    },
  });

  api.route({
    method: 'GET',
    url: '/devices/:id',
    config: { access: 'devices.read' },
    schema: {
      tags: ['devices'],
      summary: 'All that is known of a device',
      params: idParams,
      response: { 200: deviceDetailsSchema },
    },
    handler: async ({ params, reach }, reply) => {
      const device = await registry.get(params.id, reach);
      reply.header('etag', etag(device.revision));
      return device;
    },
  });

  api.route({
    method: 'PATCH',
    url: '/devices/:id',
    config: { access: 'devices.describe' },
    schema: {
      tags: ['devices'],
      summary: 'Change a device; If-Match guards against a change made meanwhile',
      params: idParams,
      body: devicePatchSchema,
      response: { 200: deviceDetailsSchema },
    },
    handler: async ({ params, body, caller, reach, allow, headers }, reply) => {
      const before = await registry.get(params.id, reach);
      allow(permissionFor(body), before);
      demandTarget(allow, body);
      await registry.change(caller, params.id, body, ifMatch(headers['if-match']));
      const device = await registry.get(params.id, {});
      reply.header('etag', etag(device.revision));
      return device;
    },
  });

  api.route({
    method: 'POST',
    url: '/devices/change',
    config: { access: 'devices.describe', repeats: true },
    schema: {
      tags: ['devices'],
      summary: 'Change many devices at once, all or none; `preview` only counts them',
      body: z.strictObject({
        which: whichSchema,
        patch: devicePatchSchema,
        preview: z.boolean().default(false),
      }),
      response: { 200: z.object({ devices: z.int() }) },
    },
    handler: async ({ body, caller, reachOf, allow }) => {
      const { which, patch, preview } = body;
      const reach = reachOf(permissionFor(patch));
      demandTarget(allow, patch);
      if (preview) return { devices: await registry.countAll(which, reach) };
      return { devices: await registry.changeAll(caller, which, patch, reach) };
    },
  });

  api.route({
    method: 'POST',
    url: '/devices/:id/merge',
    config: { access: 'devices.manage', repeats: true },
    schema: {
      tags: ['devices'],
      summary: 'These entries are one device: this one takes what is known of the others',
      params: idParams,
      body: z.strictObject({ others: z.array(z.string()).min(1).max(50) }),
      response: { 200: deviceDetailsSchema },
    },
    handler: async ({ params, body, caller, reach, allow }) => {
      for (const id of [params.id, ...body.others])
        allow('devices.manage', await registry.get(id, reach));
      await registry.merge(caller, params.id, body.others);
      return registry.get(params.id, reach);
    },
  });

  api.route({
    method: 'POST',
    url: '/devices/:id/split',
    config: { access: 'devices.manage', repeats: true },
    schema: {
      tags: ['devices'],
      summary: 'This entry is two devices: a new one takes these of its keys',
      params: idParams,
      body: z.strictObject({ keys: z.array(z.string()).min(1).max(50) }),
      response: { 201: idBody },
    },
    handler: async ({ params, body, caller, reach, allow }, reply) => {
      allow('devices.manage', await registry.get(params.id, reach));
      reply.code(201);
      return { id: await registry.split(caller, params.id, body.keys) };
    },
  });
};

/** What only those who look after devices may change. */
const MANAGED = ['owner', 'segment', 'criticality', 'retired'] as const;

/** Who moves a device answers for where it goes as well; into no segment, only who manages all. */
function demandTarget(allow: FastifyRequest['allow'], { segment }: DevicePatch): void {
  if (segment !== undefined) allow('devices.manage', { segment });
}

const permissionFor = (patch: object) =>
  MANAGED.some((field) => field in patch) ? 'devices.manage' : 'devices.describe';
