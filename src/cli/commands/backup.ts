/** `fleetward backup FILE`: everything that is known, in one file, while the system runs. */
import { resolve } from 'node:path';
import { ExitCode, systemClock } from '../../base/index.ts';
import { command } from '../command.ts';
import { dataOption, defaultDataFolder } from '../options.ts';

export const backup = command({
  name: 'backup',
  summary: 'Write everything that is known to one file, also while the system runs',
  arguments: [{ name: 'file', summary: 'where it goes', required: true, completes: 'file' }],
  options: {
    data: dataOption,
    passphraseFile: {
      flags: '--passphrase-file <file>',
      summary: 'seal it under the first line of this file; only then the keys go along',
      completes: 'file',
    },
    captures: {
      flags: '--captures',
      summary: 'with captures that wait for their audit or are kept',
    },
    erasures: {
      flags: '--erasures <file>',
      summary: 'where erasures are noted down, when not in the data folder',
      completes: 'file',
    },
  },
  examples: [
    ['backup fleet.backup --passphrase-file /etc/fleetward/passphrase', 'complete, and sealed'],
    ['backup fleet.backup', 'open, and without keys and secrets'],
  ],
  async run({ out, err, json, env, version }, { arguments: [file], options }) {
    const [{ dataFolderAt, makeBackup }, { readPassphrase }] = await Promise.all([
      import('../../app/system/index.ts'),
      import('../passphrase.ts'),
    ]);
    const folder = dataFolderAt(resolve(options.data ?? defaultDataFolder(env)));
    const made = await makeBackup(folder, file, {
      ...{ version, clock: systemClock, captures: options.captures },
      erasures: options.erasures ?? folder.erasures,
      passphrase: readPassphrase(options.passphraseFile),
    });
    if (json) out.json({ file, ...made });
    else out.print(`${file}: ${made.bytes} bytes, ${made.sealed ? 'sealed' : 'open'}.`);
    if (!made.sealed)
      err.print(
        'It holds no keys: after a restore from it on another machine, authenticator apps are set up anew. Seal it with --passphrase-file to have them in it.',
      );
    return ExitCode.fine;
  },
});
