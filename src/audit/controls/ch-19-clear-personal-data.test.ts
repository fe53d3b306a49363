import { describe, expect, test } from 'vitest';
import { scene } from '../testing.ts';
import { clearPersonalData } from './ch-19-clear-personal-data.ts';

function home() {
  const net = scene();
  return { net, tracker: net.device('192.168.1.30'), server: net.party('203.0.113.9') };
}

describe('CH-19 personal data in clear', () => {
  test('an e-mail address sent to the internet fails, shown as a hash', () => {
    const { net, tracker, server } = home();
    net.saw('http', tracker, server, { method: 'POST' });
    net.saw('personal_data', tracker, server, {});
    const judged = net.judge(clearPersonalData, tracker);
    expect(judged).toMatchObject({
      verdict: 'fail',
      evidence: [
        { fields: { data: 'e-mail address', value: expect.stringMatching(/^hmac-sha256:/) } },
      ],
    });
    expect(JSON.stringify(judged)).not.toContain('someone@');
  });

  test('clear messages without any pass, and silence is not seen', () => {
    const { net, tracker, server } = home();
    expect(net.judge(clearPersonalData, tracker).verdict).toBe('not_seen');
    net.saw('mqtt', tracker, server, {});
    expect(net.judge(clearPersonalData, tracker)).toEqual({ verdict: 'pass', judged: 1 });
  });

  test('what others sent is not the device’s', () => {
    const { net, tracker, server } = home();
    net.saw('personal_data', net.party('192.168.1.99'), server, {});
    expect(net.judge(clearPersonalData, tracker).verdict).toBe('not_seen');
  });
});
