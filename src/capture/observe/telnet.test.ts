import { describe, expect, it } from 'vitest';
import { telnetDecoder } from '../decode/telnet.ts';
import { Feed, packet } from '../decode/testing.ts';
import { telnetObserver } from './telnet.ts';

function talk(...turns: string[]): Feed {
  const session = new Feed(telnetDecoder, { serverPort: 23 }, telnetObserver);
  for (const [i, turn] of turns.entries())
    session.data(Buffer.from(turn.slice(1), 'latin1'), turn.startsWith('<') ? 1 : 0, packet(i + 1));
  return session.close();
}

describe('a session', () => {
  it('tells whether it negotiated and how much text went each way', () => {
    const { into } = talk('<\xff\xfd\x18', '>\xff\xfc\x18', '<hello', '>id\r');
    expect([...into.of('telnet')]).toMatchObject([
      { negotiated: true, bytes: [3, 5], maskPayload: true },
    ]);
  });

  it('of negotiation alone has no text', () => {
    expect([...talk('<\xff\xfd\x18', '>\xff\xfc\x18').into.of('telnet')]).toMatchObject([
      { negotiated: true, bytes: [0, 0] },
    ]);
  });

  it('without negotiation is told apart', () => {
    expect([...talk('<login: ', '>a\r').into.of('telnet')]).toMatchObject([{ negotiated: false }]);
  });
});

describe('a sign-in', () => {
  it('masks the whole payload of its packets, for a secret that came a key a packet', () => {
    const keys = [...'pw', '\r'].map((key) => `>${key}`);
    const { into } = talk('<login: ', '>root\r', '<Password: ', ...keys, '<\r\n# ');
    const [login] = into.of('login');
    expect(login).toMatchObject({
      protocol: 'telnet',
      method: 'terminal',
      user: 'root',
      outcome: 'accepted',
      maskPayload: true,
      times: [6],
    });
    expect(Buffer.from(login!.secret!.reveal()).toString()).toBe('pw');
  });
});
