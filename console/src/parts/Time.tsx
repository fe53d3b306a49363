/** A moment, as people say it; the exact one on hover. */
import { ago, exact } from './words.ts';

export function Time({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at)}>
      {ago(at)}
    </time>
  );
}
