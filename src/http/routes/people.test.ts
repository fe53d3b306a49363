import { describe, expect, test } from 'vitest';
import { Browser, scene } from '../testing.ts';

describe('the own account', () => {
  test('changes its name from the state that was seen', async () => {
    const { member } = await scene();
    const meg = await member('meg', [{ role: 'member' }]);
    const { body, headers } = await meg.send('GET', '/me');
    expect(body).toMatchObject({ via: 'session', person: { login: 'meg', name: 'meg' } });
    const change = (name: string, from?: string) =>
      meg.send('PATCH', '/me', { name }, from === undefined ? {} : { 'if-match': from });
    expect(await change('Meg')).toMatchObject({ status: 428, body: { code: 'if-match-needed' } });
    expect((await change('Meg', String(headers.etag))).body).toMatchObject({ name: 'Meg' });
    expect(await change('Margaret', String(headers.etag))).toMatchObject({
      ...{ status: 412, body: { code: 'revision-changed' } },
    });
    expect((await change('x', 'W/"1"')).body.code).toBe('if-match-invalid');
  });

  test('has no identity provider where none is set up', async () => {
    const { admin } = await scene();
    for (const url of [
      '/sign-in/provider/begin',
      '/step-up/provider/begin',
      '/me/identities/begin',
    ])
      expect((await admin.send('POST', url)).body.code, url).toBe('provider-unknown');
  });

  test('of a program or of the machine’s owner is nobody’s to change', async () => {
    const { admin, program, console } = await scene();
    const ci = await program(admin, ['devices.read']);
    expect((await ci.send('GET', '/me')).body).toMatchObject({ via: 'token', person: null });
    expect((await ci.send('POST', '/me/passkeys/begin')).status).toBe(403);
    const owner = new Browser(console);
    expect((await owner.send('GET', '/me')).body).toMatchObject({ via: 'console', person: null });
    expect((await owner.send('POST', '/me/passkeys/begin')).status).toBe(403);
  });
});

describe('an administrator', () => {
  test('sees and ends sessions and tokens of others, who are out at once', async () => {
    const { admin, member, program } = await scene();
    const vic = await member('vic', [{ role: 'viewer' }]);
    const ci = await program(vic, ['devices.read']);
    expect((await ci.send('GET', '/devices')).status).toBe(200);
    const [session] = (await admin.send('GET', `/people/${vic.person}/sessions`)).body;
    expect((await vic.send('GET', `/people/${admin.person}/sessions`)).status).toBe(403);
    const ended = await admin.send('DELETE', `/people/${vic.person}/sessions/${session.id}`);
    expect(ended.status).toBe(204);
    expect((await vic.send('GET', '/me')).status).toBe(401);
    const { items } = (await admin.send('GET', `/tokens?person=${vic.person}`)).body;
    expect(items).toMatchObject([{ name: 'ci', personId: vic.person }]);
    expect((await admin.send('DELETE', `/tokens/${items[0].id}`)).status).toBe(204);
    expect((await ci.send('GET', '/devices')).status).toBe(401);
    expect((await admin.send('GET', `/people/${vic.person}/ways`)).body).toMatchObject({
      passkeys: 1,
    });
  });

  test('pages through tokens', async () => {
    const { admin } = await scene();
    for (let i = 0; i < 3; i++)
      await admin.send('POST', '/me/tokens', { name: `t${i}`, scopes: ['devices.read'], days: 1 });
    const first = (await admin.send('GET', '/tokens?limit=2')).body;
    const second = (await admin.send('GET', `/tokens?limit=2&cursor=${first.next}`)).body;
    const names = [...first.items, ...second.items].map(({ name }: { name: string }) => name);
    expect(names).toEqual(['t2', 't1', 't0']);
    expect(second.next).toBeNull();
  });

  test('is led through everything that changes people', async () => {
    const { admin, member, server } = await scene();
    const vic = await member('vic', [{ role: 'viewer' }]);
    const url = `/people/${vic.person}`;
    const role = { role: 'analyst', reason: 'needed' };
    expect((await admin.send('POST', `${url}/roles`, role)).status).toBe(204);
    expect((await admin.send('GET', url)).body.grants).toContainEqual({ role: 'analyst' });
    expect((await admin.send('POST', `${url}/roles/take`, role)).status).toBe(204);
    const reset = await admin.send('POST', `${url}/reset`, { reason: 'lost the phone' });
    expect(reset.status).toBe(201);
    const again = new Browser(server);
    expect((await again.join(reset.body.url)).status).toBe(200);
    expect((await again.send('GET', '/me')).body.person.login).toBe('vic');
    expect((await vic.send('GET', '/me')).status).toBe(401);
    const data = await admin.send('GET', `${url}/export`);
    expect(data.status).toBe(200);
    const asked = await admin.send('POST', `${url}/erase`, { reason: 'asked for' });
    expect(asked).toMatchObject({ status: 202, body: { approval: { action: 'people.erase' } } });
    const { id, digest } = asked.body.approval;
    expect((await admin.send('GET', '/approvals')).body.items).toHaveLength(1);
    const alone = await admin.send('POST', `/approvals/${id}/approve`, { digest });
    expect(alone.status).toBeGreaterThanOrEqual(400);
    expect((await admin.send('POST', `/approvals/${id}/cancel`, {})).status).toBe(204);
    expect((await admin.send('POST', `${url}/remove`, { reason: 'left' })).status).toBe(204);
  });
});

test('without a fresh proof, dangerous acts ask for one', async () => {
  const { admin, clock } = await scene();
  clock.time += 20 * 60_000;
  const body = { login: 'tom', name: 'Tom', grants: [{ role: 'viewer' }] };
  expect(await admin.send('POST', '/people', body)).toMatchObject({
    ...{ status: 401, body: { code: 'step-up-required' } },
  });
  const begun = await admin.send('POST', '/step-up/passkey/begin');
  const { ceremony, options } = begun.body;
  const before = admin.cookie;
  const response = admin.phone.get(options);
  const proved = await admin.send('POST', '/step-up/passkey', { ceremony, response });
  expect(proved.status).toBe(200);
  expect(admin.cookie).not.toBe(before);
  admin.csrf = proved.body.csrf;
  expect((await admin.send('POST', '/people', body)).status).toBe(201);
});
