/** Facts of the running system itself. */
import { z } from 'zod';
import { declareFact } from '../../store/index.ts';

/** What is known was taken back to a backup; erasures made since were done again. */
export const systemRestored = declareFact({
  action: 'system.restored',
  version: 1,
  body: z.strictObject({
    backup: z.int().describe('when it was made, milliseconds since 1970'),
    madeBy: z.string().describe('version that made it'),
    erased: z.int().describe('people erased again'),
  }),
});
