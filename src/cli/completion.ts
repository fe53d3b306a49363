/**
 * Completion scripts, made from the commands' definitions. They are static: a press of Tab starts
 * no Node, and a shell needs the new script only after an update.
 */
import { type ArgumentSpec, type Command, commonOptions, type OptionSpec } from './command.ts';

export const shells = { bash, zsh, fish } as const;

/** What one option looks like to a shell. */
interface Word {
  readonly names: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

function words(options: Command['options']): Word[] {
  const own = Object.values(options).map((spec: OptionSpec) => ({
    names: spec.flags.match(/(?<=^|[\s,])--?[\w-]+/g) ?? [],
    summary: spec.summary,
    takesValue: spec.flags.includes('<'),
    values: (spec.choices ?? []).map(String),
  }));
  const shared = Object.entries({ ...commonOptions, '--help': 'show help' }).map(
    ([name, summary]) => ({
      names: [name],
      summary,
      takesValue: false,
      values: [],
    }),
  );
  return [...own, ...shared];
}

function argumentValues(specs: readonly ArgumentSpec[]): readonly string[] {
  return specs.flatMap((spec) => spec.choices ?? []);
}

/** Where an argument has no list of values it is a file or a name; offering files does no harm. */
function takesFiles(specs: readonly ArgumentSpec[]): boolean {
  return specs.some((spec) => !spec.choices);
}

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const options = words(command.options);
    const valued = options.filter((option) => option.takesValue);
    const valueCases = valued.map(
      ({ names, values }) => `        ${names.join('|')}) ${bashReply(values)}; return ;;`,
    );
    return [
      `    ${command.name})`,
      ...(valueCases.length > 0 ? ['      case $previous in', ...valueCases, '      esac'] : []),
      '      if [[ $current == -* ]]; then',
      `        ${bashReply(options.flatMap(({ names }) => names))}`,
      '      else',
      `        ${bashReply(argumentValues(command.arguments), takesFiles(command.arguments))}`,
      '      fi ;;',
    ].join('\n');
  });
  return `# bash completion for fleetward
_fleetward() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || { command=$word; break; }
  done
  COMPREPLY=()
  case $command in
    '') ${bashReply([...commands.map(({ name }) => name), 'help', ...Object.keys(commonOptions), '--help', '--version'])} ;;
    help) ${bashReply(commands.map(({ name }) => name))} ;;
${cases.join('\n')}
  esac
}
complete -F _fleetward fleetward ./fleetward`;
}

/** Sets the replies to those of `values` that fit, or where there are none to files. */
function bashReply(values: readonly string[], takesFiles = values.length === 0): string {
  const files = 'compopt -o filenames 2>/dev/null; ';
  const source = takesFiles ? '-f' : `-W '${values.join(' ')}'`;
  return `${takesFiles ? files : ''}mapfile -t COMPREPLY < <(compgen ${source} -- "$current")`;
}

function zsh(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const options = words(command.options).flatMap((option) =>
      option.names.map((name) => `        ${quote(zshOption(name, option))}`),
    );
    const values = argumentValues(command.arguments);
    const rest = takesFiles(command.arguments) ? '_files' : `(${values.join(' ')})`;
    const lines = [...options, `        ${quote(`*:argument:${rest}`)}`];
    return `      ${command.name})\n        _arguments \\\n${lines.join(' \\\n')} ;;`;
  });
  return `#compdef fleetward
_fleetward() {
  local -a commands=(
${list.join('\n')}
  )
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '1: :->command' '*:: :->rest' '--version[print the version]' '--help[show help]'
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
${cases.join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _fleetward ]; then _fleetward "$@"; else compdef _fleetward fleetward; fi`;
}

function zshOption(name: string, { summary, takesValue, values }: Word): string {
  const text = summary.replace(/[[\]:]/g, '\\$&');
  const value = values.length > 0 ? `(${values.join(' ')})` : '_files';
  return `*${name}[${text}]${takesValue ? `:value:${value}` : ''}`;
}

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => {
    const here = `-n '__fish_seen_subcommand_from ${command.name}'`;
    const values = argumentValues(command.arguments);
    return [
      `complete -c fleetward -n __fish_use_subcommand -f -a ${command.name} -d ${quote(command.summary)}`,
      ...(values.length > 0
        ? [`complete -c fleetward ${here} -f -a ${quote(values.join(' '))}`]
        : []),
      ...words(command.options).map((word) => `complete -c fleetward ${here} ${fishOption(word)}`),
    ];
  });
  return ['# fish completion for fleetward', ...lines].join('\n');
}

function fishOption({ names, summary, takesValue, values }: Word): string {
  const flags = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = values.length > 0 ? ` -x -a ${quote(values.join(' '))}` : takesValue ? ' -r' : '';
  return `${flags.join(' ')}${value} -d ${quote(summary)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
