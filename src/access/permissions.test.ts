import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { authorise, type Caller, consoleCaller, decide, type Target, visible } from './caller.ts';
import {
  type Grant,
  isApproverGrant,
  type Permission,
  permissionNames,
  permissionRow,
  permissionsPage,
  type Role,
  roles,
} from './permissions.ts';

const NOW = 1_800_000_000_000;
const moment = { now: NOW, freshMs: 600_000 };

function session(grants: readonly Grant[], { aal = 2, verifiedAt = NOW } = {}): Caller {
  const session = { id: 's', method: 'passkey', aal, verifiedAt };
  return { kind: 'person', id: 'ann', name: 'Ann', via: 'session', grants, session };
}
function token(
  grants: readonly Grant[],
  scopes: readonly Permission[],
  segments?: readonly string[],
): Caller {
  const token = { id: 't', scopes, segments };
  return { kind: 'person', id: 'ann', name: 'Ann', via: 'token', grants, token };
}
const inSegment = (role: Role, segment?: string): Grant => ({ role, segment });
const ask = (caller: Caller, permission: Permission, target: Target = {}) =>
  decide(caller, permission, target, moment);

describe('every permission × every role', () => {
  for (const permission of permissionNames)
    for (const role of roles)
      test(`${permission} × ${role}`, () => {
        const row = permissionRow(permission);
        const has = row.roles.includes(role);
        const granted = row.twoPeople ? 'approval' : 'allowed';
        const everywhere = session([inSegment(role)]);
        const here = session([inSegment(role, 'plant')]);
        expect(ask(everywhere, permission)).toBe(has ? granted : 'denied');
        expect(ask(everywhere, permission, { segment: 'plant' })).toBe(has ? granted : 'denied');
        const near = has && row.reach !== 'organisation' ? granted : 'denied';
        const far = has && (row.reach === 'any' || row.reach === 'self') ? granted : 'denied';
        expect(ask(here, permission, { segment: 'plant' })).toBe(near);
        expect(ask(here, permission, { segment: 'office' })).toBe(far);
        expect(ask(here, permission)).toBe(far);
        const own = has || row.own?.includes(role) ? granted : 'denied';
        expect(ask(everywhere, permission, { owner: 'ann' })).toBe(own);
        expect(ask(everywhere, permission, { owner: 'bob' })).toBe(has ? granted : 'denied');
      });
});

test('somebody without a role has nothing but their own account', () => {
  const allowed = permissionNames.filter((permission) => ask(session([]), permission) !== 'denied');
  expect(allowed).toEqual(['account.read', 'account.change']);
});

test('an unknown permission is denied, whatever its name', () => {
  for (const name of ['devices.destroy', 'toString', '__proto__', 'constructor', ''])
    expect(ask(session([inSegment('administrator')]), name as Permission)).toBe('denied');
});

test('an auditor changes nothing, and a member sees only their own', () => {
  const changing = permissionNames.filter((name) => permissionRow(name).roles.includes('auditor'));
  expect(changing.filter((name) => !/\.read$|^tokens\.make$|^account/.test(name))).toEqual([]);
  const members = permissionNames.filter((name) => permissionRow(name).roles.includes('member'));
  expect(members).toEqual(['account.read', 'account.change']);
});

describe('step-up', () => {
  const administrator = [inSegment('administrator')];
  const stale = [
    { aal: 1, verifiedAt: NOW },
    { aal: 2, verifiedAt: NOW - 600_001 },
    { aal: 2, verifiedAt: 0 },
    // A clock that went back makes nothing fresh.
    { aal: 2, verifiedAt: NOW + 1 },
  ];
  test.each(stale)('is asked for after %o', (proof) => {
    const caller = session(administrator, proof);
    expect(ask(caller, 'roles.change')).toBe('step-up');
    expect(ask(caller, 'devices.manage')).toBe('allowed');
    expect(() => authorise(caller, 'roles.change', {}, moment)).toThrow(
      expect.objectContaining({ code: 'step-up-required' }),
    );
  });
  test('is no hint for those who may not anyway', () => {
    const viewer = session([inSegment('viewer')], { aal: 1 });
    expect(ask(viewer, 'roles.change')).toBe('denied');
  });
});

describe('tokens', () => {
  const administrator = [inSegment('administrator')];
  test('have what they were made for, as long as their person has it', () => {
    const made = token(administrator, ['devices.read']);
    expect(ask(made, 'devices.read')).toBe('allowed');
    expect(ask(made, 'devices.manage')).toBe('denied');
    expect(ask(token([inSegment('member')], ['devices.manage']), 'devices.manage')).toBe('denied');
  });
  test('never do what needs step-up or two people, nor touch the account', () => {
    for (const permission of permissionNames) {
      const { stepUp, twoPeople, reach } = permissionRow(permission);
      if (!stepUp && !twoPeople && reach !== 'self') continue;
      expect(ask(token(administrator, [permission]), permission), permission).toBe('denied');
    }
  });
  test('limited to segments reach no further', () => {
    const made = token(administrator, ['devices.read', 'facts.read'], ['plant']);
    expect(ask(made, 'devices.read', { segment: 'plant' })).toBe('allowed');
    expect(ask(made, 'devices.read', { segment: 'office' })).toBe('denied');
    expect(ask(made, 'devices.read')).toBe('denied');
    expect(ask(made, 'facts.read')).toBe('denied');
  });
});

test('lists show what single questions allow', () => {
  const seen = (caller: Caller) => visible(caller, 'devices.read');
  expect(seen(session([inSegment('viewer')]))).toEqual({
    everywhere: true,
    segments: [],
    own: false,
  });
  expect(
    seen(session([inSegment('viewer', 'a'), inSegment('operator', 'b'), inSegment('member')])),
  ).toEqual({ everywhere: false, segments: ['a', 'b'], own: true });
  expect(seen(token([inSegment('viewer')], ['devices.read'], ['a']))).toEqual({
    everywhere: false,
    segments: ['a'],
    own: false,
  });
  expect(seen(token([inSegment('viewer', 'b')], ['devices.read'], ['a', 'b'])).segments).toEqual([
    'b',
  ]);
  expect(seen(token([inSegment('viewer')], [])).everywhere).toBe(false);
  expect(seen(session([]))).toEqual({ everywhere: false, segments: [], own: false });
});

test('roles that may agree as a second person are those of two-person permissions', () => {
  const approvers = (segment?: string) =>
    roles.filter((role) => isApproverGrant(inSegment(role, segment)));
  expect(approvers()).toEqual(['administrator']);
  expect(approvers('plant')).toEqual([]);
});

test('the console acts as administrator, and needs a second person too', () => {
  const owner = consoleCaller('root');
  expect(ask(owner, 'roles.change')).toBe('allowed');
  expect(ask(owner, 'people.erase')).toBe('approval');
  expect(ask(owner, 'account.change')).toBe('denied');
});

test('docs/permissions.md is the table', () => {
  const page = readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8');
  expect(page.endsWith(permissionsPage()), 'run: node scripts/permissions-doc.ts').toBe(true);
});
