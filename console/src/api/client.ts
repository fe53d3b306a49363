/**
 * Calls of the API, typed by its description. The session travels in a cookie; a change carries the CSRF token that came
 * with the session. Where the session ended, or an act needs a fresh proof, the page that is open asks for it and the
 * call is made again, so that nothing typed is lost.
 */
import type { Answers, Bodies } from './schema.ts';

export type { Answers, Bodies };
export type Call = keyof Answers & keyof Bodies;
type Value = string | number | boolean | readonly string[] | null | undefined;

export interface Asked<C extends Call> {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, Value>>;
  readonly body?: Bodies[C];
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What the API refused, in its own words (RFC 9457). */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail.charAt(0).toUpperCase() + detail.slice(1));
    this.status = status;
    this.code = code;
  }
}

/** The server cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super('Fleetward cannot be reached. What you see may be old; it is tried again.');
  }
}

type Proof = 'sign-in' | 'step-up';
let csrf: string | null = null;
let prove: ((what: Proof) => Promise<boolean>) | undefined;

export function keepCsrf(token: string | null): void {
  csrf = token;
}

/** Set by the frame: asks the person to sign in again or to prove that they are there. */
export function onProof(ask: typeof prove): void {
  prove = ask;
}

export async function call<C extends Call>(name: C, asked: Asked<C> = {}): Promise<Answers[C]> {
  const response = await send(name, asked);
  if (response.ok) return (await bodyOf(response)) as Answers[C];
  const refused = await refusalOf(response);
  const proof = proofFor(refused);
  if (proof && prove && (await prove(proof))) return call(name, asked);
  throw refused;
}

/** Bytes of a download, with the session's rights. */
export async function download(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await reach(`/api/v1${path}`, {});
  if (!response.ok) throw await refusalOf(response);
  return new Uint8Array(await response.arrayBuffer());
}

export function csrfHeader(): Record<string, string> {
  return csrf === null ? {} : { 'x-csrf-token': csrf };
}

function send<C extends Call>(name: C, asked: Asked<C>): Promise<Response> {
  const [method = 'GET', template = ''] = name.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(asked.path?.[key] ?? ''),
  );
  return reach(`/api/v1${path}${queryOf(asked.query)}`, {
    method,
    headers: {
      ...(method === 'GET' ? {} : csrfHeader()),
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...asked.headers,
    },
    ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    ...(asked.signal ? { signal: asked.signal } : {}),
  });
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Unreachable();
  }
}

export function queryOf(query: Readonly<Record<string, Value>> = {}): string {
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === null || value === '' ? [] : [[key, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

async function refusalOf(response: Response): Promise<Refused> {
  try {
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    return new Refused(response.status, code, detail);
  } catch {
    return new Refused(response.status, 'unknown', `it answered with ${response.status}.`);
  }
}

function proofFor({ status, code }: Refused): Proof | undefined {
  if (code === 'step-up-required') return 'step-up';
  return status === 401 && code === 'not-signed-in' ? 'sign-in' : undefined;
}
