/** A device as the running system knows it: what was seen of it, and what people said of it. */
import { z } from 'zod';
import type { Tables } from '../../store/index.ts';
import { CRITICALITIES } from './filter.ts';

const TEXT_MAX = 200;
const NOTES_MAX = 10_000;
const TAGS_MAX = 50;

const text = z.string().trim().max(TEXT_MAX);
export const tagSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._:/-]{0,63}$/u, 'letters, digits and . _ : / - only');

/** What a person may say of a device. Null takes back what was given, so that what is seen shows again. */
export const devicePatchSchema = z.strictObject({
  name: text.nullable().optional(),
  type: text.nullable().optional(),
  vendor: text.nullable().optional(),
  model: text.nullable().optional(),
  version: text.nullable().optional(),
  segment: z.string().nullable().optional().describe('id'),
  owner: z.string().nullable().optional().describe('id of a person'),
  criticality: z
    .enum(CRITICALITIES)
    .optional()
    .describe('essential: stopping it could hurt people'),
  notes: z.string().max(NOTES_MAX).optional(),
  tags: z.array(tagSchema).max(TAGS_MAX).optional(),
  retired: z.boolean().optional(),
});
export type DevicePatch = z.infer<typeof devicePatchSchema>;

/** The fields that are seen, and that a person may give instead. */
export const NAMED = ['name', 'type', 'vendor', 'model', 'version'] as const;
export type Named = Partial<Record<(typeof NAMED)[number], string>>;

export const registeredDeviceSchema = z.object({
  id: z.string(),
  site: z.string(),
  segment: z.string().nullable(),
  name: z.string().describe('given by a person, else seen; empty when unknown'),
  type: z.string(),
  vendor: z.string(),
  model: z.string(),
  version: z.string(),
  mac: z.string(),
  address: z.string(),
  owner: z.string().nullable(),
  criticality: z.enum(CRITICALITIES),
  firstSeen: z.int().describe('milliseconds since 1970'),
  lastSeen: z.int(),
  retired: z.int().nullable(),
  revision: z.int(),
  worst: z.int().describe('rank of its worst open finding: 0 none, 1 info … 5 critical'),
  openFindings: z.int(),
  acceptedFindings: z.int(),
  posture: z.number().nullable().describe('0 to 100; null while nothing was judged'),
  tags: z.array(z.string()),
});
export type RegisteredDevice = z.infer<typeof registeredDeviceSchema>;

export const deviceDetailsSchema = registeredDeviceSchema.extend({
  notes: z.string(),
  keys: z.array(z.string()).describe('MACs and addresses it is known by'),
  given: z.record(z.string(), z.string()).describe('what a person gave'),
  seen: z.record(z.string(), z.string()).describe('what was last seen'),
  details: z
    .unknown()
    .describe('the device in the report of the audit that saw it last: services, peers …'),
  audit: z.string().nullable(),
});
export type DeviceDetails = z.infer<typeof deviceDetailsSchema>;

export function readDevice(row: Tables['devices'], tags: readonly string[]): RegisteredDevice {
  return {
    id: row.id,
    site: row.site_id,
    segment: row.segment_id,
    name: row.name,
    type: row.type,
    vendor: row.vendor,
    model: row.model,
    version: row.version,
    mac: row.mac,
    address: row.address,
    owner: row.owner_id,
    criticality: row.criticality,
    firstSeen: row.first_seen,
    lastSeen: row.last_seen,
    retired: row.retired,
    revision: row.revision,
    worst: row.worst,
    openFindings: row.open_findings,
    acceptedFindings: row.accepted_findings,
    posture: row.posture < 0 ? null : row.posture,
    tags: [...tags],
  };
}

/** The columns that follow from what was given and seen. */
export function shown(given: Named, seen: Named): Record<(typeof NAMED)[number], string> {
  const of = (field: (typeof NAMED)[number]) => given[field] ?? seen[field] ?? '';
  return {
    name: of('name'),
    type: of('type'),
    vendor: of('vendor'),
    model: of('model'),
    version: of('version'),
  };
}

/** What a search looks into: its names and what it is, and the addresses and names under which it was seen. */
export function searchText(named: Named, terms: readonly string[]): string {
  return [...new Set([...Object.values(named), ...terms])].filter(Boolean).join(' ').toLowerCase();
}
