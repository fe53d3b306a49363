/** The running system as a process of its own, and how tests speak to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { main, root } from './fleetward.ts';

export interface Running {
  readonly child: ChildProcess;
  readonly data: string;
  readonly port: number;
  /** What it printed so far. */
  output(): string;
  errors(): string;
  /** Ends it and waits. @returns its exit code, or null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  json<T>(): T;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts `up` and waits until it says that it is. @throws Error with what it printed when it ends before. */
export async function startUp(
  data: string,
  args: readonly string[] = [],
  options: { port?: number; env?: Readonly<Record<string, string>>; said?: string } = {},
): Promise<Running> {
  const port = options.port ?? (await freePort());
  return startProcess(
    ['up', '--data', data, '--listen', `127.0.0.1:${port}`, ...args],
    { data, port },
    options,
  );
}

/** Starts a command that serves, and waits until it has said a thing. */
export async function startProcess(
  args: readonly string[],
  { data, port }: { data: string; port: number },
  { env, said = 'Fleetward is up' }: { env?: Readonly<Record<string, string>>; said?: string } = {},
): Promise<Running> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      if (output.includes(said)) resolve();
    });
    ended.then(([code]) => reject(new Error(`it ended with ${code}: ${output}${errors}`)));
  });
  return {
    ...{ child, data, port },
    output: () => output,
    errors: () => errors,
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}

/** A request to the socket in a data folder, or to a port. */
export async function ask(
  to: { readonly data: string } | { readonly port: number },
  method: string,
  path: string,
  options: {
    readonly body?: unknown;
    readonly bytes?: Uint8Array;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<Answer> {
  const { body, bytes, headers } = options;
  const sent = bytes ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
  const asked = request({
    ...('data' in to
      ? { socketPath: join(to.data, 'control.sock') }
      : { host: '127.0.0.1', port: to.port }),
    ...{ method, path, agent: false },
    headers: {
      ...(sent ? { 'content-length': sent.length } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  asked.end(sent);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const said = await text(answer);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    body: said,
    json: <T>() => JSON.parse(said) as T,
  };
}
