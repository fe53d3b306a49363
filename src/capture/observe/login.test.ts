import { describe, expect, it } from 'vitest';
import { SecretSealer } from '../../base/index.ts';
import { packet, testFlow } from '../decode/testing.ts';
import { Observations } from '../observations.ts';
import { LOGIN_TIMES_MAX, type Login, noteLogin } from './login.ts';

const sealer = new SecretSealer(new Uint8Array(32));
const login = (password: string, outcome: Login['outcome']): Login => ({
  protocol: 'http',
  method: 'basic',
  user: 'admin',
  secret: sealer.seal(password),
  outcome,
  target: '/',
});

describe('sign-ins', () => {
  it('that were accepted are told apart by their credential', () => {
    const into = new Observations();
    noteLogin(into, testFlow(), packet(1), login('a', 'accepted'));
    noteLogin(into, testFlow(), packet(2), login('b', 'accepted'));
    noteLogin(into, testFlow(), packet(3), login('a', 'accepted'));
    expect([...into.of('login')].map(({ count, times }) => [count, times])).toEqual([
      [2, [1, 3]],
      [1, [2]],
    ]);
  });

  it('that were refused are counted by name, with times in order, within bounds', () => {
    const into = new Observations();
    for (let i = LOGIN_TIMES_MAX + 100; i > 0; i--)
      noteLogin(into, testFlow(), packet(i), login(`guess${i}`, 'refused'));
    const [record, ...others] = [...into.of('login')];
    expect(others).toEqual([]);
    expect(record!.count).toBe(LOGIN_TIMES_MAX + 100);
    expect(record!.times.length).toBe(LOGIN_TIMES_MAX);
    expect(record!.times).toEqual([...record!.times].sort((a, b) => a - b));
  });

  it('list the secrets of the packets that are kept, in every form in which they stand there', () => {
    const into = new Observations();
    const wire = [sealer.seal('YWRtaW46YQ==')];
    for (let i = 1; i <= 20; i++)
      noteLogin(into, testFlow(), packet(i), login(`guess${i}`, 'refused'), wire);
    const [record] = [...into.of('login')];
    const revealed = record!.secrets.map((secret) => Buffer.from(secret.reveal()).toString());
    expect(record!.packets.map(({ packet: number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(revealed.sort()).toEqual(
      ['YWRtaW46YQ==', ...[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `guess${i}`)].sort(),
    );
  });

  it('with an empty password have nothing to mask', () => {
    const into = new Observations();
    const record = noteLogin(into, testFlow(), packet(1), login('', 'accepted'));
    expect(record!.secret!.length).toBe(0);
    expect(record!.secrets).toEqual([]);
  });
});
