/**
 * TypeScript types of the API from its description: answers, bodies and queries by `METHOD /path`. What the description
 * leaves open is `unknown`.
 */
export interface Schema {
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
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

const PREFIX = '/api/v1';

export function apiTypes({ paths, components }: Document): string {
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith(PREFIX))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) =>
          [`${method.toUpperCase()} ${path.slice(PREFIX.length)}`, operation] as const,
      ),
    );
  const lines = (of: (operation: Operation) => string) =>
    operations.map(([name, operation]) => `  '${name}': ${of(operation)};`).join('\n');
  const schemas = Object.entries(components?.schemas ?? {})
    .map(([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`)
    .join('');
  return `/** Types of the API. Written by scripts/openapi.ts. */
${schemas}
/** What is answered. */
export interface Answers {
${lines(answerOf)}
}

/** What is sent. */
export interface Bodies {
${lines(({ requestBody }) => contentType(requestBody?.content, SENT) ?? 'undefined')}
}

/** What is asked in the query; a list is given as \`a,b\`, or its name several times. */
export interface Queries {
${lines(queryOf)}
}
`;
}

function answerOf({ responses }: Operation): string {
  const good = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => contentType(content) ?? 'undefined');
  return [...new Set(good)].join(' | ') || 'unknown';
}

function queryOf({ parameters = [] }: Operation): string {
  const fields = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, required, schema }) => fieldOf(name, schema, required === true, SENT));
  return fields.length === 0 ? 'undefined' : `{ ${fields.join('; ')} }`;
}

function contentType(content: Content | undefined, way: Way = TOLD): string | undefined {
  const schema = content?.['application/json']?.schema;
  if (schema) return typeOf(schema, way);
  return content && 'unknown';
}

/** What is sent may be read-only, and left out by giving undefined. */
interface Way {
  readonly array: string;
  readonly optional: string;
}
const TOLD: Way = { array: '', optional: '' };
const SENT: Way = { array: 'readonly ', optional: ' | undefined' };

function typeOf(schema: Schema, way: Way = TOLD): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? 'unknown';
  if ('const' in schema) return literal(schema.const);
  if (schema.enum) return schema.enum.map(literal).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeOf(choice, way)).join(' | ');
  if (Array.isArray(schema.type))
    return schema.type.map((type: string) => typeOf({ ...schema, type }, way)).join(' | ');
  if (schema.type === 'array') return `${way.array}(${typeOf(schema.items ?? {}, way)})[]`;
  if (schema.type === 'object') return objectOf(schema, way);
  if (schema.type === 'integer') return 'number';
  return (schema.type as string | undefined) ?? 'unknown';
}

const literal = (value: unknown): string =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value);

function objectOf({ properties, required = [], additionalProperties }: Schema, way: Way): string {
  if (properties === undefined)
    return typeof additionalProperties === 'object'
      ? `Record<string, ${typeOf(additionalProperties, way)}>`
      : 'Record<string, unknown>';
  const fields = Object.entries(properties).map(([name, schema]) =>
    fieldOf(name, schema, required.includes(name), way),
  );
  return `{ ${fields.join('; ')} }`;
}

function fieldOf(name: string, schema: Schema, isRequired: boolean, way: Way): string {
  const key = /^\w+$/.test(name) ? name : literal(name);
  const type = typeOf(schema, way);
  return isRequired ? `${key}: ${type}` : `${key}?: ${type}${way.optional}`;
}
