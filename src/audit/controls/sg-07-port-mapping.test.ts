import { describe, expect, it } from 'vitest';
import { type Saw, scene } from '../testing.ts';
import { portMapping } from './sg-07-port-mapping.ts';

function withMapping(mapping: Saw<'port_mapping'>) {
  const home = scene({ duration_s: 7200 });
  const camera = home.device('192.168.1.20');
  const router = home.device('192.168.1.1', { roles: ['gateway'] });
  home.saw('port_mapping', camera, router, mapping);
  return { judge: () => home.judge(portMapping, camera), router: home.judge(portMapping, router) };
}

describe('SG-07', () => {
  it('fails for a mapping that was granted, and not for the gateway that granted it', () => {
    const { judge, router } = withMapping({ outcome: 'granted', lease_s: 0 });
    expect(judge()).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { external_port: 8080 } }],
    });
    expect(judge()).not.toHaveProperty('severity');
    expect(router).toMatchObject({ verdict: 'not_seen' });
  });

  it.each([
    ['refused', { outcome: 'refused' as const }],
    ['not answered in view', { outcome: 'unknown' as const }],
    ['granted, with a lease that ran out', { outcome: 'granted' as const, lease_s: 600 }],
  ])('is low when the mapping was %s', (_what, mapping) => {
    expect(withMapping(mapping).judge()).toMatchObject({ verdict: 'fail', severity: 'low' });
  });

  it('stays high while the lease runs beyond the capture', () => {
    expect(withMapping({ outcome: 'granted', lease_s: 86_400 }).judge()).not.toHaveProperty(
      'severity',
    );
  });
});
