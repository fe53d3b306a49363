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

/** A broken promise of our own: always a bug to report. */
export class InternalError extends FleetwardError {
  override readonly exitCode = ExitCode.internal;
}
