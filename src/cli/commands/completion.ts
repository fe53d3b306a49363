/** `fleetward completion SHELL`: prints the script that completes fleetward's words in a shell. */
import { ExitCode } from '../../base/index.ts';
import { command } from '../command.ts';
import { shells } from '../completion.ts';

export const completion = command({
  name: 'completion',
  summary: 'Print the completion script for a shell',
  arguments: [
    { name: 'shell', summary: 'whose script', required: true, choices: Object.keys(shells) },
  ],
  options: {},
  examples: [
    ['completion bash > ~/.local/share/bash-completion/completions/fleetward', 'for bash'],
    ['completion zsh > ~/.zfunc/_fleetward', 'for zsh, with ~/.zfunc in fpath'],
    ['completion fish > ~/.config/fish/completions/fleetward.fish', 'for fish'],
  ],
  async run({ out, json, commands }, input) {
    const shell = input.arguments[0] as keyof typeof shells;
    const script = shells[shell](await commands());
    if (json) out.json({ shell, script });
    else out.print(script);
    return ExitCode.fine;
  },
});
