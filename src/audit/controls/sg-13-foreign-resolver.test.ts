import { describe, expect, it } from 'vitest';
import { type Saw, scene } from '../testing.ts';
import { foreignResolver } from './sg-13-foreign-resolver.ts';

function home(resolvers: string[] = ['192.168.1.1']) {
  const network = scene({ resolvers: new Set(resolvers), routers: new Set(['192.168.1.1']) });
  const camera = network.device('192.168.1.20');
  const router = network.device('192.168.1.1');
  network.saw('dhcp', network.device('192.168.1.30'), router, {
    address: '192.168.1.30',
    resolvers,
  });
  const asks = (address: string, lookup: Saw<'dns'> = {}) =>
    network.saw('dns', camera, network.party(address), lookup);
  return {
    network,
    camera,
    asks,
    judge: (allowed: string[] = []) => network.judge(foreignResolver, camera, { allowed }),
  };
}

const hello = (serverName: string) => ({
  versionMax: 0x0304,
  versions: [],
  ciphers: [],
  groups: [],
  keyShares: [],
  serverName,
  alpn: [],
  ja3: '',
  ja4: '',
});

describe('SG-13 fails for', () => {
  it('a resolver that DHCP did not name, once for each resolver', () => {
    const { asks, judge } = home();
    asks('192.168.1.1');
    asks('8.8.8.8', { name: 'a.example', count: 3 });
    asks('8.8.8.8', { name: 'b.example', count: 2 });
    expect(judge()).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { resolver: '8.8.8.8', first_name: 'a.example', lookups: 5 } }],
    });
  });

  it('DNS over HTTPS at a known host, and DNS over TLS by its port', () => {
    const { network, camera, judge } = home();
    network.saw('tls', camera, network.party('104.16.248.249'), {
      clientHello: hello('mozilla.cloudflare-dns.com'),
    });
    network.saw('tls', camera, network.party('203.0.113.5'), { serverPort: 853 });
    expect(judge()).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { transport: 'doh' } }, { fields: { transport: 'dot' } }],
    });
  });
});

describe('SG-13 passes', () => {
  it('the resolver that DHCP named', () => {
    const { asks, judge } = home();
    asks('192.168.1.1');
    expect(judge()).toEqual({ verdict: 'pass', judged: 1 });
  });

  it('the named resolver over TLS', () => {
    const { network, camera, judge } = home(['8.8.8.8']);
    network.saw('tls', camera, network.party('8.8.8.8'), {
      serverPort: 853,
      clientHello: hello('dns.google'),
    });
    expect(judge()).toMatchObject({ verdict: 'pass' });
  });

  it('a resolver that the expectations allow, by address or name', () => {
    const { network, camera, asks, judge } = home();
    asks('9.9.9.9');
    network.saw('tls', camera, network.party('149.112.112.112'), {
      clientHello: hello('dns.quad9.net'),
    });
    expect(judge(['9.9.9.0/24', 'dns.quad9.net'])).toMatchObject({ verdict: 'pass' });
  });

  it('a second resolver asked because the first one failed', () => {
    const { asks, judge } = home();
    asks('192.168.1.1', { name: 'cloud.example', rcode: undefined });
    asks('8.8.8.8', { name: 'cloud.example' });
    expect(judge()).toMatchObject({ verdict: 'pass' });
  });
});

describe('SG-13 cannot say', () => {
  it('where nobody named a resolver', () => {
    const { asks, judge } = home([]);
    asks('8.8.8.8');
    expect(judge()).toMatchObject({ verdict: 'not_visible' });
  });

  it('where only another network named one, such as the access point of a plug in set-up mode', () => {
    const { network, judge, asks } = home([]);
    network.saw('dhcp', network.device('192.168.4.9'), network.device('192.168.4.1'), {
      address: '192.168.4.9',
      resolvers: ['192.168.4.1'],
    });
    asks('192.168.1.1');
    asks('192.168.1.253');
    expect(judge().verdict).not.toBe('fail');
  });

  it('of an IPv6 resolver where DHCP named IPv4 ones only', () => {
    const { asks, judge } = home();
    asks('2001:4860:4860::8888');
    expect(judge()).toMatchObject({ verdict: 'not_visible' });
  });

  it.each(['resolver', 'gateway'] as const)('of a %s, which asks for others', (role) => {
    const network = scene({ resolvers: new Set(['192.168.1.1']) });
    const router = network.device('192.168.1.2', { roles: [role] });
    network.saw('dns', router, network.party('8.8.8.8'));
    expect(network.judge(foreignResolver, router)).toMatchObject({ verdict: 'not_seen' });
  });

  it('of multicast lookups', () => {
    const { asks, judge } = home();
    asks('224.0.0.251', { service: 'mdns' });
    expect(judge()).toMatchObject({ verdict: 'not_seen' });
  });
});
