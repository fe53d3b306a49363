import { describe, expect, it } from 'vitest';
import { scene } from '../testing.ts';
import { publicSession } from './sg-06-public-session.ts';

describe('SG-06', () => {
  it('fails for a session from a public address that carried payload both ways', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    home.saw('connection', home.party('203.0.113.9'), camera, { serverPort: 80 });
    expect(home.judge(publicSession, camera)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { from: '203.0.113.9', port: 80 } }],
    });
  });

  it('fails over IPv6 too', () => {
    const home = scene();
    const camera = home.device('2001:db8::20', { addresses: ['fe80::20', '2001:db8::20'] });
    home.saw('connection', home.party('2600::9'), camera, { serverPort: 80 });
    expect(home.judge(publicSession, camera)).toMatchObject({ verdict: 'fail' });
  });

  it('says not visible when the capture begins in the middle: the direction may be inverted', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    home.saw('connection', home.party('203.0.113.9'), camera, { openingSeen: false });
    expect(home.judge(publicSession, camera)).toMatchObject({ verdict: 'not_visible' });
  });

  it('does not take a lone SYN flag amid a session for its opening', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    home.saw('connection', home.party('203.0.113.9'), camera, { established: 0, answered: 1 });
    expect(home.judge(publicSession, camera)).toMatchObject({ verdict: 'not_visible' });
  });

  it('passes a device that answers no knock from outside', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    const knock = { flows: 5, established: 0, answered: 0 };
    home.saw('connection', home.party('203.0.113.9'), camera, knock);
    expect(home.judge(publicSession, camera)).toEqual({ verdict: 'pass', judged: 5 });
  });

  it('does not count what the device opened itself, nor neighbours, nor datagrams', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    home.saw('connection', camera, home.party('203.0.113.9'), { serverPort: 443 });
    home.saw('connection', home.device('192.168.1.3'), camera, { serverPort: 80 });
    home.saw('connection', home.party('203.0.113.9'), camera, { carrier: 'udp' });
    expect(home.judge(publicSession, camera)).toMatchObject({ verdict: 'not_seen' });
  });

  it('does not count the data connection of active FTP', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    const server = home.party('203.0.113.9');
    home.saw('connection', camera, server, { serverPort: 21, protocol: 'ftp' });
    home.saw('connection', server, camera, { clientPort: 20, serverPort: 40_001 });
    expect(home.judge(publicSession, camera)).toMatchObject({ verdict: 'not_seen' });
  });

  it('cannot tell outside from inside where the device has public addresses only', () => {
    const home = scene();
    const server = home.device('198.51.100.7', { mac: undefined });
    home.saw('connection', home.party('203.0.113.9'), server, { serverPort: 1883 });
    expect(home.judge(publicSession, server)).toMatchObject({ verdict: 'not_visible' });
  });
});
