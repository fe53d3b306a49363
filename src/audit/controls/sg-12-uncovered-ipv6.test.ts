import { describe, expect, it } from 'vitest';
import { type Saw, scene } from '../testing.ts';
import { uncoveredIpv6 } from './sg-12-uncovered-ipv6.ts';

function withPeer(
  address: string,
  policy: string,
  connection: Saw<'connection'> = {},
  own = '2001:db8::20',
) {
  const home = scene();
  const camera = home.device(own, { addresses: ['fe80::20', own] });
  home.saw('connection', camera, home.party(address), connection);
  return home.judge(uncoveredIpv6, camera, { policy });
}

describe('SG-12', () => {
  it('fails for answered global IPv6 where the policy is for IPv4 only', () => {
    expect(withPeer('2600::1', 'ipv4-only')).toMatchObject({ verdict: 'fail' });
  });

  it('fails by segment', () => {
    const home = scene();
    const camera = home.device('2001:db8::20', { segment: 'cameras' });
    home.saw('connection', camera, home.party('2600::1'));
    expect(home.judge(uncoveredIpv6, camera, { ipv4OnlySegments: ['cameras'] })).toMatchObject({
      verdict: 'fail',
    });
  });

  it('cannot be judged where nobody says what the policy covers', () => {
    expect(withPeer('2600::1', 'unknown')).toMatchObject({ verdict: 'not_visible' });
  });

  it('passes where the policy covers both', () => {
    expect(withPeer('2600::1', 'dual-stack')).toMatchObject({ verdict: 'pass' });
  });

  it.each([
    ['link-local', 'fe80::1', '2001:db8::20', {}],
    ['unique local', 'fd00::1', 'fd00::20', {}],
    ['IPv4', '198.51.100.7', '192.168.1.20', {}],
    ['multicast', 'ff02::fb', '2001:db8::20', {}],
    ['unanswered', '2600::1', '2001:db8::20', { established: 0, answered: 0 }],
  ])('does not see it in %s traffic', (_what, address, own, connection) => {
    expect(withPeer(address, 'ipv4-only', connection, own)).toMatchObject({ verdict: 'not_seen' });
  });
});
