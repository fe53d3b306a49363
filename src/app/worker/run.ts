/**
 * Runs a worker: a child process under Node's permission model (it reads the capture and the program, and writes to
 * its own folder), without the network where the kernel lets us take it away, with limits on memory, processor time and
 * files. Whatever it does, only its files come back, and they are read as hostile.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { InputError, InternalError } from '../../base/index.ts';
import { type ScanTask, type WorkerMessage, workerMessageSchema } from './protocol.ts';

export interface WorkerLimits {
  /** Heap of the worker, in MiB. */
  readonly heapMiB: number;
  /** Resident memory, in MiB. */
  readonly memoryMiB: number;
  /** Processor time and time by the clock, in seconds. */
  readonly seconds: number;
}

export const WORKER_LIMITS: WorkerLimits = { heapMiB: 2048, memoryMiB: 3072, seconds: 3600 };

const WATCH_MS = 500;
/** The largest file that a worker may write: its report. */
const FILE_MIB = 2048;

const here = dirname(fileURLToPath(import.meta.url));
const mainFile = join(here, existsSync(join(here, 'main.ts')) ? 'main.ts' : 'main.js');
/** Source or build, with node_modules: all that the worker runs. */
const program = join(here, '../../..');

/**
 * @throws InputError with the worker's own code, or `capture-too-heavy` when it needed more than the limits.
 */
export async function runWorker(
  task: ScanTask,
  options: {
    readonly limits?: WorkerLimits;
    readonly signal: AbortSignal;
    readonly progress: (bytes: number) => void;
  },
): Promise<void> {
  const limits = options.limits ?? WORKER_LIMITS;
  const child = start(task, limits);
  const stop = () => child.kill('SIGKILL');
  options.signal.addEventListener('abort', stop);
  let heavy: string | undefined;
  const began = Date.now();
  const watch = setInterval(() => {
    const reason = tooHeavy(child, began, limits);
    if (reason === undefined) return;
    heavy = reason;
    stop();
  }, WATCH_MS);
  try {
    const [last, errors, code] = await Promise.all([
      messages(child, options.progress),
      lastText(child),
      new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      }),
    ]);
    options.signal.throwIfAborted();
    if (heavy !== undefined || isOutOfMemory(errors))
      throw new InputError(
        'capture-too-heavy',
        `reading it needs more ${heavy ?? 'memory'} than is allowed; split the capture and scan the parts.`,
      );
    if (last !== undefined && 'error' in last)
      throw new InputError(last.error.code, last.error.message);
    if (code !== 0 || last === undefined || !('done' in last))
      throw new InternalError(
        'worker-broke',
        `the worker ended with ${code}: ${errors.slice(-2000)}`,
      );
  } finally {
    clearInterval(watch);
    options.signal.removeEventListener('abort', stop);
    stop();
  }
}

function start(task: ScanTask, { heapMiB, seconds }: WorkerLimits): ChildProcess {
  const node = [
    '--permission',
    `--allow-fs-read=${join(program, '*')}`,
    `--allow-fs-read=${task.capture}`,
    `--allow-fs-read=${join(task.folder, '*')}`,
    `--allow-fs-write=${join(task.folder, '*')}`,
    ...(task.expectations === null ? [] : [`--allow-fs-read=${task.expectations}`]),
    `--max-old-space-size=${heapMiB}`,
    '--max-semi-space-size=8',
    '--disable-warning=ExperimentalWarning',
    '--disable-warning=SecurityWarning',
    mainFile,
    JSON.stringify(task),
  ];
  // The shell sets the limits and becomes the program.
  const limited = `ulimit -t ${seconds} -c 0 -f ${FILE_MIB * 1024} 2>/dev/null; exec "$@"`;
  const command = [...withoutNetwork(), '/bin/sh', '-c', limited, 'sh', execPath, ...node];
  return spawn(command[0], command.slice(1), {
    cwd: task.folder,
    env: { PATH: '/usr/bin:/bin', TMPDIR: task.folder, TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

let networkless: readonly string[] | undefined;

/** A network namespace with nothing in it, where the kernel gives one to this user. */
function withoutNetwork(): readonly string[] {
  networkless ??=
    [
      ['unshare', '--net'],
      ['unshare', '--map-root-user', '--net'],
    ].find(([program, ...args]) => spawnSync(program, [...args, 'true']).status === 0) ?? [];
  return networkless;
}

/** Whether workers have no network on this machine; without it Node's own permissions are what is left. */
export const workersAreOffline = (): boolean => withoutNetwork().length > 0;

async function messages(
  child: ChildProcess,
  progress: (bytes: number) => void,
): Promise<WorkerMessage | undefined> {
  let last: WorkerMessage | undefined;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const message = workerMessageSchema.safeParse(parse(line));
    if (!message.success) continue;
    if ('bytes' in message.data) progress(message.data.bytes);
    else last = message.data;
  }
  return last;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const ERROR_TEXT_MAX = 16_384;

async function lastText(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stderr as NodeJS.ReadableStream)
    text = (text + chunk).slice(-ERROR_TEXT_MAX);
  return text;
}

function tooHeavy(child: ChildProcess, began: number, limits: WorkerLimits): string | undefined {
  if (Date.now() - began > limits.seconds * 1000) return 'time';
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const kiB = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    return kiB > limits.memoryMiB * 1024 ? 'memory' : undefined;
  } catch {
    return undefined;
  }
}

const isOutOfMemory = (errors: string): boolean => errors.includes('JavaScript heap out of memory');
