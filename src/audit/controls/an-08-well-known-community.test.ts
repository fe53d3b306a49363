import { describe, expect, it } from 'vitest';
import { type Saw, scene, secret } from '../testing.ts';
import { wellKnownCommunity } from './an-08-well-known-community.ts';

function asked(...exchanges: Saw<'snmp'>[]) {
  const home = scene();
  const printer = home.device('192.168.1.20');
  const manager = home.device('192.168.1.5');
  for (const exchange of exchanges) home.saw('snmp', manager, printer, exchange);
  return {
    printer: home.judge(wellKnownCommunity, printer),
    manager: home.judge(wellKnownCommunity, manager),
  };
}
const publicly = { community: secret('public'), wellKnown: 'public' } as const;

describe('AN-08 fails for', () => {
  it('an agent that answers to public, and not for who asks', () => {
    const { printer, manager } = asked({ ...publicly, version: 1 });
    expect(printer).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { version: '1', community: 'public', manager: '192.168.1.5' } }],
    });
    expect(printer).not.toHaveProperty('severity');
    expect(manager.verdict).toBe('not_seen');
  });

  it('an agent that is written to under private, graver', () => {
    const write = { wellKnown: 'private', operation: 'write' } as const;
    expect(asked(write).printer).toMatchObject({ verdict: 'fail', severity: 'critical' });
  });

  it('a manager of an agent that nobody here could have set up', () => {
    const home = scene();
    const gateway = home.device('192.168.1.1');
    home.saw('snmp', gateway, home.party('198.51.100.7'), publicly);
    expect(home.judge(wellKnownCommunity, gateway)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { agent: '198.51.100.7' } }],
    });
  });
});

describe('AN-08 does not fail for', () => {
  it('a scan without an answer', () => {
    expect(asked({ ...publicly, outcome: 'unanswered' }).printer).toMatchObject({
      verdict: 'not_seen',
      why: expect.stringContaining('did not answer'),
    });
  });

  it('a refusal of access', () => {
    expect(asked({ ...publicly, outcome: 'refused' }).printer.verdict).toBe('not_seen');
  });

  it('a trap under public, which asks nobody for anything', () => {
    expect(asked({ ...publicly, operation: 'notify' }).printer.verdict).toBe('not_seen');
  });

  it('a community of its own, nor version 3', () => {
    expect(asked({ community: secret('x7Kq'), count: 4 }).printer).toEqual({
      verdict: 'pass',
      judged: 4,
    });
    expect(asked({ version: 3, user: 'bob', security: 'authPriv' }).printer.verdict).toBe('pass');
  });
});
