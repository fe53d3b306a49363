import { expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { rServicesObserver } from '../observe/r-services.ts';
import { rServicesDecoder } from './r-services.ts';
import { Feed, testFlow } from './testing.ts';

const text = (...parts: string[]): Buffer =>
  Buffer.from(parts.map((part) => `${part}\0`).join(''), 'latin1');
const rlogin = Buffer.concat([Buffer.from([0]), text('ada', 'root', 'xterm/38400')]);
const rsh = text('1022', 'ada', 'root', 'cat /etc/passwd');
const rexec = text('0', 'root', 'hunter22', 'id');
const recognise = (bytes: Uint8Array, serverPort: number, direction: 0 | 1 = 0): string =>
  rServicesDecoder.recognise(bytes, 0, bytes.length, direction, testFlow({ serverPort }));
const talk = (serverPort: number, request: Buffer, reply?: Buffer): Feed => {
  const feed = new Feed(rServicesDecoder, { serverPort }, rServicesObserver).data(request, 0);
  if (reply) feed.data(reply, 1);
  return feed.close();
};
const sessions = (feed: Feed) => [...feed.into.of('administration')];

it('is known by port and form', () => {
  expect(recognise(rlogin, 513)).toBe('yes');
  expect(recognise(rsh, 514)).toBe('yes');
  expect(recognise(rexec, 512)).toBe('yes');
  expect(recognise(rsh, 9_999)).toBe('no');
  expect(recognise(rsh.subarray(0, 7), 514)).toBe('more');
  // Syslog has the same port.
  expect(recognise(Buffer.from('<34>1 2003-10-11T22:14:15.003Z host su - - x\n'), 514)).toBe('no');
  expect(recognise(Buffer.from([0]), 513, 1)).toBe('no');
  for (const other of Object.values(OTHERS))
    for (const port of [512, 514]) expect(recognise(Buffer.from(other), port)).toBe('no');
  expect(claimsOfNoise(rServicesDecoder, {})).toBe(0);
});

it('tells who asked for what, and whether he was let in', () => {
  const believed = talk(513, rlogin, Buffer.from([0]));
  expect(believed.printed).toEqual([
    {
      protocol: 'rlogin',
      event: 'request',
      client_user: 'ada',
      server_user: 'root',
      terminal: 'xterm/38400',
    },
    { protocol: 'rlogin', event: 'accepted' },
  ]);
  expect(sessions(believed)).toMatchObject([
    { protocol: 'rlogin', security: 'none', access: 'granted', anonymous: true },
  ]);
  const refused = talk(514, rsh, Buffer.from('\x01Permission denied.\n', 'latin1'));
  expect(refused.printed).toMatchObject([
    { protocol: 'rsh', command: 'cat /etc/passwd' },
    { event: 'refused', message: 'Permission denied.' },
  ]);
  expect(sessions(refused)).toMatchObject([{ access: 'refused', anonymous: false, target: 'cat' }]);
  expect(sessions(talk(514, rsh))).toMatchObject([{ answered: false, access: 'unknown' }]);
});

it('seals the password of rexec', () => {
  const feed = talk(512, rexec, Buffer.from([0]));
  expect(JSON.stringify(feed.printed)).not.toContain('hunter22');
  expect([...feed.into.of('login')]).toMatchObject([
    { protocol: 'rexec', user: 'root', outcome: 'accepted', method: 'user_pass' },
  ]);
  expect(Buffer.from([...feed.into.of('login')][0]!.secret!.reveal()).toString()).toBe('hunter22');
  expect(sessions(feed)).toMatchObject([{ security: 'password', anonymous: false }]);
});

it('survives anything', () => {
  for (const [serverPort, samples] of [
    [513, [rlogin]],
    [514, [rsh]],
    [512, [rexec]],
  ] as const)
    expectUnharmed({
      decoder: rServicesDecoder,
      flow: { serverPort },
      observer: rServicesObserver,
      samples: [...samples],
      runs: 300,
    });
});
