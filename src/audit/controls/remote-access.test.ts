/** AN-06, CH-18, SG-08, SG-10, SG-14: each trap of theirs. */
import { describe, expect, it } from 'vitest';
import type { Device } from '../../fleet/index.ts';
import { type Saw, scene } from '../testing.ts';
import { openRtsp } from './an-06-open-rtsp.ts';
import { clearMedia } from './ch-18-clear-media.ts';
import { remoteAdministration } from './sg-08-remote-administration.ts';
import { reflector } from './sg-10-reflector.ts';
import { wayPastTheGateway } from './sg-14-way-past-the-gateway.ts';

const CLOUD = '198.51.100.7';

describe('AN-06: streams without sign-in', () => {
  const judge = (...exchanges: Saw<'rtsp'>[]) => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    for (const fields of exchanges) home.saw('rtsp', home.party('192.168.1.9'), camera, fields);
    return home.judge(openRtsp, camera);
  };

  it('fails where a stream is described or set up for anybody', () => {
    expect(judge({ method: 'DESCRIBE', status: 200, media: ['video RTP/AVP H264'] })).toMatchObject(
      {
        verdict: 'fail',
        evidence: [{ fields: { method: 'DESCRIBE', status: 200, media: 'video RTP/AVP H264' } }],
      },
    );
    expect(judge({ method: 'SETUP', status: 200 })).toMatchObject({ verdict: 'fail' });
  });

  it('passes where a sign-in is asked for', () => {
    expect(judge({ status: 401 }, { status: 200, authorization: 'digest' })).toEqual({
      verdict: 'pass',
      judged: 2,
    });
  });

  it('says nothing where the address may be the key, or the beginning is missing', () => {
    expect(judge({ status: 200, credentialInUrl: true })).toMatchObject({ verdict: 'not_visible' });
    expect(judge({ status: 200, midstream: true })).toMatchObject({ verdict: 'not_visible' });
    expect(judge({ status: undefined })).toMatchObject({ verdict: 'not_visible' });
  });

  it('sees nothing in OPTIONS, in what is not there, and in being the one who asks', () => {
    expect(judge({ method: 'OPTIONS', status: 200 })).toMatchObject({ verdict: 'not_seen' });
    expect(judge({ status: 404 })).toMatchObject({ verdict: 'not_seen' });
    const home = scene();
    const recorder = home.device('192.168.1.21');
    home.saw('rtsp', recorder, home.device('192.168.1.20'), { status: 200 });
    expect(home.judge(openRtsp, recorder)).toMatchObject({ verdict: 'not_seen' });
  });

  it('is milder where only the description is given away', () => {
    expect(
      judge({ method: 'DESCRIBE', status: 200 }, { method: 'SETUP', status: 401 }),
    ).toMatchObject({
      verdict: 'fail',
      severity: 'medium',
    });
  });
});

describe('CH-18: media in clear', () => {
  const judge = (receiver: string, fields: Saw<'media_stream'>) => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    home.saw('media_stream', camera, home.party(receiver), fields);
    return home.judge(clearMedia, camera);
  };

  it('fails for plain RTP to the internet, and milder to another segment', () => {
    expect(judge(CLOUD, { protection: 'clear' })).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { profile: 'RTP/AVP' } }],
    });
    expect(judge(CLOUD, { protection: 'clear' })).not.toHaveProperty('severity');
    expect(judge('192.168.2.9', { protection: 'clear' })).toMatchObject({
      verdict: 'fail',
      severity: 'medium',
    });
  });

  it('is satisfied in the segment, and by SRTP', () => {
    expect(judge('192.168.1.9', { protection: 'clear' })).toMatchObject({ verdict: 'not_seen' });
    expect(judge(CLOUD, { protection: 'encrypted', profile: 'RTP/SAVP' })).toEqual({
      verdict: 'pass',
      judged: 1,
    });
  });

  it('does not guess where no signalling was seen, and counts no attempts', () => {
    expect(judge(CLOUD, { protection: 'unknown', profile: undefined })).toMatchObject({
      verdict: 'not_visible',
    });
    expect(judge(CLOUD, { protection: 'clear', packetsSeen: 2 })).toMatchObject({
      verdict: 'not_seen',
    });
  });

  it('is not the receiver’s doing', () => {
    const home = scene();
    const recorder = home.device('192.168.1.21');
    home.saw('media_stream', home.party(CLOUD), recorder, { protection: 'clear' });
    expect(home.judge(clearMedia, recorder)).toMatchObject({ verdict: 'not_seen' });
  });
});

describe('SG-08: remote administration', () => {
  const judge = (fields: Saw<'administration'>, overrides: Partial<Device> = {}) => {
    const home = scene();
    const box = home.device('192.168.1.30', overrides);
    home.saw('administration', home.party('192.168.1.66'), box, fields);
    return home.judge(remoteAdministration, box);
  };

  it.each(['adb', 'rfb', 'rdp', 'smb', 'docker', 'gdb', 'rlogin', 'rsh', 'cwmp'] as const)(
    '%s that lets anybody in is critical',
    (protocol) => {
      const judged = judge({
        protocol,
        access: 'granted',
        anonymous: true,
        security: 'none',
        target: 'x',
      });
      expect(judged).toMatchObject({
        verdict: 'fail',
        evidence: [{ fields: { protocol, access: 'granted' } }],
      });
      expect(judged).not.toHaveProperty('severity');
    },
  );

  it('guarded services are high, and a trade of computers', () => {
    const guarded = { protocol: 'rdp', security: 'nla', access: 'unknown' } as const;
    expect(judge(guarded)).toMatchObject({ verdict: 'fail', severity: 'high' });
    expect(judge(guarded, { type: 'computer' })).toMatchObject({ verdict: 'pass' });
    expect(
      judge({ protocol: 'smb', version: '3.1.1', access: 'granted' }, { type: 'nas' }),
    ).toMatchObject({ verdict: 'pass' });
    expect(
      judge({ protocol: 'smb', version: 'NT LM 0.12', access: 'granted' }, { type: 'nas' }),
    ).toMatchObject({ verdict: 'fail' });
    expect(
      judge({ protocol: 'smb', access: 'granted', anonymous: true, target: 'a' }, { type: 'nas' }),
    ).toMatchObject({ verdict: 'fail' });
    expect(
      judge({ protocol: 'adb', security: 'adb_key', access: 'granted' }, { type: 'computer' }),
    ).toMatchObject({ verdict: 'fail' });
  });

  it('a null session opens nothing by itself', () => {
    const fields = {
      protocol: 'smb',
      access: 'granted',
      anonymous: true,
      version: '3.1.1',
    } as const;
    expect(judge({ ...fields, target: 'IPC$' }, { type: 'nas' })).toMatchObject({
      verdict: 'pass',
    });
    expect(judge({ ...fields, target: 'IPC$, public' }, { type: 'nas' })).toMatchObject({
      verdict: 'fail',
    });
  });

  it('an attempt that nobody answers is not the device’s failure', () => {
    expect(judge({ protocol: 'adb', answered: false })).toMatchObject({
      verdict: 'not_seen',
      why: 'asked in vain',
    });
  });

  it('nor is administering others', () => {
    const home = scene();
    const laptop = home.device('192.168.1.40');
    home.saw('administration', laptop, home.device('192.168.1.30'), { anonymous: true });
    expect(home.judge(remoteAdministration, laptop)).toMatchObject({ verdict: 'not_seen' });
  });

  it('TR-069 may call back from the server that the device calls', () => {
    const call = (
      before: (
        home: ReturnType<typeof scene>,
        box: ReturnType<ReturnType<typeof scene>['device']>,
        acs: ReturnType<ReturnType<typeof scene>['party']>,
      ) => void,
    ) => {
      const home = scene();
      const box = home.device('192.168.1.1');
      const acs = home.party(CLOUD);
      before(home, box, acs);
      home.saw('administration', acs, box, {
        protocol: 'cwmp',
        security: 'digest',
        access: 'refused',
      });
      return home.judge(remoteAdministration, box);
    };
    expect(call(() => {})).toMatchObject({ verdict: 'fail', severity: 'high' });
    expect(
      call((home, box, acs) =>
        home.saw('administration', acs, box, { protocol: 'cwmp', target: 'inform' }),
      ),
    ).toMatchObject({ verdict: 'pass' });
    expect(
      call((home, box, acs) => home.saw('connection', box, acs, { serverPort: 443 })),
    ).toMatchObject({ verdict: 'pass' });
  });
});

describe('SG-10: answers to strangers', () => {
  it.each([
    ['ntp', { mode: 6, answered: true }, { mode: 6, answered: false }],
    ['ntp', { mode: 7, answered: true }, { mode: 3, answered: true }],
    ['dns', { rcode: 0, carrier: 'udp' }, { rcode: undefined }],
    ['dns', { rcode: 0 }, { rcode: 5 }],
    ['dns', { rcode: 0 }, { rcode: 0, carrier: 'tcp' }],
    ['coap', { response: '2.05' }, { response: undefined }],
    [
      'snmp',
      { operation: 'read', outcome: 'accepted' },
      { operation: 'read', outcome: 'unanswered' },
    ],
  ] as const)('%s: %o counts, %o does not', (kind, answered, harmless) => {
    const judge = (fields: object, asker: string) => {
      const home = scene();
      const box = home.device('192.168.1.30');
      home.saw(kind, home.party(asker), box, { carrier: 'udp', ...fields } as never);
      return home.judge(reflector, box);
    };
    expect(judge(answered, CLOUD)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol: kind, asker: CLOUD } }],
    });
    expect(judge(answered, '192.168.1.9')).toMatchObject({ verdict: 'not_seen' });
    expect(judge(harmless, CLOUD).verdict).not.toBe('fail');
  });

  it('counts answers of SSDP, and no announcements', () => {
    const judge = (answer: boolean) => {
      const home = scene();
      const box = home.device('192.168.1.30');
      home.saw('announcement', box, home.party(CLOUD), { protocol: 'ssdp', answer, count: 40 });
      return home.judge(reflector, box);
    };
    expect(judge(true)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol: 'ssdp', answers: 40 } }],
    });
    expect(judge(false)).toMatchObject({ verdict: 'not_seen' });
  });

  it('passes where strangers are not answered', () => {
    const home = scene();
    const box = home.device('192.168.1.30');
    home.saw('ntp', home.party(CLOUD), box, { mode: 6, answered: false });
    expect(home.judge(reflector, box)).toEqual({ verdict: 'pass', judged: 1 });
  });
});

describe('SG-14: ways past the gateway', () => {
  type Scene = ReturnType<typeof scene>;
  type Own = ReturnType<Scene['device']>;
  const judge = (see: (home: Scene, own: Own) => void, overrides: Partial<Device> = {}) => {
    const home = scene();
    const own = home.device('192.168.1.20', overrides);
    see(home, own);
    return home.judge(wayPastTheGateway, own);
  };
  const relay = (home: Scene, own: Own, fields: Saw<'stun'> = {}) =>
    home.saw('stun', own, home.party(CLOUD), {
      method: 'allocate',
      relayedAddress: '203.0.113.5:4000',
      ...fields,
    });

  it('fails for a relay that was granted, and for a tunnel that stands', () => {
    expect(judge((home, own) => relay(home, own))).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol: 'turn' } }],
    });
    for (const protocol of ['wireguard', 'openvpn', 'esp', 'gre'])
      expect(
        judge((home, own) => home.saw('tunnel', home.party(CLOUD), own, { protocol })),
      ).toMatchObject({
        verdict: 'fail',
        evidence: [{ fields: { protocol } }],
      });
    const chosen = {
      encryption: 'AES',
      keyBits: 256,
      integrity: undefined,
      prf: undefined,
      group: undefined,
      authentication: undefined,
    };
    expect(judge((home, own) => home.saw('ike', own, home.party(CLOUD), { chosen }))).toMatchObject(
      { verdict: 'fail' },
    );
  });

  it('not for asking in vain, nor for learning its own address', () => {
    expect(
      judge((home, own) => relay(home, own, { outcome: 'refused', errorCode: 401 })),
    ).toMatchObject({ verdict: 'pass' });
    expect(judge((home, own) => home.saw('stun', own, home.party(CLOUD)))).toMatchObject({
      verdict: 'pass',
    });
    expect(
      judge((home, own) => home.saw('tunnel', own, home.party(CLOUD), { established: false })),
    ).toMatchObject({ verdict: 'not_seen' });
    expect(judge((home, own) => home.saw('tunnel', own, home.party('192.168.1.1')))).toMatchObject({
      verdict: 'not_seen',
    });
  });

  it('not for people’s tools and gateways', () => {
    expect(
      judge((home, own) => home.saw('tunnel', own, home.party(CLOUD)), { type: 'phone' }),
    ).toMatchObject({ verdict: 'not_seen' });
    expect(
      judge((home, own) => home.saw('tunnel', own, home.party(CLOUD)), { roles: ['gateway'] }),
    ).toMatchObject({ verdict: 'not_seen' });
  });

  it('is milder where an intercom talks over WebRTC', () => {
    const talk = (home: Scene, own: Own): void => {
      relay(home, own);
      home.saw('stun', own, home.party('203.0.113.77'), { use: 'ice' });
    };
    expect(judge(talk, { type: 'doorbell' })).toMatchObject({ verdict: 'fail', severity: 'low' });
    expect(judge(talk, { type: 'thermostat' })).not.toHaveProperty('severity');
    expect(judge((home, own) => relay(home, own), { type: 'camera' })).not.toHaveProperty(
      'severity',
    );
  });
});
