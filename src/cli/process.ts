/**
 * The command line as a process: streams, signals and exit codes around one run of the program.
 * Whatever goes wrong ends as one sentence on stderr; FLEETWARD_DEBUG=1 adds where it happened.
 */
import { ExitCode, escapeControls, FleetwardError, jsonText, UsageError } from '../base/index.ts';
import { Output, wantsColour } from './output.ts';
import { runProgram } from './program.ts';

/** How long a command may take to clean up after Ctrl-C. */
const INTERRUPT_GRACE_MS = 500;

export async function runProcess(args: readonly string[], version: string): Promise<void> {
  const { stdout, stderr, env } = process;
  const asJson = args.includes('--json');
  const colourAsked = !args.includes('--no-color');
  const out = new Output(stdout, { colour: wantsColour(stdout, env, colourAsked) });
  const err = new Output(stderr, { colour: wantsColour(stderr, env, colourAsked) });

  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(ExitCode.pipeClosed);
      if (stream === stdout) {
        const reason = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
        die(new UsageError('not-writable', `cannot write the output: ${reason}.`));
      }
      process.exit(ExitCode.internal);
    });
  }
  const die = (error: unknown) => {
    stderr.write(explain(error, asJson, env));
    process.exit(exitCodeOf(error));
  };
  process.on('uncaughtException', die).on('unhandledRejection', die);

  const interrupt = new AbortController();
  let grace = INTERRUPT_GRACE_MS;
  let stoppedWith: ExitCode | undefined;
  const stop = (exitCode: ExitCode) => {
    if (interrupt.signal.aborted) process.exit(exitCode);
    stoppedWith = exitCode;
    interrupt.abort();
    setTimeout(() => process.exit(exitCode), grace).unref();
  };
  process.on('SIGINT', () => stop(ExitCode.interrupted));
  const cleansUp = (ms: number) => {
    grace = ms;
    process.on('SIGTERM', () => stop(ExitCode.fine));
  };

  try {
    process.exitCode = await runProgram(args, {
      out,
      err,
      env,
      version,
      signal: interrupt.signal,
      cleansUp,
    });
  } catch (error) {
    await out.drain();
    if (!interrupt.signal.aborted) stderr.write(explain(error, asJson, env));
    process.exitCode = exitCodeOf(error);
  }
  await Promise.all([out.drain(), err.drain()]);
  if (stoppedWith !== undefined) process.exit(process.exitCode || stoppedWith);
}

function exitCodeOf(error: unknown): ExitCode {
  return error instanceof FleetwardError ? error.exitCode : ExitCode.internal;
}

/** One sentence for people, or with --json one object, on a line of stderr. */
function explain(error: unknown, asJson: boolean, env: NodeJS.ProcessEnv): string {
  const ours = error instanceof FleetwardError;
  const said = error instanceof Error ? error.message : String(error);
  const code = ours ? error.code : 'internal';
  const message = ours
    ? said
    : `internal error: ${said}. Please report it, with what FLEETWARD_DEBUG=1 prints.`;
  const stack = env.FLEETWARD_DEBUG && error instanceof Error ? (error.stack ?? '') : '';
  const last = asJson
    ? jsonText({ error: { code, message } })
    : `fleetward: ${message.split('\n').map(escapeControls).join('\n  ')}`;
  const lines = stack === '' ? [] : stack.split('\n').map(escapeControls);
  return [...lines, last, ''].join('\n');
}
