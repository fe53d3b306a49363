/** The API describes itself (OpenAPI 3.1): from the schemas of its routes, and what holds for all of them. */
import swagger from '@fastify/swagger';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { sessionCookieName } from '../access/index.ts';
import type { RouteAccess, Server } from './route.ts';

type Json = Record<string, unknown>;

const DESCRIPTION =
  'Times are milliseconds since 1970, UTC. Identifiers are UUIDv7. How to authenticate, page, retry and read errors: docs/api.md.';

/** Before the routes are added. */
export async function describeApi(app: Server, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fleetward',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      security: [{ token: [] }, { session: [] }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'an API token' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: sessionCookieName('https://localhost'),
            description: 'of a browser; changes need its CSRF token as x-csrf-token',
          },
        },
      },
    },
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document);
      const { config, method } = document.route;
      return { url, schema: described(schema as Json, url, String(method), config?.access) };
    },
    transformObject: (document) =>
      onlyReferred(jsonSchemaTransformObject(document) as unknown as Json) as never,
  });
}

function described(schema: Json, url: string, method: string, access?: RouteAccess): Json {
  if (schema.hide) return schema;
  const problem = {
    description: 'what went wrong',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  return {
    ...schema,
    ...(method === 'POST' && access !== 'public' ? { headers: withKey(schema.headers) } : {}),
    ...(access === 'public' ? { security: [] } : {}),
    operationId: operationId(method, url),
    response: { ...withDefault(schema.response), default: problem },
    // Who may use a route is part of its description.
    'x-access': access,
  };
}

const withDefault = (response: unknown): Json =>
  (response as Json | undefined) ?? { 200: { description: 'a file' } };

const withKey = (headers: unknown): Json => ({
  type: 'object',
  ...(headers as Json | undefined),
  properties: {
    ...((headers as Json | undefined)?.properties as Json | undefined),
    'idempotency-key': {
      type: 'string',
      description: 'a random UUID: the request may be sent again with it, and is done once',
    },
  },
});

/** `PATCH /api/v1/devices/:id` → patchDevicesId. */
function operationId(method: string, url: string): string {
  const words = url
    .replace('/api/v1', '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return [method.toLowerCase(), ...words.map((word) => word[0].toUpperCase() + word.slice(1))].join(
    '',
  );
}

/** Without the schemas that nothing refers to: zod has one for what goes in beside each that comes out. */
function onlyReferred(document: Json): Json {
  const components = document.components as { schemas?: Json };
  const schemas = components.schemas ?? {};
  const kept = new Set<string>();
  const keep = (part: unknown) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      if (!kept.has(name)) {
        kept.add(name);
        keep(schemas[name]);
      }
  };
  keep(document.paths);
  const used = Object.entries(schemas).filter(([name]) => kept.has(name));
  return { ...document, components: { ...components, schemas: Object.fromEntries(used) } };
}
