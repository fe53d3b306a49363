/**
 * Writes the types of the API for the console from docs/openapi.json: `node scripts/console-api.ts`. Answers by
 * `METHOD /path`, bodies likewise; what the description leaves open is `unknown`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Schema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly $ref?: string;
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
interface Operation {
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

const PREFIX = '/api/v1';
const root = fileURLToPath(new URL('../', import.meta.url));
const document = JSON.parse(readFileSync(`${root}docs/openapi.json`, 'utf8')) as Document;

const operations = Object.entries(document.paths)
  .filter(([path]) => path.startsWith(PREFIX))
  .flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        [`${method.toUpperCase()} ${path.slice(PREFIX.length)}`, operation] as const,
    ),
  );

const lines = (of: (operation: Operation) => string) =>
  operations.map(([name, operation]) => `  '${name}': ${of(operation)};`).join('\n');
const schemas = Object.entries(document.components?.schemas ?? {})
  .map(([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`)
  .join('');

writeFileSync(
  `${root}console/src/api/schema.ts`,
  `/** Written by scripts/console-api.ts from docs/openapi.json. */
${schemas}export interface Answers {
${lines(answerOf)}
}

export interface Bodies {
${lines(({ requestBody }) => contentType(requestBody?.content) ?? 'undefined')}
}
`,
);

function answerOf({ responses }: Operation): string {
  const good = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => contentType(content) ?? 'undefined');
  return [...new Set(good)].join(' | ') || 'unknown';
}

function contentType(content: Content | undefined): string | undefined {
  const schema = content?.['application/json']?.schema;
  return schema && typeOf(schema);
}

function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'unknown';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(' | ');
  if (Array.isArray(schema.type))
    return schema.type.map((type: string) => typeOf({ ...schema, type })).join(' | ');
  if (schema.type === 'array') return `(${typeOf(schema.items ?? {})})[]`;
  if (schema.type === 'object') return objectOf(schema);
  if (schema.type === 'integer') return 'number';
  return (schema.type as string | undefined) ?? 'unknown';
}

function objectOf({ properties, required = [], additionalProperties }: Schema): string {
  if (properties === undefined)
    return typeof additionalProperties === 'object'
      ? `Record<string, ${typeOf(additionalProperties)}>`
      : 'Record<string, unknown>';
  const fields = Object.entries(properties).map(
    ([name, schema]) =>
      `${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  );
  return `{ ${fields.join('; ')} }`;
}
