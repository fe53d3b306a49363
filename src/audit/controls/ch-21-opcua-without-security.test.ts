import { describe, expect, it } from 'vitest';
import { scene } from '../testing.ts';
import { opcuaWithoutSecurity } from './ch-21-opcua-without-security.ts';

function plant() {
  const network = scene();
  const press = network.device('192.168.10.4');
  const hmi = network.device('192.168.10.9');
  return {
    ...network,
    press,
    hmi,
    judge: (device: typeof press = press) => network.judge(opcuaWithoutSecurity, device),
  };
}
const none = { securityPolicy: 'None', securityMode: 'none' } as const;

describe('CH-21', () => {
  it('fails both sides of a session without policy', () => {
    const { saw, press, hmi, judge } = plant();
    saw('opcua', hmi, press, { ...none, session: 'activated', userToken: 'anonymous' });
    for (const device of [press, hmi]) {
      expect(judge(device)).toMatchObject({
        verdict: 'fail',
        evidence: [{ fields: { security_policy: 'None', user_token: 'anonymous' } }],
      });
    }
  });

  it('is critical where a password crossed in clear', () => {
    const { saw, press, hmi, judge } = plant();
    saw('opcua', hmi, press, { ...none, session: 'activated', passwordInClear: true });
    expect(judge()).toMatchObject({ verdict: 'fail', severity: 'critical' });
  });

  it('does not fail for GetEndpoints, which always uses None', () => {
    const { saw, press, hmi, judge } = plant();
    saw('opcua', hmi, press, { ...none, use: 'discovery' });
    expect(judge()).toMatchObject({ verdict: 'not_seen', why: 'Only discovery was seen.' });
    saw('opcua', hmi, press, {});
    expect(judge()).toMatchObject({ verdict: 'pass', judged: 1 });
  });

  it('does not fail a server for a session that it refused, but the client that asked', () => {
    const { saw, press, hmi, judge } = plant();
    saw('opcua', hmi, press, { ...none, session: 'refused' });
    expect(judge()).toMatchObject({ verdict: 'pass' });
    expect(judge(hmi)).toMatchObject({ verdict: 'fail' });
  });

  it('says so where the opening of the channel was not in view', () => {
    const { saw, press, hmi, judge } = plant();
    saw('opcua', hmi, press, { securityPolicy: undefined, securityMode: undefined });
    expect(judge()).toMatchObject({ verdict: 'not_visible' });
  });

  it('sees nothing where no OPC UA is spoken', () => {
    const { judge } = plant();
    expect(judge()).toMatchObject({ verdict: 'not_seen' });
  });
});
