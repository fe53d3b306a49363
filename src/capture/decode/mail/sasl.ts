/**
 * A sign-in by SASL (RFC 4422) as SMTP, IMAP and POP3 carry it: lines of base64. What travels in clear is sealed; of
 * mechanisms that send a proof only the user is told, where he is named.
 */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import type { Credential } from '../http/secrets.ts';

const LINE_BYTES_MAX = 4_096;
const USER_CHARACTERS_MAX = 128;
/** Lines of one exchange that are looked at. */
const STEPS_MAX = 8;

/** Mechanisms that send the password or a token itself. */
const IN_CLEAR = new Set(['plain', 'login', 'xoauth2', 'oauthbearer']);
/** How many lines a client sends of those whose end can be told without the server's answer. */
const STEPS: Readonly<Record<string, number>> = {
  plain: 1,
  login: 2,
  'cram-md5': 1,
  xoauth2: 1,
  external: 1,
  anonymous: 1,
};

export class SaslExchange {
  /** In lower case. */
  readonly mechanism: string;
  user: string | undefined;
  secret: Secret | undefined;
  /** The lines that hold secrets, as they stand on the wire. */
  readonly wire: Secret[] = [];
  readonly #secrets: SecretSealer;
  #steps = 0;

  constructor(mechanism: string, secrets: SecretSealer) {
    this.mechanism = mechanism.toLowerCase();
    this.#secrets = secrets;
  }

  get credential(): Credential {
    return { method: this.mechanism, username: this.user, secret: this.secret };
  }

  /** The client has said all that the mechanism has to say. */
  get complete(): boolean {
    return this.#steps >= (STEPS[this.mechanism] ?? STEPS_MAX);
  }

  /** Takes one response of the client, [start, end) of a line; `=` is an empty one, `*` gives up. */
  response(bytes: Uint8Array, start: number, end: number): void {
    if (this.#steps++ >= STEPS_MAX || (end - start === 1 && bytes[start] === 0x2a)) return;
    const line = Buffer.from(bytes.subarray(start, Math.min(end, start + LINE_BYTES_MAX)));
    const clear = Buffer.from(line.toString('latin1'), 'base64');
    if (IN_CLEAR.has(this.mechanism) && line.length > 1) this.wire.push(this.#secrets.seal(line));
    if (this.mechanism === 'plain') this.#plain(clear);
    else if (this.mechanism === 'login') this.#login(clear);
    else if (this.mechanism === 'cram-md5') this.#user(clear.toString('utf8').split(' ')[0]);
    else if (this.mechanism === 'digest-md5')
      this.#user(/\busername="([^"]{0,128})"/.exec(clear.toString('utf8'))?.[1]);
    else if (this.mechanism.startsWith('scram-'))
      this.#user(/^[nyp][^,]*,[^,]*,(?:m=[^,]*,)?n=([^,]+)/.exec(clear.toString('utf8'))?.[1]);
    else if (this.mechanism === 'xoauth2' || this.mechanism === 'oauthbearer')
      this.#token(clear.toString('utf8'));
  }

  /** RFC 4616: who to act as, who one is, password. */
  #plain(clear: Buffer): void {
    const first = clear.indexOf(0);
    const second = first < 0 ? -1 : clear.indexOf(0, first + 1);
    if (second < 0) return;
    this.#user(clear.toString('utf8', first + 1, second));
    this.secret = this.#secrets.seal(clear.subarray(second + 1));
  }

  /** User name and password, a line each. */
  #login(clear: Buffer): void {
    if (this.#steps === 1) this.#user(clear.toString('utf8'));
    else if (this.#steps === 2) this.secret = this.#secrets.seal(clear);
  }

  /** RFC 7628, and what it grew out of. */
  #token(clear: string): void {
    for (const part of clear.split('\u0001', STEPS_MAX)) {
      this.#user(/^user=(.+)/.exec(part)?.[1] ?? /\ba=([^,]+)/.exec(part)?.[1]);
      const token = /^auth=(?:Bearer )?(.+)/i.exec(part)?.[1];
      if (token !== undefined) this.secret ??= this.#secrets.seal(token);
    }
  }

  #user(name: string | undefined): void {
    if (name) this.user ??= name.slice(0, USER_CHARACTERS_MAX);
  }
}
