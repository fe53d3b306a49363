/**
 * The one shape of a command: data that help, parsing and shell completion are made from, and the
 * function that runs it. A command file is loaded only when it is asked for (see commands.ts).
 */
import { type ExitCode, InternalError } from '../base/index.ts';
import type { Output } from './output.ts';
import type { Progress } from './progress.ts';

/** What a value is completed with in the shell. Nothing else depends on it. */
type Completes = 'file' | 'folder';

export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  /** Takes all that are left; only the last one can. */
  readonly variadic?: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
}

export interface OptionSpec<Flags extends string = string, Value = unknown> {
  /** As commander writes them: `--quick`, `-o, --out <file>`, `--expect <file...>`. */
  readonly flags: Flags;
  readonly summary: string;
  readonly choices?: readonly Value[];
  readonly completes?: Completes;
  readonly default?: Value;
  /** Throws an Error whose message says what was expected: `A whole number is expected`. */
  readonly parse?: (text: string) => Value;
}

/** The value that `run` gets: by `parse`, else one of `choices`, else by the flags' own words. */
type OptionValue<O> = O extends { parse: (text: string) => infer Value }
  ? Value | Missing<O>
  : O extends { choices: readonly (infer Choice)[] }
    ? Choice | Missing<O>
    : O extends { flags: `${string}...>` }
      ? string[] | Missing<O>
      : O extends { flags: `${string}<${string}` }
        ? string | Missing<O>
        : boolean;
type Missing<O> = O extends { default: NonNullable<unknown> } ? never : undefined;

/** What every command gets besides its own arguments and options. */
export interface Context {
  /** The result, and nothing else. */
  readonly out: Output;
  /** Notes, warnings and progress. */
  readonly err: Output;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by the first Ctrl-C; the process ends half a second later, whatever happens. */
  readonly signal: AbortSignal;
  /** For what serves until it is stopped: SIGTERM aborts `signal` too, and it may take so many milliseconds to end. */
  cleansUp(ms: number): void;
  /** All commands, for those that speak about the others. */
  commands(): Promise<readonly Command[]>;
  /** Starts a progress line; call `done()` in a `finally`. */
  progress(work: string, unit: 'bytes' | 'items', total?: number): Progress;
}

export interface Input<Options> {
  readonly arguments: readonly string[];
  readonly options: Options;
}

export interface Command {
  readonly name: string;
  /** One line, without a full stop: what it does for the user. */
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  /** By the name under which `run` gets the value. */
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Command line without `fleetward `, and what it is for. */
  readonly examples: readonly (readonly [line: string, purpose: string])[];
  /** Returns the exit code; throws a FleetwardError otherwise. */
  run(context: Context, input: Input<Record<string, unknown>>): Promise<ExitCode>;
  /** For a thing with several verbs (`devices list`); then `run` is never called. */
  readonly verbs?: readonly Command[];
}

/** Options that every command has; none takes a value. */
export const commonOptions: Readonly<Record<string, string>> = {
  '--json': 'print the result as JSON',
  '--quiet': 'print no notes and no progress',
  '--no-color': 'print without colours (NO_COLOR does it too)',
};

/** Declares a command, so that `run` knows the types of its options. */
export function command<const Options extends Readonly<Record<string, OptionSpec>>>(
  definition: Omit<Command, 'options' | 'run'> & {
    readonly options: Options;
    run(
      context: Context,
      input: Input<{ readonly [Name in keyof Options]: OptionValue<Options[Name]> }>,
    ): Promise<ExitCode>;
  },
): Command {
  return definition as unknown as Command;
}

/** Declares a thing with several verbs: each is a command whose name is the verb. */
export function commandWithVerbs(
  name: string,
  summary: string,
  verbs: readonly Command[],
): Command {
  return {
    name,
    summary,
    verbs,
    examples: verbs.flatMap(({ examples }) => examples.slice(0, 1)),
    // What a shell completes with: the verbs, and the options of any of them.
    arguments: [
      { name: 'verb', summary: 'what to do', choices: verbs.map((verb) => verb.name) },
      ...(verbs.some((verb) => verb.arguments.length > 0)
        ? [{ name: 'argument', summary: 'what the verb is about' }]
        : []),
    ],
    options: Object.assign({}, ...verbs.map(({ options }) => options)),
    run: () => Promise.reject(new InternalError('verb-missing', `${name} needs a verb.`)),
  };
}
