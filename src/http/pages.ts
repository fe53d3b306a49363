/**
 * The console's files: built once, served as they are. Files under assets/ carry their hash in their name and never
 * change; every other address is a page of the console, and gets index.html with a fresh nonce in place of `NONCE`, by
 * which the browser knows the one style element that the console adds while it runs.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { contentPolicy } from './headers.ts';
import { sendProblem } from './problems.ts';
import type { Server } from './route.ts';

/** In index.html: where the nonce goes. */
export const NONCE = '__NONCE__';

/** @param folder - of the built console; without one, what is no API is not there. */
export async function pages(app: Server, folder: string | undefined): Promise<void> {
  const index = folder === undefined ? '' : join(folder, 'index.html');
  if (folder === undefined || !existsSync(index)) {
    app.setNotFoundHandler((request, reply) => sendProblem({ statusCode: 404 }, request, reply));
    return;
  }
  const page = readFileSync(index, 'utf8');
  await app.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    immutable: true,
    maxAge: '365d',
    index: false,
    decorateReply: false,
  });
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      ['GET', 'HEAD'].includes(request.method) && !/^\/(api|assets)\//.test(request.url);
    if (!isPage) return sendProblem({ statusCode: 404 }, request, reply);
    const nonce = randomBytes(16).toString('base64');
    return reply
      .header('content-security-policy', contentPolicy(nonce))
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(NONCE, nonce));
  });
}
