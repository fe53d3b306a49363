/** Looks an installation over: each check says what it found, and what to do about it. Changes nothing. */
import { X509Certificate } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { type Clock, FleetwardError, KeyFile } from '../../base/index.ts';
import { inspectStore } from '../../store/index.ts';
import { workersAreOffline } from '../worker/run.ts';
import type { Config } from './config.ts';
import { type DataFolder, dataFolderAt, SOCKET_PATH_MAX } from './folders.ts';
import { lockFolder } from './lock.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'fault';
  /** What was found. */
  readonly found: string;
  /** What to do about it. */
  readonly fix?: string;
}

const MIB = 1024 * 1024;
const DISK_LOW = 2048 * MIB;
const DISK_FULL = 200 * MIB;
const DAY_MS = 86_400_000;
const EXPIRY_DAYS = 21;
/** No clock that is right is before the first release. */
const YEAR_MIN = 2025;
const CLOCK_SLACK_MS = 60_000;

const ok = (name: string, found: string): Check => ({ name, state: 'ok', found });
const warning = (name: string, found: string, fix: string): Check => ({
  ...{ name, state: 'warning', found, fix },
});
const fault = (name: string, found: string, fix: string): Check => ({
  ...{ name, state: 'fault', found, fix },
});

export async function examine(config: Config, clock: Clock): Promise<Check[]> {
  const folder = dataFolderAt(config.data);
  if (!existsSync(folder.path))
    return [
      ok('data folder', `${folder.path} is not there yet; the first start makes it`),
      clockCheck(clock, undefined),
      ...certificateChecks(config, clock),
      await portCheck(config),
      workerCheck(),
    ];
  const running = isLocked(folder);
  const { checks, lastFact } = await databaseChecks(config, folder);
  return [
    ...folderChecks(folder),
    diskCheck(folder),
    clockCheck(clock, lastFact),
    ...certificateChecks(config, clock),
    ...checks,
    running ? ok('instance', 'one runs on this folder') : await portCheck(config),
    workerCheck(),
  ];
}

function folderChecks(folder: DataFolder): Check[] {
  const name = 'data folder';
  const { mode, uid } = statSync(folder.path);
  const me = process.getuid?.() ?? uid;
  const checks: Check[] = [];
  if (uid !== me && me !== 0)
    checks.push(
      fault(
        name,
        `${folder.path} belongs to another user`,
        `run as its owner, or: chown -R ${me} ${folder.path}`,
      ),
    );
  if ((mode & 0o077) !== 0)
    checks.push(fault(name, `others may look into ${folder.path}`, `chmod 700 ${folder.path}`));
  for (const path of [folder.path, folder.database, folder.keys, folder.uploads, folder.captures])
    if (existsSync(path) && !isWritable(path))
      checks.push(
        fault(
          name,
          `${path} cannot be written`,
          'mount it writable, or give it to the user that runs Fleetward',
        ),
      );
  if (Buffer.byteLength(folder.socket) > SOCKET_PATH_MAX)
    checks.push(
      fault(name, 'its path is too long for a socket in it', 'choose a folder nearer to the root'),
    );
  if (existsSync(folder.keys)) {
    try {
      KeyFile.open(folder.keys);
    } catch (error) {
      checks.push(
        fault(
          'keys',
          messageOf(error),
          error instanceof FleetwardError && error.code === 'key-file-open'
            ? `chmod 600 ${folder.keys}`
            : 'restore keys.json of the same time as the database',
        ),
      );
    }
  } else if (existsSync(folder.database))
    checks.push(
      warning(
        'keys',
        'the key file is missing: authenticator apps cannot be checked',
        'restore keys.json from a sealed backup',
      ),
    );
  return checks.length > 0 ? checks : [ok(name, `${folder.path} is open to its owner alone`)];
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function diskCheck(folder: DataFolder): Check {
  const { bavail, bsize, files, ffree } = statfsSync(folder.path);
  const free = bavail * bsize;
  const found = `${Math.floor(free / MIB)} MiB are free`;
  const fix = 'make room: remove captures that are kept, or give the folder a larger disk';
  if (files > 0 && ffree < 1000) return fault('disk', `only ${ffree} files more fit on it`, fix);
  if (free < DISK_FULL) return fault('disk', found, fix);
  return free < DISK_LOW ? warning('disk', found, fix) : ok('disk', found);
}

function clockCheck(clock: Clock, lastFact: number | undefined): Check {
  const now = clock.now();
  const said = new Date(now).toISOString();
  const fix = 'set the clock, and let NTP keep it: timedatectl set-ntp true';
  if (new Date(now).getUTCFullYear() < YEAR_MIN) return fault('clock', `it says ${said}`, fix);
  if (lastFact !== undefined && lastFact > now + CLOCK_SLACK_MS)
    return fault(
      'clock',
      `it says ${said}, before the last fact that was recorded (${new Date(lastFact).toISOString()})`,
      fix,
    );
  return ok('clock', said);
}

function certificateChecks({ tls, publicUrl }: Config, clock: Clock): Check[] {
  if (tls === undefined) return [];
  const name = 'certificate';
  const fix = 'renew it; a running instance takes the new files by itself';
  try {
    const certificate = new X509Certificate(readFileSync(tls.cert));
    const host = new URL(publicUrl ?? 'https://localhost').hostname;
    const until = Date.parse(certificate.validTo);
    const days = Math.floor((until - clock.now()) / DAY_MS);
    if (certificate.checkHost(host) === undefined)
      return [fault(name, `it is not for ${host}`, `get one for ${host}, or change --public-url`)];
    if (clock.now() < Date.parse(certificate.validFrom))
      return [fault(name, `it holds only from ${certificate.validFrom} on`, 'look at the clock')];
    if (days < 0) return [fault(name, `it ended on ${certificate.validTo}`, fix)];
    if (days < EXPIRY_DAYS) return [warning(name, `it ends in ${days} days`, fix)];
    if ((statSync(tls.key).mode & 0o077) !== 0)
      return [warning(name, `others may read ${tls.key}`, `chmod 600 ${tls.key}`)];
    return [ok(name, `for ${host}, ${days} days more`)];
  } catch (error) {
    return [fault(name, messageOf(error), 'name certificate and key (PEM) in the configuration')];
  }
}

async function databaseChecks(
  { database }: Config,
  folder: DataFolder,
): Promise<{ checks: Check[]; lastFact: number | undefined }> {
  const name = 'database';
  if (database === undefined && !existsSync(folder.database))
    return { checks: [ok(name, 'none yet; the first start makes it')], lastFact: undefined };
  try {
    const { damage, pending, newer, lastFact } = await inspectStore(
      database === undefined ? { file: folder.database } : { url: database },
    );
    const checks: Check[] = [];
    if (damage !== undefined)
      checks.push(
        fault(
          name,
          `it is damaged: ${damage}`,
          'restore the last backup: fleetward restore FILE --replace',
        ),
      );
    if (newer !== undefined)
      checks.push(
        fault(
          name,
          `a newer Fleetward wrote it (${newer})`,
          'install that version, or restore an older backup',
        ),
      );
    if (pending.length > 0)
      checks.push(ok(name, `the next start brings it to this version (${pending.length} steps)`));
    return {
      checks: checks.length > 0 ? checks : [ok(name, 'whole, and of this version')],
      lastFact,
    };
  } catch (error) {
    const fix =
      database === undefined
        ? 'look at permissions and disk; if the file is broken, restore the last backup'
        : 'look whether the database server runs, and at address, user and password';
    return {
      checks: [fault(name, `it cannot be read: ${messageOf(error)}`, fix)],
      lastFact: undefined,
    };
  }
}

function isLocked({ path }: DataFolder): boolean {
  try {
    lockFolder(path).release();
    return false;
  } catch (error) {
    return error instanceof FleetwardError && error.code === 'already-running';
  }
}

function portCheck({ host, port }: Config): Promise<Check> {
  const name = 'address';
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      const fix = 'stop what listens there, or choose another address with --listen';
      resolve(
        code === 'EADDRINUSE'
          ? fault(name, `another program listens on ${host}:${port}`, fix)
          : fault(
              name,
              `cannot listen on ${host}:${port} (${code})`,
              'see docs/operating.md, ports and addresses',
            ),
      );
    });
    probe.listen({ host, port, exclusive: true }, () =>
      probe.close(() => resolve(ok(name, `${host}:${port} is free`))),
    );
  });
}

function workerCheck(): Check {
  return workersAreOffline()
    ? ok('workers', 'captures are read by processes without network')
    : warning(
        'workers',
        'this machine does not let us take the network from the processes that read captures; Node’s own permissions are what is left',
        'allow user namespaces for the user (sysctl kernel.unprivileged_userns_clone=1, or AppArmor’s userns)',
      );
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
