/**
 * Refuses text that cannot be kept: with the character U+0000, which PostgreSQL refuses with an error of its own, or
 * with half a surrogate pair, which facts cannot hold (RFC 8785). And bodies that are nested deeper than anything the
 * API takes.
 */
import { UsageError } from '../base/index.ts';
import type { Server } from './route.ts';

const DEPTH_MAX = 32;

export function demandCleanText(app: Server): void {
  app.addHook('preValidation', async ({ params, query, body }) => {
    for (const part of [params, query, body]) demandClean(part, DEPTH_MAX);
  });
}

/** @throws UsageError `request-invalid` */
function demandClean(value: unknown, depth: number): void {
  if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed()))
    throw new UsageError(
      'request-invalid',
      'the request holds the character U+0000 or half a character; leave it out.',
    );
  if (typeof value !== 'object' || value === null) return;
  if (depth === 0) throw new UsageError('request-invalid', 'the request is nested too deeply.');
  for (const [name, part] of Object.entries(value)) {
    demandClean(name, depth);
    demandClean(part, depth - 1);
  }
}
