/** Face of http: the running system behind its doors. */

export type * as Api from './api-types.ts';
export { type ServeOptions, type Serving, serve } from './serve.ts';
export { buildServer, type ServerOptions } from './server.ts';
