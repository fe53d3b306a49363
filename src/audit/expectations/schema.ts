/** The shape of expectations.yaml (docs/expectations.md). Strict: a key that is not here is refused, not ignored. */
import { z } from 'zod';
import { closest } from '../../base/index.ts';
import { parsePrefix } from '../allow-list.ts';

/** Marks that controls and the inventory know. Others are kept, unless they look like one of these mistyped. */
export const KNOWN_MARKS = [
  'scanner',
  'automation',
  'master',
  'router',
  'gateway',
  'dhcp-server',
  'hub',
  'constrained',
  'life-safety',
] as const;

const LIST_MAX = 10_000;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

const text = z.string().trim().min(1).max(200);
/** A name or pattern; `*` stands for any run of characters, at most four times. */
const pattern = text.refine((value) => value.split('*').length <= 5, 'expected at most four *');
const mac = z
  .string()
  .transform((value) => value.trim().toLowerCase().replaceAll('-', ':'))
  .refine((value) => MAC.test(value), 'expected a MAC address such as dc:a6:32:01:02:03');
const prefix = z
  .string()
  .trim()
  .refine(
    (value) => parsePrefix(value) !== undefined,
    'expected an address or prefix such as 192.168.20.0/24 or 2001:db8::/32',
  );
/** ISO date that exists. */
const date = z
  .string()
  .trim()
  .refine(
    (value) =>
      /^\d{4}-\d\d-\d\d$/.test(value) &&
      new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) === true,
    'expected a date such as 2027-03-31',
  );
const mark = z
  .string()
  .trim()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected a mark of small letters, digits and hyphens')
  .check((context) => {
    const meant = closest(context.value, KNOWN_MARKS);
    if (meant !== undefined && meant !== context.value) {
      context.issues.push({
        code: 'custom',
        input: context.value,
        message: `unknown mark "${context.value}"; did you mean ${meant}?`,
      });
    }
  });
const policy = z.enum(['dual-stack', 'ipv4-only']);

const match = z
  .strictObject({
    mac: mac.optional(),
    name: pattern.optional(),
    address: prefix.optional(),
    segment: text.optional(),
  })
  .refine(
    (given) => Object.keys(given).length > 0,
    'expected at least one of mac, name, address, segment',
  );

const device = z.strictObject({
  match,
  name: text.optional(),
  type: text.optional(),
  segment: text.optional(),
  marks: z.array(mark).max(32).optional(),
  lifeUntil: date.optional(),
});

const segment = z.strictObject({
  name: text,
  prefixes: z.array(prefix).min(1).max(LIST_MAX),
  sites: z.array(text).max(LIST_MAX).optional(),
  policy: policy.optional(),
});

const accepted = z.strictObject({
  control: text,
  device: pattern,
  reason: text.max(2000),
  owner: text,
  expires: date,
});

export const expectationsSchema = z.strictObject({
  version: z.literal(1),
  policy: policy.optional(),
  segments: z.array(segment).max(LIST_MAX).optional(),
  devices: z.array(device).max(LIST_MAX).optional(),
  scanners: z.array(pattern).max(LIST_MAX).optional(),
  masters: z.array(pattern).max(LIST_MAX).optional(),
  resolvers: z.array(pattern).max(LIST_MAX).optional(),
  timeServers: z.array(pattern).max(LIST_MAX).optional(),
  thresholds: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  accepted: z.array(accepted).max(LIST_MAX).optional(),
});

export type ExpectationsFile = z.infer<typeof expectationsSchema>;

/** Keys that a map may have at a path of the file, for "did you mean". */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const [section, , inner] = path;
  if (section === undefined) return Object.keys(expectationsSchema.shape);
  if (section === 'devices' && inner === 'match') return ['mac', 'name', 'address', 'segment'];
  if (section === 'devices') return Object.keys(device.shape);
  if (section === 'segments') return Object.keys(segment.shape);
  return section === 'accepted' ? Object.keys(accepted.shape) : [];
}
