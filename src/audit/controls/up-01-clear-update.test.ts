import { describe, expect, it } from 'vitest';
import { type Saw, scene } from '../testing.ts';
import { clearUpdate } from './up-01-clear-update.ts';

function withTransfer(...transfers: Saw<'transfer'>[]) {
  const home = scene();
  const camera = home.device('192.168.1.20');
  const cloud = home.party('198.51.100.7');
  for (const transfer of transfers) home.saw('transfer', camera, cloud, transfer);
  return home.judge(clearUpdate, camera);
}

describe('UP-01 fails for', () => {
  it('a firmware image known by its first bytes', () => {
    expect(withTransfer({ name: '/dl/x', bytes: 900_000, magic: 'squashfs' })).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { magic: 'squashfs', bytes: 900_000 } }],
    });
  });

  it('a binary whose name says that it is an update', () => {
    const name = '/cam/fw_v1.2.bin?token=1';
    expect(withTransfer({ name, bytes: 900_000 })).toMatchObject({ verdict: 'fail' });
  });

  it('an image fetched in pieces, the first of which shows the format', () => {
    expect(
      withTransfer(
        { name: '/a/b', bytes: 4096, magic: 'esp' },
        { name: '/a/b', bytes: 4096, count: 200 },
      ),
    ).toMatchObject({ verdict: 'fail' });
  });

  it('an image pushed to the device', () => {
    const home = scene();
    const camera = home.device('192.168.1.20');
    const hub = home.device('192.168.1.2');
    home.saw('transfer', hub, camera, {
      name: '/upgrade',
      toClient: false,
      bytes: 900_000,
      magic: 'uimage',
    });
    expect(home.judge(clearUpdate, camera)).toMatchObject({ verdict: 'fail' });
    expect(home.judge(clearUpdate, hub)).toMatchObject({ verdict: 'not_seen' });
  });

  it('a signed image, but milder', () => {
    expect(
      withTransfer(
        { name: '/fw/update-3.bin', bytes: 900_000 },
        { name: '/fw/update-3.bin.sig', bytes: 256 },
      ),
    ).toMatchObject({ verdict: 'fail', severity: 'medium' });
  });
});

describe('UP-01 does not take for an update image', () => {
  it.each([
    ['an ordinary archive', { name: '/themes/blue.zip', bytes: 900_000, magic: 'zip' }],
    ['a compressed page', { name: '/index.html', bytes: 90_000, magic: 'gzip' }],
    ['a small file', { name: '/fw/version.bin', bytes: 900 }],
    ['a picture named update', { name: '/update.img', bytes: 900_000, magic: 'jpeg' }],
    ['what the device uploads', { name: '/fw.bin', bytes: 900_000, toClient: false }],
    ['a small file polled often', { name: '/fw/list.bin', bytes: 5_000, count: 400 }],
  ])('%s', (_what, transfer) => {
    expect(withTransfer(transfer)).toMatchObject({ verdict: 'not_seen' });
  });
});
