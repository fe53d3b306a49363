/** The catalogue: what an audit checks, and what the standards ask. */
import { z } from 'zod';
import { controls, describeControl, findControl, listControls } from '../../audit/index.ts';
import { NotFoundError } from '../../base/index.ts';
import type { Routes } from '../route.ts';

const tags = ['controls'];
const provisions = z.record(z.string(), z.array(z.string()).readonly());
const severity = z.enum(['critical', 'high', 'medium', 'low', 'info']);

export const controlRoutes: Routes = (api) => {
  api.route({
    method: 'GET',
    url: '/controls',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'All controls',
      response: {
        200: z.array(
          z.object({
            id: z.string(),
            practice: z.string(),
            severity,
            title: z.string(),
            provisions,
          }),
        ),
      },
    },
    handler: async () => listControls().map((entry) => ({ ...entry })),
  });
  api.route({
    method: 'GET',
    url: '/controls/:id',
    config: { access: 'signed-in' },
    schema: {
      tags,
      summary: 'A control: why it matters, how to fix it, what it serves',
      params: z.object({ id: z.string().max(20) }),
    },
    handler: async ({ params }, reply) => {
      const control = findControl(params.id);
      if (control === undefined)
        throw new NotFoundError(
          'control-unknown',
          `there is no control ${params.id}; there are ${controls.length}.`,
        );
      return reply.send(describeControl(control));
    },
  });
};
