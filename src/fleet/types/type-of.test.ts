import { describe, expect, it } from 'vitest';
import type { Device, Sighting } from '../device.ts';
import { spokenWords, wordRuleCount } from './rules/words.ts';
import { rules } from './rules.ts';
import { typeOf } from './type-of.ts';
import { deviceTypes } from './vocabulary.ts';

const AT = { file: 0, packet: 1, seconds: 1_700_000_000, nanos: 0 };

interface Said {
  readonly vendor?: string;
  readonly names?: readonly string[];
  readonly roles?: Device['roles'];
  readonly vendorClass?: string;
  readonly mdns?: readonly (readonly [service: string, fields?: Record<string, string>])[];
  readonly ssdp?: readonly (readonly [service: string, server?: string])[];
  readonly userAgents?: readonly string[];
  readonly lookups?: readonly string[];
  readonly own?: readonly (readonly [maker: string, model: string])[];
  readonly rtsp?: { readonly product?: string; readonly realm?: string };
}

/** A device that says just this. */
function device(said: Said): Device {
  const mac = '02:00:00:00:00:01';
  const seen: Record<string, { role: string; observation: Record<string, unknown> }[]> = {
    dhcp: [
      { role: 'client', observation: { first: AT, clientMac: mac, vendorClass: said.vendorClass } },
    ],
    announcement: [
      ...(said.mdns ?? []).map(([service, fields = {}]) => ({
        role: 'client',
        observation: { first: AT, protocol: 'mdns', service, fields },
      })),
      ...(said.ssdp ?? []).map(([service, SERVER = '']) => ({
        role: 'client',
        observation: { first: AT, protocol: 'ssdp', service, fields: { SERVER } },
      })),
    ],
    http: (said.userAgents ?? []).map((userAgent) => ({
      role: 'client',
      observation: { first: AT, userAgent },
    })),
    identification: (said.own ?? []).map(([maker, model]) => ({
      role: 'server',
      observation: { first: AT, protocol: 'kasa', maker, model },
    })),
    rtsp: said.rtsp ? [{ role: 'server', observation: { first: AT, ...said.rtsp } }] : [],
    dns: (said.lookups ?? []).map((name) => ({
      role: 'client',
      observation: { first: AT, service: 'dns', name },
    })),
  };
  return {
    mac,
    vendor: said.vendor,
    roles: said.roles ?? [],
    names: (said.names ?? []).map((name) => ({ name, source: 'dhcp' })),
    addresses: ['192.168.1.20'],
    services: [],
    firstSeen: AT,
    seen: (kind: string) => (seen[kind] ?? []) as unknown as Sighting<'dhcp'>[],
  } as unknown as Device;
}

describe('types by what a device says', () => {
  it.each<[string, Said, string | undefined]>([
    ['a HomeKit category', { mdns: [['_hap._tcp.local', { ci: '6' }]] }, 'lock'],
    ['a Matter device type', { mdns: [['_matterc._udp.local', { DT: '116' }]] }, 'vacuum'],
    ['an mDNS service', { mdns: [['_ipp._tcp.local']] }, 'printer'],
    [
      'an mDNS model',
      { mdns: [['_googlecast._tcp.local', { md: 'Nest Audio' }]] },
      'smart-speaker',
    ],
    ['a UPnP class', { ssdp: [['urn:Belkin:device:insight:1']] }, 'smart-plug'],
    ['a host name that a maker sets', { names: ['SEP00112233AABB'] }, 'voip-phone'],
    ['a word in a name', { names: ['hallway-thermostat'] }, 'thermostat'],
    ['a word inside a product name', { vendorClass: 'GlowPlug' }, 'smart-plug'],
    ['a DHCP client of a desktop', { vendorClass: 'MSFT 5.0' }, 'computer'],
    ['a mobile browser', { userAgents: ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_1)'] }, 'phone'],
    ['a camera’s server of streams', { rtsp: { product: 'Hipcam RealServer/V1.0' } }, 'camera'],
    ['a recorder’s realm', { rtsp: { realm: 'Embedded Net DVR' } }, 'video-recorder'],
    ['a maker of one kind of thing', { vendor: 'Sonos, Inc.' }, 'smart-speaker'],
    ['a controller of a building', { own: [['Tridium', 'Niagara4 Station']] }, 'gateway'],
    [
      'what a controller controls',
      { own: [['Trane', 'Rooftop Unit IntelliPak']] },
      'air-conditioner',
    ],
    ['a role in a protocol', { own: [['', 'KNXnet/IP gateway']] }, 'gateway'],
    ['a charging station', { own: [['Volt', 'V2 charging station']] }, 'ev-charger'],
    ['objects of LwM2M', { own: [['', '/1/0 /3/0 /3303/0']] }, 'sensor'],
    ['what it tells in its maker’s protocol', { own: [['TP-Link', 'HS110(EU)']] }, 'smart-plug'],
    ['a camera found by its maker’s tool', { own: [['Hikvision', 'DS-2CD2042WD-I']] }, 'camera'],
    ['a recorder of the same maker', { own: [['Hikvision', 'DS-7608NI-I2']] }, 'video-recorder'],
    ['the one cloud that it calls', { lookups: ['api.ecobee.com'] }, 'thermostat'],
    ['a maker of modules', { vendor: 'Espressif Inc.' }, undefined],
    ['a maker of many kinds', { vendor: 'Samsung Electronics Co.,Ltd' }, undefined],
    ['a maker of what computers are made of', { vendor: 'Intel Corporate' }, undefined],
    ['a DHCP client that is everywhere', { vendorClass: 'udhcp 1.22.1' }, undefined],
    ['nothing', {}, undefined],
  ])('%s: %o → %s', (_what, said, type) => {
    expect(typeOf(device(said)).type).toBe(type);
  });

  it('the cloud of a thing says little of a device that looks up everything', () => {
    const everything = Array.from({ length: 20 }, (_, i) => `www.site${i}.example${i}.com`);
    expect(typeOf(device({ lookups: ['api.ecobee.com', ...everything] })).type).toBeUndefined();
  });

  it('a phone that set a plug up, seen through the plug, does not make the plug a phone', () => {
    const judged = typeOf(
      device({
        ssdp: [['urn:Belkin:device:controllee:1']],
        userAgents: ['Mozilla/5.0 (Linux; Android 9) Mobile Safari'],
        lookups: ['mtalk.google.com', 'api.xbcs.net'],
      }),
    );
    expect(judged.type).toBe('smart-plug');
    expect(judged.candidates.map(({ type }) => type)).toContain('phone');
  });

  it('contradictions of equal weight leave it unknown', () => {
    const judged = typeOf(device({ names: ['kitchen-printer'], vendorClass: 'Doorbell' }));
    expect(judged.candidates.length).toBe(2);
    expect(typeOf(device({ names: ['printer', 'kettle'] })).type).toBeUndefined();
  });

  it('agreement of different fields is surer than repetition in one', () => {
    const probability = (said: Said) => typeOf(device(said)).candidates[0]?.probability ?? 0;
    const once = probability({ names: ['door-camera'] });
    expect(probability({ names: ['door-camera', 'yard-camera'] })).toBe(once);
    expect(probability({ names: ['door-camera'], vendorClass: 'IPCAM' })).toBeGreaterThan(once);
  });

  it('probabilities are between 0 and 1, add up to at most 1, and the best comes first', () => {
    const { candidates } = typeOf(
      device({ names: ['tv', 'printer', 'nas', 'kettle', 'plug', 'hub'], roles: ['gateway'] }),
    );
    expect(candidates.length).toBe(5);
    expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeLessThan(1);
    const probabilities = candidates.map(({ probability }) => probability);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
  });

  it('evidence names the rule, what was said and where', () => {
    expect(typeOf(device({ names: ['hallway-thermostat'] })).evidence).toEqual([
      {
        rule: 'host name: the word thermostat',
        text: 'its host name is “hallway-thermostat”, which speaks for thermostat',
        at: AT,
      },
    ]);
  });
});

describe('rules', () => {
  it('are of types in the vocabulary, with trust between 0 and 1', () => {
    for (const { type, trust } of rules) {
      expect(deviceTypes).toHaveProperty(type);
      expect(trust).toBeGreaterThan(0);
      expect(trust).toBeLessThan(1);
    }
    expect(rules.length + wordRuleCount).toBeGreaterThan(500);
  });

  it('have fixed texts in lower case, and patterns without state', () => {
    for (const { says, source } of rules) {
      if (typeof says === 'string') expect(says, source).toBe(says.toLowerCase());
      else expect(says.flags, `${says}`).not.toMatch(/[gy]/);
    }
  });

  it('say each thing of a type once', () => {
    const keys = rules.map(({ type, source, says }) => `${type} ${source} ${says}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('every type is one that a rule may give, but those that traffic does not tell', () => {
    const given = new Set<string>(rules.map(({ type }) => type));
    const words = ['hmi', 'plc', 'kettle', 'lock', 'meter'];
    for (const word of words) {
      for (const { type } of spokenWords('dhcp vendor class', word)) given.add(type);
    }
    expect(Object.keys(deviceTypes).filter((type) => !given.has(type))).toEqual([]);
  });

  it('no text, however long or strange, takes long', () => {
    const strange = [
      'a'.repeat(200),
      'Aa'.repeat(100),
      `${'-'.repeat(199)}!`,
      'TV '.repeat(66),
      '\u0000\u202e'.repeat(100),
    ];
    const start = performance.now();
    for (let i = 0; i < 50; i++)
      typeOf(device({ names: strange.map((text) => `${i}${text}`), userAgents: strange }));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
