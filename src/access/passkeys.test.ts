import { createHash, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { browser, MINUTE, Phone, type Scene, scene } from './testing.ts';
import type { AuthenticationResponse } from './webauthn.ts';

const code = (code: string) => expect.objectContaining({ code });
const refused = code('passkey-refused');

async function answer(s: Scene, phone: Phone) {
  const { ceremony, options } = await s.access.signIn.beginPasskey();
  return { ceremony, response: phone.get(options) };
}

onEachDatabase((database) => {
  describe('sign-in by passkey', () => {
    test('asks for no name and tells none, and demands user verification', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { options } = await s.access.signIn.beginPasskey();
      expect(options).toMatchObject({ rpId: 'fleet.example', userVerification: 'required' });
      expect(options.allowCredentials).toBeUndefined();
      const again = await s.signIn(ann.phone);
      expect(again.caller).toMatchObject({
        id: ann.caller.id,
        session: { aal: 2, method: 'passkey' },
      });
      const [passkey] = await s.access.passkeys.list(again.caller);
      expect(passkey).toMatchObject({ name: 'Phone', rpId: 'fleet.example', suspended: false });
      expect(passkey!.usedAt).toBe(s.clock.time);
    });

    test('an answer is good once (replay)', async () => {
      const s = await scene(database);
      // A synced passkey counts nothing, so only the challenge tells a replay.
      const ann = await setUpWith(s, new Phone({ signCounterIncrement: 0 }));
      const { ceremony, response } = await answer(s, ann);
      await s.access.signIn.passkey(ceremony, response, browser);
      await expect(s.access.signIn.passkey(ceremony, response, browser)).rejects.toThrow(refused);
      const { ceremony: next } = await s.access.signIn.beginPasskey();
      await expect(s.access.signIn.passkey(next, response, browser)).rejects.toThrow(refused);
    });

    test('many at once with one answer begin one session', async () => {
      const s = await scene(database);
      const ann = await setUpWith(s, new Phone({ signCounterIncrement: 0 }));
      const { ceremony, response } = await answer(s, ann);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () => s.access.signIn.passkey(ceremony, response, browser)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    test('a wrong answer uses the challenge up', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { ceremony, response } = await answer(s, ann.phone);
      const wrong = { ...response, response: { ...response.response, signature: 'AAAA' } };
      await expect(s.access.signIn.passkey(ceremony, wrong, browser)).rejects.toThrow(refused);
      await expect(s.access.signIn.passkey(ceremony, response, browser)).rejects.toThrow(refused);
    });

    test('a challenge ends after five minutes', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { ceremony, response } = await answer(s, ann.phone);
      s.pass(5 * MINUTE);
      await expect(s.access.signIn.passkey(ceremony, response, browser)).rejects.toThrow(refused);
    });

    test('a challenge of one browser is worth nothing in another', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { response } = await answer(s, ann.phone);
      const { ceremony: other } = await s.access.signIn.beginPasskey();
      await expect(s.access.signIn.passkey(other, response, browser)).rejects.toThrow(refused);
    });

    test('a challenge to step up, or to add a passkey, does not sign in, nor the other way round', async () => {
      const s = await scene(database);
      const { caller, phone } = await s.setUp();
      const stepUp = await s.access.stepUp.beginPasskey(caller);
      const response = phone.get(stepUp.options);
      await expect(s.access.signIn.passkey(stepUp.ceremony, response, browser)).rejects.toThrow(
        refused,
      );
      const signIn = await answer(s, phone);
      await expect(
        s.access.stepUp.passkey(caller, signIn.ceremony, signIn.response),
      ).rejects.toThrow(refused);
    });

    test('another origin is refused', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      ann.phone.origin = 'https://evil.fleet.example';
      await expect(s.signIn(ann.phone)).rejects.toThrow(refused);
    });

    test('no user verification is refused, when a passkey is made and when it is used', async () => {
      const s = await scene(database);
      const touched = () => ({ options: { uv: false, up: true } });
      const careless = new Phone({ userMakeCredentialInteraction: touched });
      await expect(setUpWith(s, careless)).rejects.toThrow(refused);
      const later = await setUpWith(s, new Phone({ userGetAssertionInteraction: touched }));
      await expect(s.signIn(later)).rejects.toThrow(refused);
    });

    test('an answer that names another person is refused', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { ceremony, response } = await answer(s, ann.phone);
      const userHandle = Buffer.alloc(32, 1).toString('base64url');
      const forged = { ...response, response: { ...response.response, userHandle } };
      await expect(s.access.signIn.passkey(ceremony, forged, browser)).rejects.toThrow(refused);
      const next = await answer(s, ann.phone);
      const { userHandle: _, ...anonymous } = next.response.response;
      await expect(
        s.access.signIn.passkey(next.ceremony, { ...next.response, response: anonymous }, browser),
      ).rejects.toThrow(refused);
    });

    test('an answer within a frame of another site is refused', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const framed = async (crossOrigin: boolean) => {
        const { ceremony, response } = await answer(s, ann.phone);
        const signed = resigned(ann.phone, response, { crossOrigin });
        return s.access.signIn.passkey(ceremony, signed, browser);
      };
      await framed(false);
      await expect(framed(true)).rejects.toThrow(refused);
    });

    test('hostile answers are refused in one way', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const good = (await answer(s, ann.phone)).response;
      const hostile: unknown[] = [
        {},
        { ...good, id: '' },
        { ...good, id: 'x'.repeat(100_000) },
        { ...good, type: 'password' },
        { ...good, response: {} },
        { ...good, response: { ...good.response, authenticatorData: 'A'.repeat(5000) } },
        { ...good, response: { ...good.response, authenticatorData: '' } },
        { ...good, response: { ...good.response, clientDataJSON: 'bm90IGpzb24' } },
        { ...good, response: { ...good.response, clientDataJSON: 'bnVsbA' } },
        { ...good, response: { ...good.response, signature: '$' } },
      ];
      for (let length = 0; length < good.response.authenticatorData.length; length += 3)
        hostile.push({
          ...good,
          response: {
            ...good.response,
            authenticatorData: good.response.authenticatorData.slice(0, length),
          },
        });
      for (const response of hostile) {
        const { ceremony } = await s.access.signIn.beginPasskey();
        const attempt = s.access.signIn.passkey(
          ceremony,
          response as AuthenticationResponse,
          browser,
        );
        await expect(attempt).rejects.toThrow(refused);
      }
    });

    test('a counter that goes back suspends the passkey and is a fact', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      await s.store.write(async (tx) => {
        await tx.db.updateTable('passkeys').set({ counter: 1000 }).execute();
      });
      await expect(s.signIn(ann.phone)).rejects.toThrow(refused);
      const fact = (await s.facts()).at(-1);
      expect(fact).toMatchObject({ action: 'passkey.suspended', body: { stored: 1000 } });
      await s.store.write(async (tx) => {
        await tx.db.updateTable('passkeys').set({ counter: 0 }).execute();
      });
      await expect(s.signIn(ann.phone)).rejects.toThrow(refused);
    });

    test('but a forged answer with an old counter suspends nothing', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { ceremony, response } = await answer(s, ann.phone);
      const data = Buffer.from(response.response.authenticatorData, 'base64url');
      data.writeUInt32BE(0, 33);
      const forged = {
        ...response,
        response: { ...response.response, authenticatorData: data.toString('base64url') },
      };
      await expect(s.access.signIn.passkey(ceremony, forged, browser)).rejects.toThrow(refused);
      await s.signIn(ann.phone);
      expect(await s.actions()).not.toContain('passkey.suspended');
    });

    test.each(['EdDSA', 'RS256', 'ES256'] as const)('works with %s', async (algorithm) => {
      const s = await scene(database);
      const phone = await setUpWith(s, new Phone({ algorithmIdentifiers: [algorithm] }));
      await s.signIn(phone);
    });
  });

  describe('several passkeys', () => {
    test('are added, named, used and removed, but for the last way in', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const { ceremony, options } = await s.access.passkeys.beginAdding(ann.caller);
      expect(options.excludeCredentials).toHaveLength(1);
      expect(options.authenticatorSelection).toMatchObject({
        residentKey: 'required',
        userVerification: 'required',
      });
      const key = new Phone();
      const response = key.create(options);
      const added = await s.access.passkeys.add(ann.caller, ceremony, response, 'Security key');
      await expect(s.access.passkeys.add(ann.caller, ceremony, response, 'Twice')).rejects.toThrow(
        refused,
      );
      const viaKey = await s.signIn(key);
      expect(viaKey.caller.id).toBe(ann.caller.id);
      await s.access.passkeys.rename(viaKey.caller, added.id, 'Blue key');
      const [first, second] = await s.access.passkeys.list(viaKey.caller);
      expect([first!.name, second!.name]).toEqual(['Phone', 'Blue key']);
      await s.access.passkeys.remove(viaKey.caller, first!.id);
      await expect(s.signIn(ann.phone)).rejects.toThrow(refused);
      await expect(s.access.passkeys.remove(viaKey.caller, second!.id)).rejects.toThrow(
        code('last-way-in'),
      );
      await s.signIn(key);
    });

    test('a passkey is added within the session that asked, and to its own person', async () => {
      const s = await scene(database);
      const ann = await s.setUp();
      const bob = await s.join(ann.caller, 'bob');
      const { ceremony, options } = await s.access.passkeys.beginAdding(ann.caller);
      const response = new Phone().create(options);
      await expect(s.access.passkeys.add(bob.caller, ceremony, response, 'Mine')).rejects.toThrow(
        refused,
      );
      const [passkey] = await s.access.passkeys.list(ann.caller);
      await expect(s.access.passkeys.remove(bob.caller, passkey!.id)).rejects.toThrow(
        code('passkey-unknown'),
      );
    });

    test('a passkey of another host’s name works no more, and is counted', async () => {
      const s = await scene(database);
      await s.setUp();
      expect(await s.access.passkeys.strandedCount()).toBe(0);
      await s.store.write(async (tx) => {
        await tx.db.updateTable('passkeys').set({ rp_id: 'old.example' }).execute();
      });
      expect(await s.access.passkeys.strandedCount()).toBe(1);
    });
  });
});

async function setUpWith(s: Scene, phone: Phone): Promise<Phone> {
  const link = await s.access.enrolment.setupLink();
  const token = new URL(link!.url).hash.slice(1);
  await s.access.enrolment.nameYourself(token, { login: 'ann', name: 'Ann' });
  await s.enrol(token, phone);
  return phone;
}

/** An answer that the authenticator signs over other client data, as a browser would that is told so. */
function resigned(
  { emulator }: Phone,
  answer: AuthenticationResponse,
  change: object,
): AuthenticationResponse {
  const { clientDataJSON, authenticatorData, ...rest } = answer.response;
  const decoded = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString());
  const clientData = Buffer.from(JSON.stringify({ ...decoded, ...change }));
  const [passkey] = emulator.authenticator.params.credentialsRepository!.loadCredentials();
  const key = createPrivateKey({
    key: Buffer.from(passkey!.publicKeyCredentialSource.privateKey),
    format: 'der',
    type: 'pkcs8',
  });
  const hash = createHash('sha256').update(clientData).digest();
  const signature = sign(
    'sha256',
    Buffer.concat([Buffer.from(authenticatorData, 'base64url'), hash]),
    key,
  );
  return {
    ...answer,
    response: {
      ...rest,
      authenticatorData,
      clientDataJSON: clientData.toString('base64url'),
      signature: signature.toString('base64url'),
    },
  };
}
