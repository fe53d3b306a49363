/** What the registry records. Values that people may write freely (notes) are named, not copied. */
import { z } from 'zod';
import { declareFact } from '../../store/index.ts';

const value = z.union([z.string(), z.number(), z.null(), z.array(z.string())]);
const changes = z.record(z.string(), z.strictObject({ from: value, to: value }).nullable());
const name = z.strictObject({ name: z.string() });

export const siteAdded = declareFact({ action: 'site.added', version: 1, body: name });
export const siteChanged = declareFact({ action: 'site.changed', version: 1, body: name });
export const siteRemoved = declareFact({ action: 'site.removed', version: 1, body: name });
export const segmentAdded = declareFact({ action: 'segment.added', version: 1, body: name });
export const segmentChanged = declareFact({ action: 'segment.changed', version: 1, body: name });
export const segmentRemoved = declareFact({ action: 'segment.removed', version: 1, body: name });

/** A device that was not known, first seen by an audit or entered by a person. */
export const deviceFound = declareFact({
  action: 'device.found',
  version: 1,
  body: z.strictObject({ keys: z.array(z.string()), vendor: z.string(), type: z.string() }),
});

/** By a person, or by what was seen (type, model, version). A field with null was changed and is not shown. */
export const deviceChanged = declareFact({
  action: 'device.changed',
  version: 1,
  body: z.strictObject({ changes }),
});

export const deviceRetired = declareFact({
  action: 'device.retired',
  version: 1,
  body: z.strictObject({ retired: z.boolean() }),
});

/** Several devices were one; the first subject is the one that stays. */
export const devicesMerged = declareFact({
  action: 'device.merged',
  version: 1,
  body: z.strictObject({ keys: z.array(z.string()) }),
});

/** One device was two; the second subject is new. */
export const deviceSplit = declareFact({
  action: 'device.split',
  version: 1,
  body: z.strictObject({ keys: z.array(z.string()) }),
});

export const groupSaved = declareFact({ action: 'group.saved', version: 1, body: name });
export const groupRemoved = declareFact({ action: 'group.removed', version: 1, body: name });
