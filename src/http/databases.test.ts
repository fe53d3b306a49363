/**
 * The API on SQLite and on PostgreSQL: the same answers, and no request that makes either fail. What is sent is made of
 * the description of the API, so that a new route is tried without being listed here.
 */
import { expect, test } from 'vitest';
import { onEachDatabase } from '../store/testing.ts';
import { type Scene, scene, twoSegments } from './testing.ts';

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly $ref?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
}
interface Operation {
  readonly parameters?: readonly { name: string; in: string; schema: Schema }[];
  readonly requestBody?: { content: Record<string, { schema: Schema }> };
}

const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What nobody means, and some send. */
const JUNK = [
  ...['', ' ', 'x', '-1', '0', '1e400', '9007199254740991', '-9007199254740991', 'NaN', 'null'],
  ...['99999999999999999999', "' or 1=1 --", '%', '_', 'a'.repeat(250), '🙂', '\u202e', '\ud800'],
  ...['01900000-0000-7000-8000-000000000000', '00000000-0000-0000-0000-000000000000', '../..'],
  ...[cursorOf(['x', 'y']), cursorOf([1, 'y']), cursorOf([1e300, 'y']), cursorOf([1.5, 'y'])],
  ...[cursorOf(['\0', '\0']), cursorOf([null, null]), cursorOf({}), cursorOf(['\ud800', 'y'])],
];
const WRONG: readonly unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e300, '', 'x', '\ud800', [], {}, [null], ['x'], { a: 1 }],
  ...['2026-11-31', '9999-12-31', '\0'],
];

function operations({ server }: Scene): [method: string, path: string, operation: Operation][] {
  const paths = Object.entries(server.swagger().paths ?? {});
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(
      ([method, operation]) => [method.toUpperCase(), path, operation] as const,
    ),
  ) as never;
}

/** It ends the caller's own session, or never ends. */
const LEFT_OUT = /sign-out|\/events$|\/me\/sessions|\/people\/\{id\}\/(remove|reset|erase)/;
const NOBODY = '01900000-0000-7000-8000-000000000000';

onEachDatabase((database) => {
  const open = async () => {
    const config = await database.config();
    return scene('url' in config ? { database: config.url } : {});
  };

  test('no value of a query or path makes it fail', { timeout: 120_000 }, async () => {
    const s = await open();
    const { devices } = await twoSegments(s);
    const failed: string[] = [];
    let asked = 0;
    for (const [method, path, { parameters = [] }] of operations(s)) {
      if (method !== 'GET' || LEFT_OUT.test(path)) continue;
      const plain = path.slice('/api/v1'.length).replace(/\{\w+\}/g, devices[0]);
      const tries = parameters.flatMap(({ name, in: where, schema }) => {
        const values = [...JUNK, ...(schema.enum ?? [])];
        return values.map((value) => {
          const text = encodeURIComponent(value.toWellFormed());
          if (where === 'query') return `${plain}?${name}=${text}`;
          const filled = path.slice('/api/v1'.length).replace(`{${name}}`, text || '%20');
          return filled.replace(/\{\w+\}/g, NOBODY);
        });
      });
      for (const url of [plain, ...tries]) {
        asked++;
        const { status } = await s.admin.send('GET', url);
        if (status >= 500) failed.push(`${status} ${url}`);
      }
    }
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(2000);
  });

  test('no body makes it fail', { timeout: 120_000 }, async () => {
    const s = await open();
    const { devices } = await twoSegments(s);
    const failed: string[] = [];
    for (const [method, path, { requestBody }] of operations(s)) {
      if (requestBody === undefined || LEFT_OUT.test(path)) continue;
      const schema = requestBody.content['application/json']?.schema ?? {};
      const url = path.slice('/api/v1'.length).replace(/\{\w+\}/g, devices[0]);
      const bodies = [
        ...WRONG,
        ...Object.keys(schema.properties ?? {}).flatMap((name) =>
          WRONG.map((value) => ({ ...sample(schema), [name]: value })),
        ),
      ];
      for (const body of bodies) {
        const json = { 'content-type': 'application/json' };
        const { status } = await s.admin.send(
          ...([method as 'POST', url, JSON.stringify(body), json] as const),
        );
        if (status >= 500) failed.push(`${status} ${method} ${url} ${JSON.stringify(body)}`);
      }
    }
    expect(failed).toEqual([]);
  });

  test('what is sent many times at once under one key is done once', async () => {
    const { admin } = await open();
    const site = { name: 'Home', zone: 'UTC' };
    const key = { 'idempotency-key': 'k' };
    const all = await Promise.all(
      Array.from({ length: 10 }, () => admin.send('POST', '/sites', site, key)),
    );
    const codes = new Set(all.map(({ status, body }) => `${status} ${body.code ?? ''}`));
    expect([...codes].filter((code) => !['201 ', '409 idempotency-busy'].includes(code))).toEqual(
      [],
    );
    const again = await admin.send('POST', '/sites', site, key);
    expect(again).toMatchObject({ status: 201, body: { name: 'Home' } });
    expect((await admin.send('GET', '/sites')).body.items).toHaveLength(1);
  });

  test('every way to sort devices pages through all of them, once', async () => {
    const s = await open();
    const site = (await s.admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' })).body.id;
    await s.system.store.write((tx) =>
      s.system.registry.observe(tx, {
        ...{ actor: { kind: 'system', id: 'test' }, site, audit: null },
        devices: Array.from({ length: 7 }, (_, n) => ({
          ...{ key: `mac:0${n}`, mac: undefined, addresses: [], names: [], name: `d${n % 3}` },
          ...{ firstSeen: n % 2, lastSeen: n % 4, details: null },
        })),
      }),
    );
    for (const sort of ['name', 'type', 'vendor', 'lastSeen', 'firstSeen', 'worst', 'posture'])
      for (const order of ['asc', 'desc']) {
        const seen: string[] = [];
        let cursor = '';
        do {
          const url = `/devices?sort=${sort}&order=${order}&limit=2${cursor}`;
          const { items, next } = (await s.admin.send('GET', url)).body;
          seen.push(...items.map(({ id }: { id: string }) => id));
          cursor = next === null ? '' : `&cursor=${next}`;
        } while (cursor !== '');
        expect(new Set(seen).size, `${sort} ${order}`).toBe(7);
        expect(seen, `${sort} ${order}`).toHaveLength(7);
      }
  });

  test('names are paged and sorted the same on both', async () => {
    const s = await open();
    const names = ['Zürich', 'a b', 'Ab', 'zoo', 'ä', 'A'];
    for (const name of names) await s.admin.send('POST', '/groups', { name, filter: {} });
    const first = (await s.admin.send('GET', '/groups?limit=4')).body;
    const second = (await s.admin.send('GET', `/groups?limit=4&cursor=${first.next}`)).body;
    const seen = [...first.items, ...second.items].map(({ name }: { name: string }) => name);
    // By the bytes of UTF-8.
    expect(seen).toEqual(['A', 'Ab', 'Zürich', 'a b', 'zoo', 'ä']);
  });
});

/** A body that is right in most of its parts. */
function sample(schema: Schema): Record<string, unknown> {
  const entries = Object.entries(schema.properties ?? {});
  return Object.fromEntries(entries.map(([name, part]) => [name, sampleOf(name, part)]));
}

function sampleOf(name: string, part: Schema): unknown {
  if (part.enum) return part.enum[0];
  if (part.items) return [sampleOf(name, part.items)];
  if (part.properties) return sample(part);
  if (part.anyOf) return sampleOf(name, part.anyOf[0]);
  if (name === 'zone') return 'UTC';
  if (name === 'expires') return '2027-01-01';
  return 'because of a reason';
}
