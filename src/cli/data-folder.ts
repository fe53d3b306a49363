/** Where the running system keeps what it knows, unless another folder is named. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const dataOption = {
  flags: '--data <folder>',
  summary: 'the data folder (default ~/.local/share/fleetward)',
  completes: 'folder',
} as const;

export const defaultDataFolder = (env: NodeJS.ProcessEnv): string =>
  env.FLEETWARD_DATA || join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'fleetward');
