/** Filters of lists in a query: the same that bodies and groups have, read from text. */
import { z } from 'zod';
import { deviceFilterSchema } from '../fleet/registry/index.ts';

/** A list in a query: `?type=camera,plug`, or the name several times. Without a value there is none. */
const list = z.union([z.string(), z.array(z.string())]).transform((value) => {
  const values = (Array.isArray(value) ? value : value.split(',')).filter(Boolean);
  return values.length > 0 ? values : undefined;
});

type QueryOf<Shape extends z.ZodRawShape> = {
  [Name in keyof Shape]: z.ZodOptional<z.ZodType<z.output<Shape[Name]>, unknown>>;
};

/** The fields of a filter, as a query gives them. */
export function queryOf<Shape extends z.ZodRawShape>({ shape }: z.ZodObject<Shape>) {
  return Object.fromEntries(
    Object.entries(shape).map(([name, type]) => {
      const { description } = type as z.ZodType;
      const inner = type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType) : type;
      const read = fromText(inner as z.ZodType).optional();
      return [name, description === undefined ? read : read.describe(description)];
    }),
  ) as unknown as QueryOf<Shape>;
}

function fromText(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodArray)
    return list.pipe(type.optional() as z.ZodType<unknown, string[] | undefined>);
  if (type instanceof z.ZodNumber) return z.coerce.number().pipe(type);
  // Described as what it means; `true` and `1` are text here.
  if (type instanceof z.ZodBoolean) return z.stringbool().meta({ type: 'boolean' });
  return type;
}

/** The filter alone, of a query that has more. */
export function filterOf<Shape extends z.ZodRawShape>(
  { shape }: z.ZodObject<Shape>,
  query: object,
): {
  [Name in keyof Shape as undefined extends z.output<Shape[Name]> ? Name : never]?: Exclude<
    z.output<Shape[Name]>,
    undefined
  >;
} {
  const known = Object.entries(query).filter(
    ([name, value]) => Object.hasOwn(shape, name) && value !== undefined,
  );
  return Object.fromEntries(known) as never;
}

export const deviceQuery = queryOf(deviceFilterSchema);
export const deviceFilterOf = (query: object) => filterOf(deviceFilterSchema, query);
