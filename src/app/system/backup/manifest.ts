/** What is in a backup: a tar archive, compressed by gzip, and sealed when a passphrase was given. */
import { z } from 'zod';

export const MANIFEST = 'manifest.json';
export const DATABASE = 'fleetward.sqlite';
export const KEYS = 'keys.json';
export const ERASURES = 'erasures.jsonl';
/** Folder of captures that wait for their audit, or are kept. */
export const CAPTURES = 'captures/';

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  version: z.string().max(100),
  /** When it was made, in milliseconds since 1970. */
  time: z.int(),
  files: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^(fleetward\.sqlite|keys\.json|erasures\.jsonl|captures\/[0-9a-f-]{36})$/),
        bytes: z.int().min(0),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .max(100_000),
});
export type Manifest = z.infer<typeof manifestSchema>;
