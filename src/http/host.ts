/**
 * Answers only under its own name: a page whose name was bound anew to our address (DNS rebinding) gets nothing. Who
 * opens a page by the address itself is led to the name, because browsers keep no passkeys for addresses.
 */
import { isIP } from 'node:net';
import { ForbiddenError } from '../base/index.ts';
import type { Server } from './route.ts';

/** Asked by balancers that know no name. */
const NAMELESS = new Set(['/healthz', '/readyz']);

export function demandHost(app: Server, publicUrl: string): void {
  const { host, origin } = new URL(publicUrl);
  app.addHook('onRequest', async ({ method, url, headers, routeOptions }, reply) => {
    if (headers.host === host || NAMELESS.has(routeOptions.url ?? '')) return;
    const isPage = method === 'GET' && !url.startsWith('/api/') && url.startsWith('/');
    // Never to where the request says, but to our own name; `//other.example` would lead away.
    if (isPage && isAddress(headers.host))
      return reply.redirect(`${origin}/${url.replace(/^[/\\]+/, '')}`, 307);
    throw new ForbiddenError('host-unknown', `this installation is reached at ${origin} only.`);
  });
}

function isAddress(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return isIP(name) !== 0;
}
