/** The catalogue: what an audit checks, what the standards ask, and how far the devices are. */
import { z } from 'zod';
import {
  controls,
  describeControl,
  findControl,
  listControls,
  listProvisions,
  SEVERITIES,
  STANDARD_IDS,
  type Standard,
  standardById,
  standards,
} from '../../audit/index.ts';
import { coverageSchema, PROVISION_RESULTS } from '../../audit/records/index.ts';
import { NotFoundError } from '../../base/index.ts';
import { deviceFilterOf, deviceQuery } from '../filters.ts';
import { pageOf, pageQuery, type Routes } from '../route.ts';

const tags = ['controls'];
const provisionIds = z.record(z.string(), z.array(z.string()).readonly());
const entry = {
  id: z.string(),
  practice: z.string(),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  provisions: provisionIds.describe('that it serves, by standard'),
};
const controlSchema = z
  .object({
    ...entry,
    why: z.string(),
    fix: z.string(),
    floor: z
      .record(z.string(), z.unknown())
      .describe('what has to be in view for a pass; either suffices'),
    exempt: z.array(z.string()).readonly().describe('marks of devices that it does not judge'),
    parameters: z.record(z.string(), z.unknown()).describe('thresholds with their defaults'),
    serves: z
      .array(
        z.object({ standard: z.string(), title: z.string(), id: z.string(), gist: z.string() }),
      )
      .readonly(),
  })
  .meta({ id: 'Control' });

const standardParams = z.object({
  standard: z.enum(STANDARD_IDS).describe('scheme and version: etsi-303645:3.1.3'),
});
const standardEntry = {
  id: z.enum(STANDARD_IDS),
  title: z.string(),
  edition: z.string(),
};
const deviceSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  vendor: z.string(),
});

/** Its schema holds nothing else. */
const find = (id: (typeof STANDARD_IDS)[number]) => standardById(id) as Standard;

export const controlRoutes: Routes = (api, { coverage }) => {
  api.route({
    method: 'GET',
    url: '/controls',
    config: { access: 'signed-in' },
    schema: { tags, summary: 'All controls', response: { 200: z.array(z.object(entry)) } },
    handler: async () => listControls(),
  });
  api.route({
    method: 'GET',
    url: '/controls/:id',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'A control: why it matters, how to fix it, what it serves',
      params: z.object({ id: z.string().max(20) }),
      response: { 200: controlSchema },
    },
    handler: async ({ params }) => {
      const control = findControl(params.id);
      if (control === undefined)
        throw new NotFoundError(
          'control-unknown',
          `there is no control ${params.id}; there are ${controls.length}.`,
        );
      const { floor, ...rest } = describeControl(control);
      return { ...rest, floor: { ...floor } };
    },
  });
  api.route({
    method: 'GET',
    url: '/standards',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'All standards, the newest edition of a scheme first',
      response: {
        200: z.array(
          z.object({
            ...standardEntry,
            provisions: z.int().describe('how many'),
            decided: z.int().describe('how many of them traffic decides'),
          }),
        ),
      },
    },
    handler: async () =>
      standards.map((standard) => {
        const provisions = listProvisions(standard);
        const decided = provisions.filter(({ controls }) => controls.length > 0).length;
        const { id, title, edition } = standard;
        return { id, title, edition, provisions: provisions.length, decided };
      }),
  });
  api.route({
    method: 'GET',
    url: '/standards/:standard',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'What a standard asks, and which of it traffic decides',
      params: standardParams,
      response: {
        200: z.object({
          ...standardEntry,
          provisions: z.array(
            z.object({
              id: z.string(),
              gist: z.string().describe('in our words; read the standard for what it says'),
              status: z.enum(['mandatory', 'recommended']),
              condition: z.string().nullable(),
              how: z.array(z.string()).readonly(),
              controls: z.array(z.string()).readonly(),
              reason: z.string().nullable().describe('why traffic does not decide it'),
            }),
          ),
        }),
      },
    },
    handler: async ({ params }) => {
      const standard = find(params.standard);
      const provisions = listProvisions(standard).map(({ condition, reason, ...rest }) => ({
        ...rest,
        condition: condition ?? null,
        reason: reason ?? null,
      }));
      return { id: standard.id, title: standard.title, edition: standard.edition, provisions };
    },
  });
  api.route({
    method: 'GET',
    url: '/standards/:standard/coverage',
    config: { access: 'devices.read' },
    schema: {
      tags,
      summary: 'What the last verdicts of all devices, or of some, say of each provision',
      params: standardParams,
      querystring: z.object(deviceQuery),
      response: { 200: coverageSchema.meta({ id: 'Coverage' }) },
    },
    handler: ({ params, query, reach }) =>
      coverage.of(find(params.standard), { filter: deviceFilterOf(query), reach }),
  });
  api.route({
    method: 'GET',
    url: '/standards/:standard/provisions/:provision/devices',
    config: { access: 'devices.read' },
    schema: {
      tags,
      summary: 'The devices of which a provision’s controls say this',
      params: standardParams.extend({ provision: z.string().max(50) }),
      querystring: z.object({
        ...pageQuery,
        ...deviceQuery,
        cursor: z.uuid().optional().describe('`next` of the page before'),
        result: z.enum(PROVISION_RESULTS).default('fail'),
      }),
      response: { 200: pageOf(deviceSchema) },
    },
    handler: async ({ params, query, reach }) => {
      const { result, cursor: after, limit } = query;
      const filter = deviceFilterOf(query);
      const wanted = { filter, reach, result, after, limit };
      const page = await coverage.devices(find(params.standard), params.provision, wanted);
      return { items: page.items, next: page.cursor ?? null };
    },
  });
};
