/**
 * The program that commander parses with, made from the commands' definitions. Only the command
 * that was asked for is loaded; help alone needs them all.
 */
import {
  Argument,
  Command as Commander,
  CommanderError,
  InvalidArgumentError,
  Option,
} from 'commander';
import { ExitCode, UsageError } from '../base/index.ts';
import {
  type ArgumentSpec,
  type Command,
  type Context,
  commonOptions,
  type OptionSpec,
} from './command.ts';
import { commands } from './commands.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';

type Surroundings = Pick<Context, 'out' | 'err' | 'env' | 'version' | 'signal' | 'cleansUp'>;
type Run = (definition: Command, input: Parameters<Command['run']>[1]) => Promise<void>;

/** Runs one command line and returns its exit code; throws a FleetwardError otherwise. */
export async function runProgram(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { out } = surroundings;
  const named = args.find((arg) => !arg.startsWith('-')) ?? '';
  const asked = Object.hasOwn(commands, named) ? named : undefined;
  let exitCode: ExitCode = ExitCode.fine;

  const program = emptyProgram(surroundings);
  const run: Run = async (definition, input) => {
    const context = contextOf(surroundings, program.opts());
    exitCode = await definition.run(context, input);
  };

  const loaded: Command[] = [];
  for (const [name, load] of Object.entries(commands)) {
    const child = program.command(name);
    if (asked !== undefined && asked !== name) continue; // its name is enough for "did you mean"
    const definition = await load();
    add(child, definition, run, out);
    loaded.push(definition);
  }
  program.addHelpText(
    'after',
    examplesHelp(
      out,
      loaded.map(({ examples }) => examples[0]).filter((first) => !!first),
    ),
  );

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return ExitCode.fine; // asked for help or the version
    if (error.code === 'commander.help') return ExitCode.usage; // named no command: help was shown
    throw usageError(error, asked);
  }
  return exitCode;
}

function emptyProgram({ out, err, version }: Surroundings): Commander {
  const program = new Commander('fleetward')
    .description('Security of a fleet of connected devices.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true, styleTitle: (title) => out.style('bold', title) })
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      outputError: () => {}, // usageError says it
      getOutHelpWidth: () => out.width,
      getErrHelpWidth: () => err.width,
    })
    .exitOverride();
  for (const [flags, summary] of Object.entries(commonOptions)) program.option(flags, summary);
  return program;
}

function contextOf(
  surroundings: Surroundings,
  { json = false, quiet = false }: { json?: boolean; quiet?: boolean },
): Context {
  const err = quiet ? Output.nowhere() : surroundings.err;
  return {
    ...surroundings,
    err,
    json,
    quiet,
    commands: () => Promise.all(Object.values(commands).map((load) => load())),
    progress: (work, unit, total) => new Progress(err, work, unit, total),
  };
}

function add(child: Commander, definition: Command, run: Run, out: Output): void {
  child.summary(definition.summary).description(`${definition.summary}.`);
  if (definition.verbs) {
    for (const verb of definition.verbs) add(child.command(verb.name), verb, run, out);
    child.addHelpText('after', examplesHelp(out, definition.examples));
    return;
  }
  for (const spec of definition.arguments) child.addArgument(argumentOf(spec));
  const options = Object.entries(definition.options).map(
    ([name, spec]) => [name, optionOf(spec)] as const,
  );
  for (const [, option] of options) child.addOption(option);
  child.addHelpText('after', examplesHelp(out, definition.examples));

  child.action(async () => {
    const values = options.map(([name, option]) => {
      const value = child.getOptionValue(option.attributeName());
      return [name, value ?? (option.isBoolean() ? false : undefined)] as const;
    });
    await run(definition, { arguments: child.args, options: Object.fromEntries(values) });
  });
}

function argumentOf(spec: ArgumentSpec): Argument {
  const name = spec.variadic ? `${spec.name}...` : spec.name;
  const argument = new Argument(spec.required ? `<${name}>` : `[${name}]`, spec.summary);
  return spec.choices ? argument.choices(spec.choices) : argument;
}

function optionOf({ flags, summary, choices, default: value, parse }: OptionSpec): Option {
  const option = new Option(flags, summary);
  if (option.variadic) {
    // A list with commas, or the option again: taking every word that follows would swallow the arguments behind it.
    option.variadic = false;
    option.argParser((text, former: string[] | undefined) => [
      ...(former ?? []),
      ...text.split(','),
    ]);
  }
  if (value !== undefined) option.default(value);
  if (choices) option.choices(choices.map(String));
  if (parse) {
    option.argParser((text) => {
      try {
        return parse(text);
      } catch (error) {
        throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
      }
    });
  }
  return option;
}

function examplesHelp(out: Output, examples: Command['examples']): string {
  const lines = examples.flatMap(([line, purpose]) => [
    out.style('dim', `  # ${purpose}`),
    `  fleetward ${line}`,
  ]);
  return ['', out.style('bold', 'Examples:'), ...lines].join('\n');
}

/** Commander's words as one sentence of ours, with the help that leads on. */
function usageError(error: CommanderError, command: string | undefined): UsageError {
  const said = error.message
    .replace(/^error: /, '')
    .replace(/\n\((Did you mean .*?\?)\)$/s, '. $1')
    .replace(/([^.?!])$/, '$1.');
  const help = command === undefined ? 'fleetward --help' : `fleetward ${command} --help`;
  const code = error.code
    .replace('commander.', '')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new UsageError(code, `${said} See ${help}.`, { cause: error });
}
