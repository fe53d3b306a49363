import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { scene } from '../testing.ts';

/** A folder with one capture that nobody writes to any more, and one that somebody does. */
function captures(now: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-schedule-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, time] of [
    ['night.pcap', now - 60_000],
    ['now.pcap', now + 3_600_000],
  ] as const) {
    writeFileSync(join(folder, name), name);
    utimesSync(join(folder, name), time / 1000, time / 1000);
  }
  return folder;
}

test('a schedule audits what is new in a folder, once', async () => {
  const folder = captures(Date.UTC(2026, 10, 25, 12));
  const s = await scene({ watch: [{ folder, site: 'Plant', when: 'schedule' }] });
  const { admin, system, clock } = s;
  expect((await admin.send('GET', '/schedules/folders')).body).toEqual([{ folder, site: 'Plant' }]);
  const wanted = {
    ...{ name: 'Each hour', cron: '0 * * * *', zone: 'Europe/London', kind: 'audit-folder' },
    input: { folder },
  };
  const made = await admin.send('POST', '/schedules', wanted);
  expect(made).toMatchObject({
    status: 201,
    body: { enabled: true, next: Date.UTC(2026, 10, 25, 13), lastJob: null },
  });
  const due = async () => {
    clock.time += 3_600_000;
    await system.schedules.runDue();
    await admin.signIn();
  };
  const audits = async () =>
    (await admin.send('GET', '/audits')).body.items.map(
      ({ name, source }: Record<string, string>) => `${name} ${source}`,
    );
  await due();
  system.jobs.start();
  await expect.poll(audits).toEqual(['night.pcap schedule']);
  await system.jobs.idle();
  await due();
  // No capture, as each scan finds out.
  await expect
    .poll(audits, { timeout: 5000 })
    .toEqual(['now.pcap schedule', 'night.pcap schedule']);
  await system.jobs.idle();
  const { body } = await admin.send('GET', `/schedules/${made.body.id}`);
  expect(body).toMatchObject({ next: Date.UTC(2026, 10, 25, 15), lastJob: expect.any(String) });
  expect((await admin.send('GET', '/sites')).body.items).toMatchObject([{ name: 'Plant' }]);
});

test('schedules are changed from the state that was seen, and what cannot be is refused', async () => {
  const folder = captures(0);
  const { admin, member } = await scene({ watch: [{ folder, site: 'P', when: 'schedule' }] });
  const wanted = {
    ...{ name: 'Nightly', cron: '30 2 * * *', zone: 'UTC', kind: 'audit-folder' },
    input: { folder },
  };
  const { body, headers } = await admin.send('POST', '/schedules', wanted);
  const put = (change: object, from?: unknown) =>
    admin.send(
      ...(['PUT', `/schedules/${body.id}`, { ...wanted, ...change }] as const),
      from === undefined ? {} : { 'if-match': String(from) },
    );
  expect((await put({ enabled: false }, headers.etag)).body).toMatchObject({
    ...{ enabled: false, next: null, revision: 2 },
  });
  expect((await put({ enabled: true }, headers.etag)).status).toBe(412);
  expect((await admin.send('GET', `/schedules/${body.id}`)).body.enabled).toBe(false);
  for (const [change, code] of [
    [{ cron: '61 * * * *' }, 'schedule-invalid'],
    [{ zone: 'Mars/Olympus' }, 'schedule-invalid'],
    [{ input: { folder: '/etc' } }, 'folder-unknown'],
    [{ kind: 'shell', input: {} }, 'request-invalid'],
  ] as const)
    expect((await put(change)).body.code, JSON.stringify(change)).toBe(code);
  const analyst = await member('ana', [{ role: 'analyst' }]);
  expect((await analyst.send('POST', '/schedules', wanted)).status).toBe(403);
  const actions = (await admin.send('GET', '/facts?action=schedule.')).body.items.map(
    ({ action }: { action: string }) => action,
  );
  expect(actions).toEqual(['schedule.changed', 'schedule.added']);
  expect((await admin.send('DELETE', `/schedules/${body.id}`)).status).toBe(204);
  expect((await admin.send('GET', '/schedules')).body).toEqual({ items: [], next: null });
});

test('a cancelled scan ends its audit, and its capture is gone', async () => {
  const { admin } = await scene();
  const site = (await admin.send('POST', '/sites', { name: 'Home', zone: 'UTC' })).body.id;
  const upload = { site, name: 'a.pcap', bytes: 3 };
  const { id } = (await admin.send('POST', '/uploads', upload)).body;
  const whole = await admin.send('PATCH', `/uploads/${id}`, Buffer.from('abc'), {
    ...{ 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' },
  });
  const { audit } = whole.body;
  const { job } = (await admin.send('GET', `/audits/${audit}`)).body;
  expect((await admin.send('GET', `/jobs/${job}`)).body).toMatchObject({ state: 'waiting' });
  expect((await admin.send('POST', `/jobs/${job}/cancel`)).status).toBe(204);
  expect((await admin.send('GET', `/jobs/${job}`)).body.state).toBe('cancelled');
  expect((await admin.send('GET', `/audits/${audit}`)).body).toMatchObject({
    ...{ state: 'cancelled', captureKept: false, error: { code: 'audit-cancelled' } },
  });
  const { items } = (await admin.send('GET', '/jobs?state=cancelled&limit=1')).body;
  expect(items).toMatchObject([{ id: job, kind: 'scan' }]);
});
