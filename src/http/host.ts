/** Answers only under its own name: a page whose name was bound anew to our address (DNS rebinding) gets nothing. */
import { ForbiddenError } from '../base/index.ts';
import type { Server } from './route.ts';

/** Asked by balancers that know no name. */
const NAMELESS = new Set(['/healthz', '/readyz']);

export function demandHost(app: Server, publicUrl: string): void {
  const { host, origin } = new URL(publicUrl);
  app.addHook('onRequest', async ({ headers, routeOptions }) => {
    if (headers.host === host || NAMELESS.has(routeOptions.url ?? '')) return;
    throw new ForbiddenError('host-unknown', `this installation is reached at ${origin} only.`);
  });
}
