/**
 * Recognises a sign-in in the text of a terminal session: the server prompts, the client types (a byte a packet,
 * edited on the way), and what the server says next tells whether it was let in.
 */
import type { Secret, SecretSealer } from '../../../base/index.ts';

export type LoginOutcome = 'accepted' | 'refused' | 'unknown';

export interface TerminalLogin<Place> {
  readonly username: string | undefined;
  readonly password: Secret;
  readonly outcome: LoginOutcome;
  /** Where the password was complete. */
  readonly at: Place;
}

/** Bytes kept of the server's last output, and of what the client types into one line. */
const TAIL_BYTES = 256;
const LINE_BYTES = 128;
/** After so much output without a word of refusal it is a session. */
const ENOUGH_BYTES = 512;

const USER_PROMPT =
  /(?:^|[^a-z])(?<!last )(?:login|log in as|user ?name|user(?: id)?|account)(?: name)? ?[:>=?]$/i;
const PASSWORD_PROMPT =
  /(?:password|passwd|passphrase|passcode|pass|pin)(?: for [\w.@-]{1,64})? ?[:>=?]$/i;
const REFUSAL =
  /incorrect|fail|denied|invalid|wrong|bad (?:user|pass|log)|not (?:authori[sz]ed|correct|allowed)|unauthori[sz]ed|error|try again|rejected|locked/i;
const SHELL_PROMPT = /[#$%>]$/;

const WATCHING = 0;
const USER = 1;
const PASSWORD = 2;
/** The user name is known, the password was not asked for yet. */
const NAMED = 3;
const JUDGING = 4;

export class LoginWatch<Place> {
  #state = WATCHING;
  readonly #sealer: SecretSealer;
  readonly #found: (login: TerminalLogin<Place>) => void;
  readonly #tail = Buffer.alloc(TAIL_BYTES);
  #tailLength = 0;
  readonly #line = Buffer.alloc(LINE_BYTES);
  #lineLength = 0;
  #username: string | undefined;
  #pending: { password: Secret; at: Place } | undefined;
  #output = 0;

  constructor(sealer: SecretSealer, found: (login: TerminalLogin<Place>) => void) {
    this.#sealer = sealer;
    this.#found = found;
  }

  /** A byte of text that the server sent. */
  server(byte: number): void {
    if (this.#tailLength === TAIL_BYTES) {
      this.#tail.copyWithin(0, TAIL_BYTES / 2);
      this.#tailLength = TAIL_BYTES / 2;
    }
    this.#tail[this.#tailLength++] = byte;
    if (this.#state === JUDGING && byte > 0x20) this.#output++;
  }

  /** The server paused: its output so far may end in a prompt. */
  serverPaused(): void {
    if (this.#tailLength === 0 || !this.#mayPrompt()) return;
    const line = lastLine(this.#text());
    const asksUser = USER_PROMPT.test(line);
    const asksPassword = !asksUser && PASSWORD_PROMPT.test(line);
    if (this.#state === JUDGING) {
      if (asksUser || asksPassword) this.#judge('refused');
      else if (this.#output > 0 && SHELL_PROMPT.test(line)) this.#judge('accepted');
      else if (this.#output > ENOUGH_BYTES && !REFUSAL.test(this.#text())) this.#judge('accepted');
    }
    if (asksUser && this.#state !== USER) {
      this.#state = USER;
      this.#username = undefined;
      this.#lineLength = 0;
    } else if (asksPassword && this.#state !== PASSWORD) {
      this.#state = PASSWORD;
      this.#lineLength = 0;
    }
  }

  #mayPrompt(): boolean {
    if (this.#state === JUDGING) return true;
    let last = this.#tailLength - 1;
    while (last > 0 && this.#tail[last] <= 0x20) last--;
    const byte = this.#tail[last];
    // : > = ?, or the letter that ends an escape sequence
    return byte === 0x3a || (byte >= 0x3d && byte <= 0x3f) || byte === 0x6d || byte === 0x4b;
  }

  #text(): string {
    return this.#tail.toString('latin1', 0, this.#tailLength);
  }

  /** A byte that the client typed. */
  client(byte: number, at: Place): void {
    const line = this.#line;
    if (byte === 0x0d || byte === 0x0a) this.#enter(at);
    else if (byte === 0x08 || byte === 0x7f) this.#lineLength = Math.max(0, this.#lineLength - 1);
    else if (byte === 0x15) this.#lineLength = 0;
    else if (byte >= 0x20 && this.#lineLength < LINE_BYTES) line[this.#lineLength++] = byte;
  }

  /** The session is over. */
  end(): void {
    if (!this.#pending) return;
    this.#judge(REFUSAL.test(this.#text()) ? 'refused' : this.#output > 0 ? 'accepted' : 'unknown');
  }

  #enter(at: Place): void {
    const length = this.#lineLength;
    this.#lineLength = 0;
    if (this.#state === USER) {
      if (length === 0) return;
      this.#username = this.#line.toString('utf8', 0, length);
      this.#tailLength = 0;
      this.#state = NAMED;
    } else if (this.#state === PASSWORD) {
      this.#pending = { password: this.#sealer.seal(this.#line.subarray(0, length)), at };
      this.#line.fill(0);
      this.#tailLength = 0;
      this.#output = 0;
      this.#state = JUDGING;
    } else if (
      this.#state === JUDGING &&
      length > 0 &&
      this.#output > 0 &&
      !REFUSAL.test(this.#text())
    ) {
      // The client goes on as somebody who was let in.
      this.#judge('accepted');
    }
  }

  #judge(outcome: LoginOutcome): void {
    const pending = this.#pending;
    if (!pending) return;
    this.#pending = undefined;
    this.#found({ username: this.#username, password: pending.password, outcome, at: pending.at });
    // After a refusal some ask for the password again, of the same user.
    this.#state = outcome === 'refused' ? NAMED : WATCHING;
    if (outcome !== 'refused') this.#username = undefined;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
const ESCAPES = /\x1b\[[0-9;?]{0,16}[A-Za-z]/g;

function lastLine(text: string): string {
  const trimmed = text.replace(ESCAPES, '').trimEnd().replace(/\0+$/, '');
  return trimmed.slice(Math.max(trimmed.lastIndexOf('\n'), trimmed.lastIndexOf('\r')) + 1);
}
