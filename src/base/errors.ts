/**
 * Errors: one hierarchy for all rooms.
 *
 * Each error has a stable `code` for programs, and a message for people: one sentence of what went
 * wrong and what to do next, without secrets. Its `exitCode` is what the CLI ends with.
 */

/** What the command line ends with (stable: scripts and CI depend on it). */
export const ExitCode = {
  fine: 0,
  /** Findings at or above the severity that was asked for. */
  findings: 1,
  usage: 2,
  input: 3,
  internal: 4,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
  /** 128 + SIGPIPE: the reader of the output went away, so nobody saw the whole result. */
  pipeClosed: 141,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The root. Throw one of its subclasses, so that whoever catches knows whose fault it was. */
export abstract class FleetwardError extends Error {
  abstract readonly exitCode: ExitCode;
  /** Stable, kebab-case, for programs: `file-missing`, `unknown-option`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The caller asked for something that does not exist or cannot be combined. */
export class UsageError extends FleetwardError {
  override readonly exitCode = ExitCode.usage;
}

/** An input cannot be read: missing, forbidden, not of the promised kind. `offset` is in bytes. */
export class InputError extends FleetwardError {
  override readonly exitCode = ExitCode.input;
  readonly offset: number | undefined;

  constructor(code: string, message: string, options?: ErrorOptions & { offset?: number }) {
    super(code, message, options);
    this.offset = options?.offset;
  }
}

/** What was asked for is not there, or not for this caller to know of. */
export class NotFoundError extends FleetwardError {
  override readonly exitCode = ExitCode.usage;
}

/** What was asked for does not fit the present state: changed meanwhile, exists already, not in this state. */
export class ConflictError extends FleetwardError {
  override readonly exitCode = ExitCode.usage;
}

/** It was changed meanwhile: the change was made from a state that is no more. */
export class StaleError extends ConflictError {}

/** Nobody has proved who asks: sign in, or prove anew (`step-up-required`). */
export class UnauthenticatedError extends FleetwardError {
  override readonly exitCode = ExitCode.usage;
}

/** Known who asks, and not allowed. */
export class ForbiddenError extends FleetwardError {
  override readonly exitCode = ExitCode.usage;
}

/** Too much or too often; `retryAfter` is in seconds. */
export class LimitError extends FleetwardError {
  override readonly exitCode = ExitCode.usage;
  readonly retryAfter: number;

  constructor(code: string, message: string, retryAfter: number, options?: ErrorOptions) {
    super(code, message, options);
    this.retryAfter = retryAfter;
  }
}

/** Something that we need does not work now (disk full, database gone). Nothing was changed; try again later. */
export class UnavailableError extends FleetwardError {
  override readonly exitCode = ExitCode.internal;
}

/** A broken promise of our own: always a bug to report. */
export class InternalError extends FleetwardError {
  override readonly exitCode = ExitCode.internal;
}

const REASONS: Readonly<Record<string, readonly [code: string, sentence: string]>> = {
  ENOENT: ['file-missing', 'there is no such file; check the path'],
  ENOTDIR: ['file-missing', 'a part of its path is not a folder; check the path'],
  EACCES: ['file-forbidden', 'this user may not read it; change its permissions or the user'],
  EPERM: ['file-forbidden', 'this user may not read it; change its permissions or the user'],
  EISDIR: ['file-is-folder', 'it is a folder; name a file in it'],
  ELOOP: ['file-missing', 'its links lead in a circle; name the file itself'],
  EMFILE: ['too-many-files', 'too many files are open; raise the limit (ulimit -n)'],
  EIO: ['file-broken', 'the disk reports an error; copy the file anew'],
};

/** The InputError for a path that Node could not open or read. */
export function unreadable(path: string, cause: unknown): InputError {
  const errno = (cause as NodeJS.ErrnoException | null)?.code ?? '';
  const [code, sentence] = REASONS[errno] ?? ['file-unreadable', errno || String(cause)];
  return new InputError(code, `cannot read ${path}: ${sentence}.`, { cause });
}
