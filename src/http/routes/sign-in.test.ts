/** Signing in over HTTP, by those who may and by those who try. */
import { beforeEach, describe, expect, test } from 'vitest';
import { App } from '../../access/testing.ts';
import { type Answer, Browser, ORIGIN, type Scene, scene } from '../testing.ts';

const password = 'correct horse battery staple';
const secretOf = (url: string) => new URL(url).hash.slice(1);

let s: Scene;
let app: App;
let codes: string[];
let guest: Browser;

/** Bob, who has a password and an authenticator app. */
async function joinBob(): Promise<void> {
  const invited = await s.admin.send('POST', '/people', {
    ...{ login: 'bob', name: 'Bob', grants: [{ role: 'viewer' }] },
  });
  const link = secretOf(invited.body.url);
  const bob = new Browser(s.server);
  expect((await bob.send('POST', '/welcome', { link })).body).toMatchObject({
    ...{ purpose: 'invitation', login: 'bob' },
  });
  const offer = (await bob.send('POST', '/welcome/totp/begin', { link })).body;
  app = new App(offer.secret);
  const code = app.code(s.clock.time);
  const joined = await bob.send('POST', '/welcome/password', {
    ...{ link, ceremony: offer.ceremony, password, code },
  });
  expect(joined.status).toBe(200);
  codes = joined.body.recoveryCodes;
  expect(codes.length).toBeGreaterThan(5);
  // Codes are used once.
  s.clock.time += 60_000;
}

beforeEach(async () => {
  s = await scene();
  await joinBob();
  guest = new Browser(s.server);
});

const begin = async (from = guest) => {
  const answer = await from.send('POST', '/sign-in/password', { login: 'bob', password });
  expect(answer.status).toBe(202);
  return answer.body.ceremony as string;
};
const codesOf = (answers: readonly Answer[]) => answers.map(({ body }) => body?.code ?? 'in');

test('a password and a code let in; the same code a second time does not', async () => {
  const code = app.code(s.clock.time);
  const started = await guest.send('POST', '/sign-in/code', { ceremony: await begin(), code });
  expect(started.status).toBe(200);
  expect((await guest.send('GET', '/me')).body.name).toBe('Bob');
  const again = await new Browser(s.server).send('POST', '/sign-in/code', {
    ...{ ceremony: await begin(new Browser(s.server)), code },
  });
  expect(again).toMatchObject({ status: 401, body: { code: 'code-refused' } });
});

test('a recovery code lets in once', async () => {
  const use = () =>
    new Browser(s.server).send('POST', '/sign-in/recovery', { login: 'bob', code: codes[0] });
  expect((await use()).status).toBe(200);
  expect((await use()).status).toBe(401);
});

test('parallel pending log-ins win no more guesses', async () => {
  const pending = await Promise.all([1, 2, 3, 4].map(() => begin(new Browser(s.server))));
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, i) =>
      new Browser(s.server, { remoteAddress: `198.51.100.${i}` }).send('POST', '/sign-in/code', {
        ...{ ceremony: pending[i % 4], code: String(100_000 + i) },
      }),
    ),
  );
  const said = codesOf(answers);
  expect(said.filter((code) => code === 'code-refused')).toHaveLength(5);
  expect(new Set(said)).toEqual(new Set(['code-refused', 'too-many-attempts', 'sign-in-expired']));
  const limited = answers.find(({ status }) => status === 429);
  expect(Number(limited?.headers['retry-after'])).toBeGreaterThan(60);
  // Also for the right one, until the wait is over.
  const right = await guest.send('POST', '/sign-in/code', {
    ...{ ceremony: await begin(), code: app.code(s.clock.time) },
  });
  expect(right.status).toBe(429);
});

describe('nobody learns who has an account', () => {
  const without = ({ status, body, headers }: Answer) => ({
    ...{ status, body, headers: Object.keys(headers).sort() },
  });

  test('by password', async () => {
    const wrong = { login: 'bob', password: 'not the password' };
    const known = await guest.send('POST', '/sign-in/password', wrong);
    const none = await guest.send('POST', '/sign-in/password', { ...wrong, login: 'nobody' });
    expect(known.status).toBe(401);
    expect(without(none)).toEqual(without(known));
  });

  test('by recovery code', async () => {
    const [known, none] = await Promise.all(
      ['bob', 'nobody'].map((login) =>
        guest.send('POST', '/sign-in/recovery', { login, code: 'aaaaa-bbbbb' }),
      ),
    );
    expect(known.status).toBe(401);
    expect(without(none)).toEqual(without(known));
  });

  test('by a link', async () => {
    const used = await guest.send('POST', '/welcome', { link: 'x'.repeat(43) });
    const other = await guest.send('POST', '/welcome', { link: 'y' });
    expect(used.status).toBeGreaterThanOrEqual(400);
    expect(without(other)).toEqual(without(used));
  });
});

describe('a session', () => {
  const cookieOf = (token: string) => `__Host-fleetward=${token}`;

  test('is never the one that somebody brought (fixation)', async () => {
    const planted = cookieOf('A'.repeat(43));
    guest.cookie = planted;
    const ceremony = await begin();
    const code = app.code(s.clock.time);
    expect((await guest.send('POST', '/sign-in/code', { ceremony, code })).status).toBe(200);
    expect(guest.cookie).not.toBe(planted);
    expect((await guest.send('GET', '/me')).body.name).toBe('Bob');
    const attacker = new Browser(s.server);
    attacker.cookie = planted;
    expect((await attacker.send('GET', '/me')).status).toBe(401);
  });

  test('that has ended does not keep its browser from signing in', async () => {
    s.clock.time += 24 * 3_600_000;
    const { cookie } = s.admin;
    expect((await s.admin.send('GET', '/me')).status).toBe(401);
    // The page was loaded anew, and knows no CSRF token.
    s.admin.csrf = undefined;
    s.admin.cookie = cookie;
    expect((await s.admin.signIn()).status).toBe(200);
  });

  test('twice in one request is none', async () => {
    await s.admin.signIn();
    const both = `${s.admin.cookie}; ${cookieOf('B'.repeat(43))}`;
    const attacker = new Browser(s.server);
    expect((await attacker.send('GET', '/me', undefined, { cookie: both })).status).toBe(401);
  });

  test('is not begun by another site (login CSRF)', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      const answer = await guest.send(
        ...(['POST', '/sign-in/password', { login: 'bob', password }, headers] as const),
      );
      expect(answer.body.code, JSON.stringify(headers)).toBe('cross-site');
    }
    const own = await guest.send(
      ...(['POST', '/sign-in/password', { login: 'bob', password }, { origin: ORIGIN }] as const),
    );
    expect(own.status).toBe(202);
  });
});

test('an answer of a passkey is taken once, and only for what was begun here', async () => {
  const begun = await guest.send('POST', '/sign-in/passkey/begin');
  const { ceremony, options } = begun.body;
  const body = { ceremony, response: s.admin.phone.get(options) };
  expect((await new Browser(s.server).send('POST', '/sign-in/passkey', body)).status).toBe(200);
  expect((await new Browser(s.server).send('POST', '/sign-in/passkey', body)).status).toBe(401);
});

test('forms of other pages cannot speak to the API', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const answer = await guest.send(
      ...(['POST', '/sign-in/password', '{"login":"bob"}', { 'content-type': type }] as const),
    );
    expect([415, 422], type).toContain(answer.status);
  }
});
