/** Which devices a list means, as its query says it. */
import { z } from 'zod';
import { type DeviceFilter, deviceFilterSchema } from '../fleet/registry/index.ts';
import { list } from './route.ts';

export const filterQuery = {
  site: z.string().optional(),
  segment: list.optional(),
  type: list.optional(),
  vendor: list.optional(),
  model: list.optional(),
  owner: list.optional(),
  criticality: list.optional(),
  tag: list.optional(),
  worst: z.coerce.number().int().min(0).max(5).optional(),
  search: z.string().max(200).optional(),
  retired: z.stringbool().optional(),
  seenBefore: z.coerce.number().int().optional(),
};

export function readFilter(query: object): DeviceFilter {
  const known = Object.entries(query).filter(
    ([name, value]) => name in filterQuery && value !== undefined,
  );
  return deviceFilterSchema.parse(Object.fromEntries(known));
}
