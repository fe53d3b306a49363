/** Entity tags made of revisions (RFC 9110, 8.8.3): a change says which state it was made from. */
import { UsageError } from '../base/index.ts';

/** A change of this kind must say which state it was made from. */
export class PreconditionNeededError extends UsageError {}

export const etag = (revision: number): string => `"${revision}"`;

/** The revision that If-Match names; undefined when there is none, or `*`. @throws UsageError `if-match-invalid` */
export function ifMatch(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined;
  const revision = /^"(\d{1,15})"$/.exec(header)?.[1];
  if (revision === undefined)
    throw new UsageError('if-match-invalid', 'If-Match must be an ETag that was given here.');
  return Number(revision);
}

/** The same where it must be given. @throws PreconditionNeededError `if-match-needed` */
export function demandIfMatch(header: string | undefined): number {
  const revision = ifMatch(header);
  if (revision !== undefined) return revision;
  throw new PreconditionNeededError(
    'if-match-needed',
    'send the ETag of what you changed as If-Match.',
  );
}
