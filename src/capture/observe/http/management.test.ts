import { describe, expect, it } from 'vitest';
import { httpDecoder } from '../../decode/http.ts';
import { Feed } from '../../decode/testing.ts';
import { httpObserver } from '../http.ts';

const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'));
const exchange = (serverPort: number, request: Buffer, answer?: Buffer): Feed => {
  const feed = new Feed(httpDecoder, { serverPort }, httpObserver).data(request, 0);
  if (answer) feed.data(answer, 1);
  return feed.close();
};
const sessions = (feed: Feed) => [...feed.into.of('administration')];
const ok = (server: string): Buffer =>
  text(
    'HTTP/1.1 200 OK',
    `Server: ${server}`,
    'Content-Type: application/json',
    'Content-Length: 2',
    '',
    '[]',
  );

describe('Docker’s API', () => {
  const list = text('GET /v1.41/containers/json HTTP/1.1', 'Host: nas', '', '');

  it('that answers anybody is open', () => {
    expect(sessions(exchange(9_999, list, ok('Docker/20.10.24 (linux)')))).toMatchObject([
      {
        ...{ protocol: 'docker', answered: true, version: '20.10.24', security: 'none' },
        ...{ access: 'granted', anonymous: true, target: '/v1.*/containers/json' },
      },
    ]);
    expect(sessions(exchange(9_999, list, ok('Libpod/4.3.1 (linux)')))).toHaveLength(1);
  });

  it('is no other server, and no other page', () => {
    expect(sessions(exchange(2375, list, ok('nginx')))).toEqual([]);
    expect(sessions(exchange(2375, list))).toEqual([]);
    const page = text('GET /index.html HTTP/1.1', 'Host: nas', '', '');
    expect(sessions(exchange(2375, page, ok('Docker/20.10.24 (linux)')))).toEqual([]);
  });
});

describe('TR-069', () => {
  const body = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:cwmp="urn:dslforum-org:cwmp-1-0"><soap:Body><cwmp:Inform>
    <DeviceId><Manufacturer>Homey</Manufacturer><OUI>00D09E</OUI><ProductClass>Box 7</ProductClass><SerialNumber>J12</SerialNumber></DeviceId></cwmp:Inform></soap:Body></soap:Envelope>`;
  const call = text(
    'POST /acs HTTP/1.1',
    'Host: acs.example',
    'SOAPAction: ',
    'Content-Type: text/xml',
    `Content-Length: ${body.length}`,
    '',
    body,
  );

  it('is a device that calls its configuration server', () => {
    const feed = exchange(7547, call, text('HTTP/1.1 200 OK', 'Content-Length: 0', '', ''));
    expect(sessions(feed)).toMatchObject([
      { client: 2, server: 1, protocol: 'cwmp', target: 'inform', answered: true },
    ]);
    expect([...feed.into.of('identification')]).toMatchObject([
      { server: 1, maker: 'Homey', model: 'Box 7', serial: 'J12' },
    ]);
  });

  it('is a device that is called', () => {
    const request = text('GET /tr069 HTTP/1.1', 'Host: 192.0.2.1:7547', '', '');
    const challenge = text(
      'HTTP/1.1 401 Unauthorized',
      'WWW-Authenticate: Digest realm="cpe", nonce="1"',
      'Content-Length: 0',
      '',
      '',
    );
    expect(sessions(exchange(7547, request, challenge))).toMatchObject([
      { protocol: 'cwmp', answered: true, security: 'digest', access: 'refused', anonymous: false },
    ]);
    expect(sessions(exchange(7547, request))).toMatchObject([{ answered: false }]);
    expect(sessions(exchange(80, request, challenge))).toEqual([]);
  });
});
