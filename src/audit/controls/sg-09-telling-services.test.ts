import { describe, expect, it } from 'vitest';
import { scene } from '../testing.ts';
import { tellingServices } from './sg-09-telling-services.ts';

const description = (serialNumber: string | undefined) => ({
  deviceType: 'urn:schemas-upnp-org:device:Basic:1',
  friendlyName: 'Bridge',
  manufacturer: 'Maker',
  modelName: 'Bridge 2012',
  modelNumber: '929000226503',
  serialNumber,
});

function home() {
  const network = scene();
  const bridge = network.device('192.168.1.2');
  const phone = network.device('192.168.1.9');
  const group = network.party('239.255.255.250');
  return { network, bridge, phone, group, judge: () => network.judge(tellingServices, bridge) };
}

describe('SG-09 fails when the device tells', () => {
  it('its version in the SSDP SERVER header', () => {
    const { network, bridge, group, judge } = home();
    network.saw('announcement', bridge, group, {
      fields: { SERVER: 'Linux/3.14.0 UPnP/1.0 IpBridge/1.16.0' },
    });
    expect(judge()).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { server: 'Linux/3.14.0 UPnP/1.0 IpBridge/1.16.0' } }],
    });
  });

  it('its firmware in an mDNS TXT pair', () => {
    const { network, bridge, judge } = home();
    network.saw('announcement', bridge, network.party('224.0.0.251'), {
      protocol: 'mdns',
      service: '_http._tcp.local',
      fields: { fw: '2.1.7', md: 'Bridge' },
    });
    expect(judge()).toMatchObject({ verdict: 'fail', evidence: [{ fields: { fw: '2.1.7' } }] });
  });

  it('its serial number in a UPnP description, without the number itself in the finding', () => {
    const { network, bridge, phone, judge } = home();
    network.saw('http', phone, bridge, { upnpDescription: description('001788102201') });
    expect(judge()).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { serial_number: 'given' } }],
    });
    expect(JSON.stringify(judge())).not.toContain('001788102201');
  });

  it('its version in its maker’s own protocol', () => {
    const { network, bridge, phone, judge } = home();
    const said = { protocol: 'kasa', model: 'HS110(EU)', version: '1.5.4 Build 180815' };
    network.saw('identification', phone, bridge, { ...said, serial: '8006000000000001' });
    expect(judge()).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { version: '1.5.4 Build 180815', serial_number: 'given' } }],
    });
  });

  it.each([
    ['http', { product: 'lighttpd/1.4.35' }],
    ['ssh', { serverBanner: 'SSH-2.0-dropbear_2012.55' }],
    ['ssh', { serverBanner: 'SSH-2.0-OpenSSH_7.4p1 Debian-10' }],
    ['ftp', { banner: '220 (vsFTPd 2.3.5)' }],
    ['mail', { banner: 'mx ESMTP Exim 4.96' }],
    ['sip', { product: 'Asterisk/18.2.1' }],
  ] as const)('its version in a %s greeting', (kind, fields) => {
    const { network, bridge, phone, judge } = home();
    network.saw(kind, phone, bridge, fields as never);
    expect(judge()).toMatchObject({ verdict: 'fail' });
  });
});

describe('SG-09 and SNMP', () => {
  const said = {
    protocol: 'snmp',
    more: { sysDescr: 'Linux printer 3.4.35 #1 SMP armv7l' },
    serial: 'VNC3J04512',
  };
  it.each([
    ['fails under a community that everybody knows', 'public', 'fail'],
    ['does not judge what is told to whoever knows another', undefined, 'not_seen'],
  ] as const)('%s', (_what, wellKnown, verdict) => {
    const { network, bridge, phone, judge } = home();
    network.saw('snmp', phone, bridge, { wellKnown });
    network.saw('identification', phone, bridge, said);
    expect(judge()).toMatchObject({ verdict });
    if (verdict === 'fail')
      expect(judge()).toMatchObject({
        evidence: [{ fields: { product: said.more.sysDescr, serial_number: 'given' } }],
      });
  });
});

describe('SG-09 passes what tells nothing', () => {
  it.each([
    ['the version of a protocol', { SERVER: 'Unspecified, UPnP/1.0, Unspecified' }],
    ['a version that was never counted on', { SERVER: 'Linux, UPnP/1.0 DCS-935L/1.0' }],
    ['a model alone', { SERVER: 'Linux UPnP/1.1 Bridge/2' }],
    ['a protocol version in TXT', { pv: '1.0', txtvers: '1', md: 'Bridge' }],
  ])('%s', (_what, fields) => {
    const { network, bridge, group, judge } = home();
    network.saw('announcement', bridge, group, { fields });
    expect(judge()).toMatchObject({ verdict: 'pass' });
  });

  it.each(['none', '00000000', '12345678', 'Serial Number', '1'])(
    'a serial number of %j',
    (serial) => {
      const { network, bridge, phone, judge } = home();
      network.saw('http', phone, bridge, { upnpDescription: description(serial) });
      expect(judge()).toMatchObject({ verdict: 'pass' });
    },
  );
});

describe('SG-09', () => {
  it('does not judge what others tell the device', () => {
    const { network, bridge, judge } = home();
    network.saw('http', bridge, network.party('198.51.100.7'), { product: 'nginx/1.2.3' });
    expect(judge()).toMatchObject({ verdict: 'not_seen' });
  });

  it('does not judge an answer given after sign-in', () => {
    const { network, bridge, phone, judge } = home();
    network.saw('http', phone, bridge, { product: 'nginx/1.2.3', authorization: 'basic' });
    expect(judge()).toMatchObject({ verdict: 'not_seen' });
  });

  it.each([
    ['is not judged in set-up mode, with an access point of its own', false, 'not_seen'],
    ['is judged when it serves a network with Internet', true, 'fail'],
  ])('%s', (_what, online, verdict) => {
    const network = scene();
    const plug = network.device('192.168.4.1', { roles: ['dhcp_server', 'gateway'] });
    const phone = network.device('192.168.4.2');
    network.saw('http', phone, plug, { product: 'mini_httpd/1.19' });
    if (online) network.saw('connection', phone, network.party('198.51.100.7'));
    expect(network.judge(tellingServices, plug)).toMatchObject({ verdict });
  });
});
