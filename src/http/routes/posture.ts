/** Posture over time, and what moved it. */
import { z } from 'zod';
import {
  POSTURE_SCOPES,
  postureMoveSchema,
  posturePointSchema,
} from '../../audit/records/index.ts';
import { idParams, type Routes } from '../route.ts';

const DAY_MS = 86_400_000;

export const postureRoutes: Routes = (api, { posture, registry, store }) => {
  api.route({
    method: 'GET',
    url: '/posture',
    config: { access: 'posture.read' },
    schema: {
      tags: ['posture'],
      summary: 'Posture of the fleet, a site, a segment or a device over time, and what moved it',
      querystring: z.object({
        scope: z.enum(POSTURE_SCOPES).default('fleet'),
        id: z.string().default(''),
        from: z.coerce.number().int().optional().describe('default: 90 days ago'),
        to: z.coerce.number().int().optional(),
      }),
      response: {
        200: z.object({ points: z.array(posturePointSchema), moves: z.array(postureMoveSchema) }),
      },
    },
    handler: async ({ query, reach, allow }) => {
      const { scope, id } = query;
      if (scope === 'device') allow('posture.read', await registry.get(id, reach));
      else allow('posture.read', scope === 'segment' ? { segment: id } : {});
      const to = query.to ?? store.clock.now();
      const from = query.from ?? to - 90 * DAY_MS;
      const [points, moves] = await Promise.all([
        posture.points(scope, id, from, to),
        posture.moves(scope, id, from, to),
      ]);
      return { points, moves };
    },
  });

  api.route({
    method: 'GET',
    url: '/devices/:id/verdicts',
    config: { access: 'devices.read' },
    schema: {
      tags: ['devices'],
      summary: 'What each control last said of a device',
      params: idParams,
      response: {
        200: z.array(
          z.object({
            control: z.string(),
            verdict: z.enum(['pass', 'fail', 'not_visible']),
            why: z.string().nullable(),
            floor: z.unknown().describe('what a pass needed and what was in view'),
            time: z.int(),
            audit: z.string(),
          }),
        ),
      },
    },
    handler: async ({ params, reach }) => {
      await registry.get(params.id, reach);
      const rows = await posture.verdicts(params.id);
      return rows.map(({ control, verdict, why, floor, time, audit_id }) => ({
        control,
        verdict,
        why,
        floor: floor === null ? null : JSON.parse(floor),
        time,
        audit: audit_id,
      }));
    },
  });
};
