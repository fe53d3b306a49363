/**
 * Credentials that a message carries in clear: in Authorization (RFC 7617, 6750, 7616), cookies (RFC 6265), URLs,
 * form fields (urlencoded, multipart, JSON, XML). Their values leave here sealed only.
 */
import { remembered, type Secret, type SecretSealer } from '../../../base/index.ts';
import { ownText } from './head.ts';

/** Pairs looked at in one query, body or cookie header. */
const PAIRS_MAX = 64;
const NAME_CHARACTERS_MAX = 64;
const USER_CHARACTERS_MAX = 128;
const DIGEST_CHARACTERS_MAX = 1_024;

/** What a credential carries for the observer and nobody prints. */
export const PROOF = Symbol('proof');

/** One credential of a message. */
export interface Credential {
  /**
   * What it is and where it stood: an authorization scheme in lower case; a password in a `form` or `url`; a `token`,
   * key or session identifier in a form, URL or field of its own (X-Api-Key …); a session `cookie`.
   */
  readonly method: string;
  readonly username: string | undefined;
  /** Undefined where only a proof travels (Digest). An empty password is an empty secret. */
  readonly secret: Secret | undefined;
  /** Digest: the parameters as they were sent. */
  readonly [PROOF]?: string;
}

/** What was found, and the forms in which secrets stand on the wire, for masking of saved packets. */
export class Findings {
  readonly credentials: Credential[] = [];
  readonly wire: Secret[] = [];
  readonly sealer: SecretSealer;

  constructor(sealer: SecretSealer) {
    this.sealer = sealer;
  }

  add(
    method: string,
    username: string | undefined,
    clear: string | undefined,
    proof?: string,
  ): void {
    if (this.credentials.length >= 8) return;
    this.credentials.push({
      ...(proof === undefined ? {} : { [PROOF]: proof }),
      method,
      username:
        username === undefined ? undefined : ownText(username.slice(0, USER_CHARACTERS_MAX)),
      secret: clear === undefined ? undefined : this.sealer.seal(clear),
    });
  }

  /** Seals text as it stands on the wire, and returns the hash that replaces it. */
  mask(wire: string): string {
    const secret = this.sealer.seal(wire);
    if (this.wire.length < 32) this.wire.push(secret);
    return secret.hash;
  }
}

const SECRET_PART =
  /passw|passphrase|passcode|pwd|psw|secret|token|api_?key|private_?key|credential|signature/;
const SECRET_WORD =
  /(?:^|[^a-z])(?:(?:user|usr|adm|admin|login|old|new|my|wifi|wlan|net|mqtt|ftp|web)?pass|pw|pin|psk|jwt|auth|sid|session|phpsessid|jsessionid)\d?(?:$|[^a-z])/;
const NOT_A_CREDENTIAL =
  /csrf|xsrf|authenticity|verification|captcha|nonce|^has|^is|^show|strength/;
const USER_WORD =
  /(?:^|[^a-z])(?:(?:user|login|account|acct|member)_?(?:name|id)?|usr|uname|uid|usern|e_?mail|admin_?(?:name|id))\d?$/;

const words = remembered((name) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.]/g, '_')
    .toLowerCase(),
);

/** Whether a field or parameter of this name is to be masked. */
export const isSecretName = remembered((name) => {
  const plain = words(name);
  return SECRET_PART.test(plain) || SECRET_WORD.test(plain);
});

const isUserName = remembered((name) => USER_WORD.test(words(name)));

/** What such a pair is, by its name and whether its value can be one. */
function credentialOf(name: string, value: string): 'password' | 'token' | undefined {
  const plain = words(name);
  if (NOT_A_CREDENTIAL.test(plain)) return undefined;
  if (/passw|passphrase|passcode|pwd|psw/.test(plain)) return 'password';
  // A GPIO number is no PIN, and a flag is no token.
  if (/(?:^|[^a-z])pin\d?(?:$|[^a-z])/.test(plain))
    return /^\d{4,12}$/.test(value) ? 'password' : undefined;
  if (/token|secret|key|jwt|auth|sid|session|credential|signature/.test(plain))
    return value.length >= 6 ? 'token' : undefined;
  return SECRET_WORD.test(plain) ? 'password' : undefined;
}

/** Collects the pairs of one form: user names and secrets may come in any order. */
class Form {
  #user: string | undefined;
  readonly #secrets: { readonly kind: 'password' | 'token'; readonly value: string }[] = [];
  #pairs = 0;
  readonly #found: Findings;

  constructor(found: Findings) {
    this.#found = found;
  }

  /**
   * @param wire - the value as it stands on the wire, where that differs.
   * @returns the hash that is to be shown instead of it, if it is secret.
   */
  pair(name: string, value: string, wire: string = value): string | undefined {
    if (this.#pairs++ < PAIRS_MAX && isUserName(name)) {
      this.#user ??= value;
      return undefined;
    }
    if (!isSecretName(name)) return undefined;
    const kind = credentialOf(name, value);
    if (kind && this.#secrets.length < 4) this.#secrets.push({ kind, value });
    return value === '' ? undefined : this.#found.mask(wire);
  }

  end(method: string): void {
    for (const { kind, value } of this.#secrets) {
      if (kind === 'token') this.#found.add('token', undefined, value);
      // An empty password of somebody is one.
      else if (value !== '' || this.#user) this.#found.add(method, this.#user, value);
    }
  }
}

/** The URL with its secret values replaced by their hashes. */
export function maskUrl(url: string, found: Findings): string {
  let masked = url;
  if (masked.includes('@'))
    masked = masked.replace(
      /^([a-z]{2,10}:\/\/)([^/@:?#]{0,128}):([^/@?#]{1,256})@/i,
      (_, scheme: string, user: string, password: string) => {
        found.add('url', decoded(user), decoded(password));
        return `${scheme}${user}:${found.mask(password)}@`;
      },
    );
  const query = masked.search(/[?;]/);
  if (query < 0 || !masked.includes('=', query)) return masked;
  const form = new Form(found);
  const parameters = masked
    .slice(query)
    .replace(
      /([?&;])([^=&;?]{1,64})=([^&;#]*)/g,
      (whole, mark: string, name: string, value: string) => {
        const hash = form.pair(decoded(name), decoded(value), value);
        return hash ? `${mark}${name}=${hash}` : whole;
      },
    );
  form.end('url');
  return masked.slice(0, query) + parameters;
}

/** Reads a body of application/x-www-form-urlencoded. */
export function readUrlencoded(body: string, found: Findings): void {
  const form = new Form(found);
  for (const pair of body.split('&', PAIRS_MAX)) {
    const equals = pair.indexOf('=');
    if (equals <= 0 || equals > NAME_CHARACTERS_MAX) continue;
    const value = pair.slice(equals + 1).trimEnd();
    form.pair(decoded(pair.slice(0, equals)), decoded(value), value);
  }
  form.end('form');
}

const JSON_PAIR = /"([\w.\- ]{1,64})"\s{0,8}:\s{0,8}(?:"((?:[^"\\]|\\.){0,512})"|(\d{1,20}))/g;

/** Reads the pairs of a JSON body, whole or cut. */
export function readJson(body: string, found: Findings): void {
  const form = new Form(found);
  for (const [, name, text, number] of body.matchAll(JSON_PAIR)) {
    const wire = text ?? number ?? '';
    form.pair(name as string, wire.includes('\\') ? unescaped(wire) : wire, wire);
  }
  form.end('form');
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

const PART =
  /name="([^"\r\n]{1,64})"[^\r\n]{0,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,4}\r?\n([^\r\n]{0,256})/g;

/** Reads a body of multipart/form-data (RFC 7578). */
export function readMultipart(body: string, found: Findings): void {
  const form = new Form(found);
  for (const [, name, value] of body.matchAll(PART)) form.pair(name as string, value as string);
  form.end('form');
}

const ELEMENT = /<(?:[\w-]{1,32}:)?([\w-]{1,64})(?:\s[^<>]{0,256})?>([^<]{0,256})<\//g;

/** Reads the elements of an XML body (SOAP, ISAPI). */
export function readXml(body: string, found: Findings): void {
  const form = new Form(found);
  for (const [, name, value] of body.matchAll(ELEMENT))
    form.pair(name as string, xmlText(value as string), value as string);
  form.end('form');
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Text with the entities of XML resolved. */
export function xmlText(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,4}));/gi,
    (whole, decimal, hexadecimal, name) => {
      if (name) return ENTITIES[(name as string).toLowerCase()] ?? whole;
      const code = decimal ? Number.parseInt(decimal, 10) : Number.parseInt(hexadecimal, 16);
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
        ? String.fromCodePoint(code)
        : whole;
    },
  );
}

function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Not UTF-8, or a lone percent sign: byte by byte.
    return spaced.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
}

/** Schemes that send a proof of the secret instead of the secret. */
const PROOF_SCHEMES = new Set([
  'ntlm',
  'negotiate',
  'hawk',
  'hoba',
  'mutual',
  'signature',
  'aws4-hmac-sha256',
  'scram-sha-256',
]);

/** What an Authorization field shows. */
export interface Authorization {
  /** In lower case. */
  readonly scheme: string;
  readonly username: string | undefined;
}

/** Reads an Authorization or Proxy-Authorization field (RFC 9110, 11.4). */
export function readAuthorization(value: string, found: Findings): Authorization {
  const space = value.indexOf(' ');
  const scheme = (space < 0 ? value : value.slice(0, space)).slice(0, 32).toLowerCase();
  const rest = space < 0 ? '' : value.slice(space + 1).trim();
  if (scheme === 'basic') return readBasic(rest, found);
  if (scheme === 'digest') {
    const username = /(?:^|[\s,])username\s*=\s*"([^"]{0,128})"/i.exec(rest)?.[1];
    found.add('digest', username, undefined, rest.slice(0, DIGEST_CHARACTERS_MAX));
    return { scheme, username };
  }
  if (PROOF_SCHEMES.has(scheme)) {
    found.add(scheme, undefined, undefined);
    return { scheme, username: undefined };
  }
  if (rest === '' && space < 0 && !/^[a-z][a-z0-9-]{1,15}$/.test(scheme)) {
    // A bare token without a scheme, as some devices' clouds use.
    found.add('token', undefined, value);
    found.mask(value);
    return { scheme: 'none', username: undefined };
  }
  if (rest !== '') {
    found.add(scheme, undefined, rest);
    found.mask(rest);
  }
  return { scheme, username: undefined };
}

/** RFC 7617: base64 of `user:password`; what has no colon is a user name. */
function readBasic(token: string, found: Findings): Authorization {
  const scheme = 'basic';
  if (token === '') {
    found.add(scheme, undefined, undefined);
    return { scheme, username: undefined };
  }
  found.mask(token);
  const clear = Buffer.from(token, 'base64').toString('utf8');
  const colon = clear.indexOf(':');
  const username = (colon < 0 ? clear : clear.slice(0, colon)).slice(0, USER_CHARACTERS_MAX);
  found.add(scheme, username, colon < 0 ? undefined : clear.slice(colon + 1));
  return { scheme, username };
}

const SESSION_COOKIE =
  /sess|(?:^|[^a-z])s?sid$|(?:^|_)id_?token|token|auth|jwt|login|logged|ticket|credential|passw|pwd|(?:^|_)user(?:_|$|name|id)|^sid|^uid$/i;
const OTHER_COOKIE = /^_|^amp_|csrf|xsrf|analytics|consent|^ga$|^utm|^aws|^incap|^visid|^cf_|^__/i;

/** A cookie of this name stands for a session or a person, rather than for a preference or a visitor count. */
export function isSessionCookie(name: string): boolean {
  return SESSION_COOKIE.test(name) && !OTHER_COOKIE.test(name);
}

/** Reads a Cookie field; returns the names. */
export function readCookies(value: string, found: Findings): string[] {
  const names: string[] = [];
  for (const pair of value.split(/[;\n]/, PAIRS_MAX)) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    const name = pair.slice(0, equals).trim().slice(0, NAME_CHARACTERS_MAX);
    const content = pair.slice(equals + 1).trim();
    if (name.startsWith('$')) continue;
    names.push(name);
    // A value of one or two characters is a preference, and would mask half a packet.
    if (content.length < 4) continue;
    found.mask(content);
    if (isSessionCookie(name)) found.add('cookie', undefined, content);
  }
  return names;
}

/** Reads Set-Cookie fields, a line each; returns the names. */
export function readSetCookies(value: string, found: Findings): string[] {
  const names: string[] = [];
  for (const line of value.split('\n', PAIRS_MAX)) {
    const equals = line.indexOf('=');
    if (equals <= 0) continue;
    names.push(line.slice(0, equals).trim().slice(0, NAME_CHARACTERS_MAX));
    const semicolon = line.indexOf(';', equals);
    const content = line.slice(equals + 1, semicolon < 0 ? undefined : semicolon).trim();
    if (content.length >= 4) found.mask(content);
  }
  return names;
}
