/**
 * Step-up: somebody who is signed in proves to be there, now, before a dangerous act. Guesses are limited as at sign-in, and
 * for the same account together.
 */
import type { SessionCaller } from './caller.ts';
import type { Parts } from './config.ts';
import { addressBucket, clearAttempts, giveBackAttempt } from './limits.ts';
import type { Begun, Passkeys } from './passkeys.ts';
import { codeRefused, type SecondFactors } from './second-factors.ts';
import type { Client, Sessions, Started } from './sessions.ts';
import { countAttempt, demandAdmitted } from './sign-in.ts';
import { type AuthenticationResponse, passkeyRefused, type RequestOptions } from './webauthn.ts';

export class StepUp {
  readonly #parts: Parts;
  readonly #passkeys: Passkeys;
  readonly #secondFactors: SecondFactors;
  readonly #sessions: Sessions;

  constructor(
    parts: Parts,
    services: {
      readonly passkeys: Passkeys;
      readonly secondFactors: SecondFactors;
      readonly sessions: Sessions;
    },
  ) {
    this.#parts = parts;
    this.#passkeys = services.passkeys;
    this.#secondFactors = services.secondFactors;
    this.#sessions = services.sessions;
  }

  beginPasskey(caller: SessionCaller): Promise<Begun<RequestOptions>> {
    return this.#passkeys.beginStepUp(caller);
  }

  /** @returns the session under a new token. @throws UnauthenticatedError `passkey-refused`. */
  async passkey(
    caller: SessionCaller,
    ceremony: string,
    response: AuthenticationResponse,
  ): Promise<Started> {
    const asserted = await this.#passkeys.verify(ceremony, response, caller);
    const started = await this.#parts.store.write(async (tx) =>
      (await this.#passkeys.use(tx, asserted))
        ? this.#sessions.stepUp(tx, caller, 'passkey', 2)
        : undefined,
    );
    if (started === undefined) throw passkeyRefused();
    return started;
  }

  /**
   * By a code of the authenticator app, or a recovery code.
   *
   * @throws UnauthenticatedError `code-refused`; LimitError `too-many-attempts`.
   */
  async code(caller: SessionCaller, code: string, client: Client): Promise<Started> {
    const outcome = await this.#parts.store.write(async (tx) => {
      const refused = await countAttempt(tx, {
        limit: 'second-factor',
        subject: caller.id,
        personId: caller.id,
        address: client.address,
        now: this.#parts.clock.now(),
      });
      if (refused !== undefined) return refused;
      const kind = await this.#secondFactors.use(tx, caller.id, code);
      if (kind === undefined) return undefined;
      await clearAttempts(tx, 'second-factor', caller.id);
      await giveBackAttempt(tx, 'address', addressBucket(client.address));
      return this.#sessions.stepUp(tx, caller, kind, aalWithCode(caller));
    });
    const started = demandAdmitted(outcome);
    if (started === undefined) throw codeRefused();
    return started;
  }
}

/**
 * A code is a second factor beside a password or an identity provider's word. Beside a recovery code it is one more thing
 * that somebody has, and no second kind of factor.
 */
function aalWithCode({ session }: SessionCaller): 1 | 2 {
  return session.method === 'recovery-code' && session.aal < 2 ? 1 : 2;
}
