/** What the machine's owner alone may do: routes of the socket in the data folder, which no address serves. */
import { z } from 'zod';
import type { ConsoleCaller } from '../access/index.ts';
import type { System } from '../app/system/index.ts';
import type { Server } from './route.ts';

export function consoleRoutes(door: Server, { access }: System, caller: ConsoleCaller): void {
  door.route({
    method: 'POST',
    url: '/api/v1/console/recover',
    config: { access: 'signed-in' },
    schema: {
      hide: true,
      body: z.strictObject({
        login: z.string().min(1).max(256),
        name: z.string().min(1).max(256),
      }),
      response: { 201: z.object({ url: z.string(), expiresAt: z.int() }) },
    },
    handler: async ({ body }, reply) =>
      reply.code(201).send(await access.people.recover(caller, body)),
  });
}
