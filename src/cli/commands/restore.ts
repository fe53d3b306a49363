/** `fleetward restore FILE`: a data folder as it was when a backup was made, without people who were erased since. */
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { ExitCode, systemClock, systemRandom } from '../../base/index.ts';
import { command } from '../command.ts';
import { dataOption, defaultDataFolder } from '../options.ts';

export const restore = command({
  name: 'restore',
  summary: 'Take a data folder back to a backup; people who were erased since stay erased',
  arguments: [{ name: 'file', summary: 'the backup', required: true, completes: 'file' }],
  options: {
    data: dataOption,
    passphraseFile: {
      flags: '--passphrase-file <file>',
      summary: 'its passphrase, on the first line',
      completes: 'file',
    },
    erasures: {
      flags: '--erasures <file...>',
      summary: 'lists of erasures from elsewhere, such as a copy of erasures.jsonl',
      completes: 'file',
    },
    replace: { flags: '--replace', summary: 'in place of the data that is there, which is kept' },
  },
  examples: [
    ['restore fleet.backup --passphrase-file /etc/fleetward/passphrase', 'on a new machine'],
    ['restore fleet.backup --replace', 'in place of what is there'],
  ],
  async run({ out, err, json, env }, { arguments: [file], options }) {
    process.umask(0o077);
    const [{ restoreBackup }, { consoleCaller }, { readPassphrase }] = await Promise.all([
      import('../../app/system/index.ts'),
      import('../../access/index.ts'),
      import('../passphrase.ts'),
    ]);
    const data = resolve(options.data ?? defaultDataFolder(env));
    const restored = await restoreBackup(file, {
      ...{ data, replace: options.replace, erasures: options.erasures ?? [] },
      passphrase: readPassphrase(options.passphraseFile),
      caller: consoleCaller(userInfo().username),
      ...{ clock: systemClock, random: systemRandom },
    });
    const { time, erased, keys, replaced } = restored;
    if (json) out.json({ data, ...restored });
    else {
      out.print(`${data} is as it was at ${new Date(time).toISOString()}.`);
      if (erased > 0) out.print(`${erased} people who were erased since were erased again.`);
      if (replaced) out.print(`What was there is in ${replaced}; remove it when all is well.`);
    }
    if (!keys)
      err.print(
        'The backup held no keys. Without the key file of its time, authenticator apps are set up anew.',
      );
    err.print(
      'Everybody signs in again. API tokens and passkeys that were removed since the backup are back: look through them.',
    );
    return ExitCode.fine;
  },
});
