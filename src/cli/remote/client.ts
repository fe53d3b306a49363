/**
 * Speaks to a running instance: through the socket in its data folder, as the machine's owner, or at its URL with an API
 * token. What went wrong there is thrown as the error that it is.
 */
import { readFileSync, statSync } from 'node:fs';
import { type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import {
  ConflictError,
  escapeControls,
  type FleetwardError,
  ForbiddenError,
  InputError,
  InternalError,
  LimitError,
  NotFoundError,
  UnauthenticatedError,
  UnavailableError,
  UsageError,
  unreadable,
} from '../../base/index.ts';
import type { Api } from '../../http/index.ts';
import { defaultDataFolder } from '../options.ts';

export interface RemoteFlags {
  readonly data?: string | undefined;
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
}

type Query = Readonly<Record<string, unknown>>;
type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Call = keyof Api.Answers & keyof Api.Bodies & keyof Api.Queries;

/** Paths of the API that take a method, as its description writes them: `/devices/{id}`. */
type PathOf<M extends string> = Call extends infer C
  ? C extends `${M} ${infer Path}`
    ? Path
    : never
  : never;
type CallOf<M extends string, Path extends string> = `${M} ${Path}` & Call;
type AnswerOf<C extends Call> = Api.Answers[C] extends infer Answer
  ? Answer extends undefined
    ? null
    : Answer
  : never;
/** Paths of lists, and what is in them. */
type ItemOf<C extends Call> = Api.Answers[C] extends { items: (infer Item)[] } ? Item : never;
type Asked<C extends Call> = NonNullable<Api.Queries[C]>;

/** What stands in the braces of a path. */
type Params = Readonly<Record<string, string>>;

interface Sent<Body = unknown> {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** In place of a body. */
  readonly stream?: { readonly bytes: Readable; readonly type: string; readonly length: number };
  readonly headers?: Readonly<Record<string, string>>;
}

const API = '/api/v1';
const IDLE_MS = 120_000;
const PAGE = 200;
const TOKEN_BYTES_MAX = 1024;

/** Whether the same may work a moment later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof UnavailableError ||
  (error instanceof InputError && ['not-running', 'not-reached'].includes(error.code));

/** Where it is, and what is sent with each request. */
interface Target {
  readonly name: string;
  readonly socketPath?: string;
  readonly base?: URL;
  readonly headers: Readonly<Record<string, string>>;
}

export class Client {
  readonly #target: Target;
  readonly #signal: AbortSignal;

  constructor(target: Target, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** The data folder or the URL. */
  get name(): string {
    return this.#target.name;
  }

  get<Path extends PathOf<'GET'>>(
    path: Path,
    params: Params = {},
  ): Promise<AnswerOf<CallOf<'GET', Path>>> {
    return this.#json('GET', path, { params });
  }

  send<M extends Method, Path extends PathOf<M>>(
    method: M,
    path: Path,
    sent: Sent<Api.Bodies[CallOf<M, Path>]> = {},
  ): Promise<AnswerOf<CallOf<M, Path>>> {
    return this.#json(method, path, sent);
  }

  /** What only the machine's owner may do, which the description of the API leaves out. */
  own<T>(method: Method, path: string, body: unknown): Promise<T> {
    return this.#json(method, path, { body });
  }

  /** The answer as it is: for files. */
  bytes<Path extends PathOf<'GET'>>(
    path: Path,
    params: Params = {},
    query: Asked<CallOf<'GET', Path>> | undefined = undefined,
  ): Promise<IncomingMessage> {
    return this.#request('GET', path, { params, query: query ?? {} });
  }

  /** The items of a list, page by page. @param limit - at most so many. */
  async *all<Path extends PathOf<'GET'>>(
    path: Path,
    query: Asked<CallOf<'GET', Path>> | undefined = undefined,
    limit = Infinity,
  ): AsyncGenerator<ItemOf<CallOf<'GET', Path>>> {
    let cursor: string | undefined;
    let left = limit;
    while (left > 0) {
      const page = await this.#json<{
        readonly items: readonly ItemOf<CallOf<'GET', Path>>[];
        readonly next: string | null;
      }>('GET', path, { query: { ...query, limit: Math.min(PAGE, left), cursor } });
      yield* page.items;
      left -= page.items.length;
      if (page.next === null) return;
      cursor = page.next;
    }
  }

  async #json<T>(method: string, path: string, sent: Sent): Promise<T> {
    const answer = await this.#request(method, path, sent);
    const said = await text(answer);
    try {
      return (said === '' ? null : JSON.parse(said)) as T;
    } catch (cause) {
      throw this.#noInstance(cause);
    }
  }

  async #request(method: string, path: string, sent: Sent): Promise<IncomingMessage> {
    const { socketPath, base, headers } = this.#target;
    const body = sent.body === undefined ? undefined : Buffer.from(JSON.stringify(sent.body));
    const length = sent.stream?.length ?? body?.length;
    const type = sent.stream?.type ?? (body ? 'application/json' : undefined);
    const call = base?.protocol === 'https:' ? secure : plain;
    const asked = call({
      ...(base ? { hostname: base.hostname, port: base.port || undefined } : { socketPath }),
      ...{ method, path: urlOf(path, sent), signal: this.#signal },
      timeout: IDLE_MS,
      headers: {
        ...headers,
        ...(base ? { host: base.host } : {}),
        ...(length === undefined ? {} : { 'content-length': length }),
        ...(type === undefined ? {} : { 'content-type': type }),
        ...sent.headers,
      },
    });
    asked.on('timeout', () => asked.destroy(new Error('it does not answer')));
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('response', resolve).once('error', (error) => reject(this.#unreached(error)));
    });
    if (sent.stream)
      // When it answers early (a refusal), the answer says more than the broken pipe.
      await Promise.race([pipeline(sent.stream.bytes, asked).catch(() => {}), answered]);
    else asked.end(body);
    const answer = await answered;
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    throw this.#refusal(status, await text(answer));
  }

  #refusal(status: number, said: string): FleetwardError {
    let problem: Partial<Problem>;
    try {
      problem = JSON.parse(said);
    } catch (cause) {
      return this.#noInstance(cause);
    }
    const details = (problem.errors ?? []).map(({ at, message }) => `\n${at}: ${message}`).join('');
    return errorOf(
      status,
      String(problem.code ?? 'refused'),
      escapeLines(`${problem.detail ?? problem.title ?? status}${details}`),
    );
  }

  #unreached(error: NodeJS.ErrnoException): FleetwardError {
    const { name, socketPath } = this.#target;
    if (this.#signal.aborted) return new UnavailableError('interrupted', 'interrupted.');
    const { code } = error;
    if (socketPath !== undefined && (code === 'ENOENT' || code === 'ECONNREFUSED'))
      return new InputError(
        'not-running',
        `no instance runs on ${name}; start it with fleetward up --data ${name}, or name another with --data or --url.`,
        { cause: error },
      );
    if (socketPath !== undefined && code === 'EACCES')
      return new ForbiddenError(
        'not-owner',
        `${name} belongs to another user; run this as that user, or use --url and --token-file.`,
        { cause: error },
      );
    const reason = error.message === '' ? code : error.message;
    return new InputError('not-reached', `cannot reach ${name}: ${reason}.`, {
      cause: error,
    });
  }

  #noInstance(cause: unknown): FleetwardError {
    return new InputError(
      'no-instance',
      `${this.#target.name} answers, but not as Fleetward does; check the address.`,
      { cause },
    );
  }
}

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly { readonly at: string; readonly message: string }[];
}

const escapeLines = (message: string): string => message.split('\n').map(escapeControls).join('\n');

function errorOf(status: number, code: string, message: string): FleetwardError {
  switch (status) {
    case 401:
      return new UnauthenticatedError(code, message);
    case 403:
      return new ForbiddenError(code, message);
    case 404:
      return new NotFoundError(code, message);
    case 409:
    case 412:
      return new ConflictError(code, message);
    case 429:
      return new LimitError(code, message, 60);
    case 503:
      return new UnavailableError(code, message);
    default:
      return status < 500 ? new UsageError(code, message) : new InternalError(code, message);
  }
}

function urlOf(path: string, { params = {}, query = {} }: Sent): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  return `${API}${filled}${queryText(query)}`;
}

function queryText(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const said = search.toString();
  return said === '' ? '' : `?${said}`;
}

/** @throws UsageError `token-missing`, `url-invalid`; InputError `token-invalid`, `token-open`, `file-…`. */
export function connect(
  flags: RemoteFlags,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): Client {
  const { url, tokenFile } = flags;
  if (url === undefined) {
    if (tokenFile !== undefined)
      throw new UsageError('url-missing', '--token-file is for --url; name the instance with it.');
    const data = resolve(flags.data ?? defaultDataFolder(env));
    return new Client({ name: data, socketPath: join(data, 'control.sock'), headers: {} }, signal);
  }
  if (tokenFile === undefined)
    throw new UsageError(
      'token-missing',
      'with --url say who you are: --token-file FILE with an API token that the console made.',
    );
  const base = URL.canParse(url) ? new URL(url) : undefined;
  const safe =
    base?.protocol === 'https:' || ['localhost', '127.0.0.1'].includes(base?.hostname ?? '');
  if (base === undefined || !safe)
    throw new UsageError(
      'url-invalid',
      `“${url}” cannot be used: a token is sent over https only (or http to localhost).`,
    );
  const headers = { authorization: `Bearer ${readToken(tokenFile)}` };
  return new Client({ name: base.origin, base, headers }, signal);
}

function readToken(path: string): string {
  let token: string;
  try {
    const { mode, size } = statSync(path);
    if ((mode & 0o077) !== 0)
      throw new InputError('token-open', `others may read ${path}; run: chmod 600 ${path}`);
    token = size > TOKEN_BYTES_MAX ? '' : readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
  if (/^[\w-]{16,200}$/.test(token)) return token;
  throw new InputError('token-invalid', `${path} holds no API token; make one in the console.`);
}
