import { describe, expect, it } from 'vitest';
import type { Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { smartHomeObserver } from '../observe/smart-home.ts';
import { dahuaDecoder } from './dahua.ts';
import { makerDiscoveryDecoders } from './maker-discovery.ts';
import { maxCubeDecoder } from './max-cube.ts';
import { sadpDecoder } from './sadp.ts';
import { ssdpDecoder } from './ssdp.ts';
import { tdpDecoder } from './tdp.ts';
import { Feed, testFlow } from './testing.ts';
import { wizDecoder } from './wiz.ts';
import { wsDiscoveryDecoder } from './ws-discovery.ts';
import { yeelightDecoder } from './yeelight.ts';

const text = (value: string): Buffer => Buffer.from(value);
const onPort = (serverPort: number, carrier: Flow['carrier'] = 'udp'): Partial<Flow> => ({
  carrier,
  serverPort,
});

describe('TP-Link Device Discovery', () => {
  const message = (json: string): Buffer => {
    const head = Buffer.from('0200000100001100000000000000dead', 'hex');
    head.writeUInt16BE(json.length, 4);
    return Buffer.concat([head, text(json)]);
  };

  it('reads model, state of ownership and how the device wants to be spoken to', () => {
    const into = new Observations();
    const feed = new Feed(tdpDecoder, onPort(20_002), smartHomeObserver, into)
      .data(message('{"params":{"rsa_key":"-----BEGIN PUBLIC KEY-----"}}'), 0)
      .data(
        message(
          '{"result":{"device_id":"00","device_type":"SMART.TAPOPLUG","device_model":"P110(EU)","factory_default":false,"mgt_encrypt_schm":{"is_support_https":false,"encrypt_type":"KLAP","http_port":80}},"error_code":0}',
        ),
        1,
      );
    expect(feed.printed).toMatchObject([
      { event: 'probe' },
      { event: 'response', device_model: 'P110(EU)', encrypt_type: 'KLAP', factory_default: false },
    ]);
    expect(into.of('identification')).toMatchObject([
      { maker: 'TP-Link', model: 'P110(EU)', more: { pairing: 'closed', encrypt_type: 'KLAP' } },
    ]);
  });
});

describe('WiZ', () => {
  it('pairs requests with answers and reads the firmware', () => {
    const into = new Observations();
    new Feed(wizDecoder, onPort(38_899), smartHomeObserver, into)
      .data(text('{"method":"getSystemConfig","params":{}}'), 0)
      .data(
        text(
          '{"method":"getSystemConfig","env":"pro","result":{"mac":"a8bb50000001","moduleName":"ESP01_SHRGB1C_31","fwVersion":"1.18.0"}}',
        ),
        1,
      )
      .data(text('{"id":7,"method":"setPilot","params":{"state":true}}'), 0)
      .data(text('{"id":7,"method":"setPilot","env":"pro","result":{"success":true}}'), 1)
      .close();
    expect(into.of('identification')).toMatchObject([
      { maker: 'WiZ', model: 'ESP01_SHRGB1C_31', version: '1.18.0' },
    ]);
    expect(into.of('local_control')).toMatchObject([
      { operation: 'getSystemConfig', effect: 'read', outcome: 'accepted' },
      { operation: 'setPilot', effect: 'change', protection: 'none', outcome: 'accepted' },
    ]);
  });

  it('leaves other JSON and other ports alone', () => {
    const message = text('{"method":"setPilot","params":{"state":true}}');
    const judge = (bytes: Buffer, serverPort: number): string =>
      wizDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'udp', serverPort }));
    expect(judge(message, 38_899)).toBe('yes');
    expect(judge(message, 5000)).toBe('no');
    expect(judge(text('{"temperature":21.5,"humidity":40}'), 38_899)).toBe('no');
  });
});

describe('Yeelight', () => {
  const advertisement = text(
    'NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1982\r\nCache-Control: max-age=3600\r\nLocation: yeelight://192.168.1.239:55443\r\nNTS: ssdp:alive\r\nServer: POSIX, UPnP/1.0 YGLC/1\r\nid: 0x000000000015243f\r\nmodel: color\r\nfw_ver: 18\r\nsupport: get_prop set_power\r\npower: on\r\nname: desk\r\n',
  );

  it('reads an advertisement, which is no SSDP', () => {
    const into = new Observations();
    const feed = new Feed(yeelightDecoder, onPort(1982), smartHomeObserver, into);
    expect(feed.data(advertisement, 0).printed).toMatchObject([
      { event: 'advertisement', model: 'color', fw_ver: '18', name: 'desk', power: 'on' },
    ]);
    expect(into.of('identification')).toMatchObject([
      { maker: 'Yeelight', model: 'color', version: '18', serial: '0x000000000015243f' },
    ]);
    const flow = testFlow(onPort(1982));
    expect(ssdpDecoder.recognise(advertisement, 0, advertisement.length, 0, flow)).toBe('no');
  });

  it('folds commands, one a line, with their results', () => {
    const into = new Observations();
    new Feed(yeelightDecoder, onPort(55_443, 'tcp'), smartHomeObserver, into)
      .data(text('{"id":1,"method":"set_power","params":["on","smooth",500]}\r\n{"id":2,"me'), 0)
      .data(text('{"id":1,"result":["ok"]}\r\n'), 1)
      .data(text('thod":"set_scene","params":[]}\r\n'), 0)
      .data(
        text(
          '{"method":"props","params":{"power":"on"}}\r\n{"id":2,"error":{"code":-1,"message":"unsupported method"}}\r\n',
        ),
        1,
      )
      .close();
    expect(into.of('local_control')).toMatchObject([
      { operation: 'set_power', outcome: 'accepted', protection: 'none' },
      { operation: 'set_scene', outcome: 'refused' },
    ]);
  });
});

describe('WS-Discovery', () => {
  const hello = `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><SOAP-ENV:Header><wsa:ReplyTo><wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address></wsa:ReplyTo><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</wsa:Action></SOAP-ENV:Header><SOAP-ENV:Body><d:ProbeMatches><d:ProbeMatch><wsa:EndpointReference><wsa:Address>urn:uuid:1419d68a-1dd2-11b2-a105-000000000001</wsa:Address></wsa:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Front%20Door onvif://www.onvif.org/hardware/DS-2CD2042WD-I onvif://www.onvif.org/Profile/Streaming</d:Scopes><d:XAddrs>http://192.168.1.64/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></SOAP-ENV:Body></SOAP-ENV:Envelope>`;

  it('reads types, place and ONVIF’s scopes of a camera', () => {
    const into = new Observations();
    const feed = new Feed(wsDiscoveryDecoder, onPort(3702), smartHomeObserver, into);
    expect(feed.data(text(hello), 1).printed).toMatchObject([
      {
        event: 'probe_matches',
        types: ['NetworkVideoTransmitter', 'Device'],
        xaddrs: ['http://192.168.1.64/onvif/device_service'],
        address: 'urn:uuid:1419d68a-1dd2-11b2-a105-000000000001',
        name: 'Front Door',
        hardware: 'DS-2CD2042WD-I',
      },
    ]);
    expect(into.of('identification')).toMatchObject([
      { model: 'DS-2CD2042WD-I', name: 'Front Door' },
    ]);
  });
});

describe('SADP', () => {
  it('tells a camera without a password', () => {
    const answer =
      '<?xml version="1.0" encoding="UTF-8" ?><ProbeMatch><Uuid>0E6F5A2C</Uuid><Types>inquiry</Types><DeviceType>140034</DeviceType><DeviceDescription>DS-2CD2042WD-I</DeviceDescription><DeviceSN>DS-2CD2042WD-I20160101AAWR000000001</DeviceSN><CommandPort>8000</CommandPort><HttpPort>80</HttpPort><MAC>44-19-B6-00-00-01</MAC><IPv4Address>192.168.1.64</IPv4Address><SoftwareVersion>V5.4.1build 160525</SoftwareVersion><Activated>false</Activated></ProbeMatch>';
    const into = new Observations();
    const feed = new Feed(sadpDecoder, onPort(37_020), smartHomeObserver, into);
    expect(feed.data(text(answer), 1).printed).toMatchObject([
      {
        event: 'probe_match',
        device_description: 'DS-2CD2042WD-I',
        software_version: 'V5.4.1build 160525',
        mac: '44:19:b6:00:00:01',
        command_port: 8000,
        activated: false,
      },
    ]);
    expect(into.of('identification')[0]?.more).toMatchObject({ password: 'never set' });
  });
});

describe('Dahua', () => {
  const dhip = (json: string): Buffer => {
    const head = Buffer.alloc(32);
    head.write(' \0\0\0DHIP', 0, 'latin1');
    head.writeUInt32LE(json.length, 16);
    head.writeUInt32LE(json.length, 24);
    return Buffer.concat([head, text(json)]);
  };

  it('reads what a camera says of itself', () => {
    const into = new Observations();
    new Feed(dahuaDecoder, onPort(37_810), smartHomeObserver, into)
      .data(dhip('{ "method" : "DHDiscover.search", "params" : { "mac" : "", "uni" : 1 } }\n'), 0)
      .data(
        dhip(
          '{"mac":"4c:11:bf:00:00:01","method":"client.notifyDevInfo","params":{"deviceInfo":{"DeviceType":"IPC-HDW5421S","SerialNo":"1F006E4PAX00000","MachineName":"1F006E4PAX00000","Vendor":"Private","Version":"2.420.0000.0.R"}}}',
        ),
        1,
      );
    expect(into.of('identification')).toMatchObject([
      { maker: 'Dahua', model: 'IPC-HDW5421S', version: '2.420.0000.0.R', name: undefined },
    ]);
  });

  it('follows the older sign-in', () => {
    const login = Buffer.alloc(32);
    login.writeUInt32BE(0xa0050060, 0);
    const answer = Buffer.alloc(32);
    answer.writeUInt32BE(0xb0000058, 0);
    answer[8] = 1;
    const feed = new Feed(dahuaDecoder, onPort(37_777, 'tcp')).data(login, 0).data(answer, 1);
    expect(feed.printed).toMatchObject([
      { event: 'login' },
      { event: 'login_response', success: false },
    ]);
  });
});

describe('makers’ own discovery', () => {
  const [ubnt, dlink, edimax, , hfLpb] = makerDiscoveryDecoders;

  it('reads D-Link’s fields and requests', () => {
    const message = Buffer.alloc(0x140);
    message.writeUInt16BE(0xffff, 0);
    message.writeUInt16BE(0xa000, 4);
    for (const at of [6, 0x96]) message.set([0xb0, 0xc5, 0x54, 0, 0, 1], at);
    message.write('Wireless Internet Camera', 0x16);
    message.write('1.06', 0x76);
    message.write('DCS-935L', 0xdc);
    const request = Buffer.from('fdfd6500d100ffffffffffff000000000000010000', 'hex');
    const feed = new Feed(dlink!, onPort(62_976)).data(message, 0).data(request, 0);
    expect(feed.printed).toMatchObject([
      { event: 'announcement', model: 'DCS-935L', version: '1.06', mac: 'b0:c5:54:00:00:01' },
      { event: 'request' },
    ]);
  });

  it('reads requests of Edimax and modules that have joined', () => {
    const search = text('<param><code value="1300" /><port value="60919" /></param>');
    expect(new Feed(edimax!, onPort(60_919)).data(search, 0).printed).toMatchObject([
      { protocol: 'edimax', event: 'request' },
    ]);
    const feed = new Feed(hfLpb!, onPort(49_999))
      .data(text('smart_config ACCF23000001'), 0)
      .data(text('10.10.100.254,ACCF23000001,HF-LPB100'), 0);
    expect(feed.printed).toMatchObject([
      { event: 'announcement', mac: 'ac:cf:23:00:00:01' },
      { event: 'announcement', model: 'HF-LPB100' },
    ]);
  });

  it('calls a field that leaves its message malformed', () => {
    const broken = Buffer.from('02060008020040802aa88d69', 'hex');
    expect(new Feed(ubnt!, onPort(10_001)).data(broken, 0).printed).toMatchObject([
      { event: 'malformed', reason: 'field longer than its message' },
    ]);
  });

  it('reads a MAX! cube’s greeting and tells commands from questions', () => {
    const into = new Observations();
    new Feed(maxCubeDecoder, onPort(62_910, 'tcp'), smartHomeObserver, into)
      .data(text('H:KEQ0000001,0c0001,0113,00000000,3428fd99,00,32,100907,1203,03,0000\r\n'), 1)
      .data(text('l:\r\n'), 0)
      .data(text('L:\r\n'), 1)
      .data(text('s:AARAAAAAB+EKAeo=\r\n'), 0)
      .data(text('S:00,0,31\r\n'), 1)
      .close();
    expect(into.of('identification')).toMatchObject([{ serial: 'KEQ0000001', version: '01.13' }]);
    expect(into.of('local_control')).toMatchObject([
      { operation: 'l:', effect: 'read', outcome: 'accepted' },
      { operation: 's:', effect: 'change', outcome: 'accepted' },
    ]);
  });
});
