/** Errors as RFC 9457 problem details: a stable code, a sentence for people, and nothing of the inside. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  ConflictError,
  FleetwardError,
  ForbiddenError,
  InputError,
  LimitError,
  NotFoundError,
  StaleError,
  UnauthenticatedError,
  UnavailableError,
  UsageError,
} from '../base/index.ts';
import { PreconditionNeededError } from './etag.ts';

export const problemSchema = z
  .object({
    type: z.string().describe('`urn:fleetward:problem:` and the code'),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('stable: for programs'),
    detail: z.string().describe('for people: what is wrong and what to do'),
    errors: z
      .array(z.object({ at: z.string().describe('JSON Pointer'), message: z.string() }))
      .optional()
      .describe('what is wrong with which part of the request'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });
export type Problem = z.infer<typeof problemSchema>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Code of the problem that was answered. */
    problem?: string | undefined;
  }
}

type Status = readonly [status: number, title: string];

const STATUS: readonly (readonly [new (...args: never[]) => FleetwardError, Status])[] = [
  [UnauthenticatedError, [401, 'Not signed in']],
  [ForbiddenError, [403, 'Not allowed']],
  [NotFoundError, [404, 'Not found']],
  [StaleError, [412, 'Changed meanwhile']],
  [ConflictError, [409, 'In conflict with the present state']],
  [PreconditionNeededError, [428, 'Say what it was made from']],
  [UsageError, [422, 'Cannot be processed']],
  [InputError, [422, 'Cannot be read']],
  [LimitError, [429, 'Too many requests']],
  [UnavailableError, [503, 'Not available now']],
];

/** Codes of Fastify's own errors, by their status. */
export const OWN: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: ['request-invalid', 'the request cannot be read; check its form.'],
  404: ['route-unknown', 'there is nothing at this address.'],
  413: ['request-too-large', 'the request is larger than is taken here.'],
  415: ['media-type', 'this media type is not taken here; send application/json.'],
  429: ['too-many-requests', 'too many requests; wait a little.'],
};

/** When what does not work now may be asked for again, in seconds. */
const UNAVAILABLE_S = 5;

/** The problem that an error is told as. */
export function problemOf(error: unknown): Problem {
  if (hasZodFastifySchemaValidationErrors(error))
    return problem(
      422,
      'Cannot be processed',
      'request-invalid',
      'parts of the request are wrong.',
      {
        errors: error.validation.map(({ instancePath, message }) => ({
          at: instancePath || '/',
          message: message ?? 'wrong',
        })),
      },
    );
  if (error instanceof FleetwardError) {
    const known = STATUS.find(([type]) => error instanceof type)?.[1];
    if (known !== undefined) return problem(known[0], known[1], error.code, error.message);
  }
  const status = (error as Partial<FastifyError>).statusCode ?? 500;
  const own = OWN[status];
  if (own !== undefined) return problem(status, 'Cannot be processed', own[0], own[1]);
  return problem(
    500,
    'Internal error',
    'internal',
    'something broke here; the log has the details.',
  );
}

function problem(
  status: number,
  title: string,
  code: string,
  detail: string,
  more: Partial<Problem> = {},
): Problem {
  return { type: `urn:fleetward:problem:${code}`, title, status, code, detail, ...more };
}

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const told = problemOf(error);
  // For who counts refusals; of the answer nothing depends on it.
  request.problem = told.code;
  if (told.status >= 500) request.log.error({ err: error }, 'request failed');
  if (error instanceof LimitError) reply.header('retry-after', Math.ceil(error.retryAfter));
  if (error instanceof UnavailableError) reply.header('retry-after', UNAVAILABLE_S);
  reply
    .code(told.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(told));
}
