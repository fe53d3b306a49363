/** MO-08 on recordings of buildings and plants: who may command is what the expectations say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { failures, scanned } from '../support/fleetward.ts';
import { PEERS } from '../support/peers.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-masters-'));
afterAll(() => rmSync(folder, { recursive: true }));
const masters = (list: string): string => {
  const path = join(folder, `${list.length}.yaml`);
  writeFileSync(path, `version: 1\nmasters: ${list}\n`);
  return path;
};

describe('MO-08', () => {
  it.each(['opcua', 'bacnet', 'knx', 'dcp'])(
    'fails for %s where nobody may command, and passes the listed',
    (capture) => {
      const judged = (list: string) =>
        failures(scanned([join(PEERS, `${capture}.pcap`), '--expect', masters(list)])).filter(
          (line) => line.includes('MO-08'),
        );
      expect(judged('[]')).toContain('mac:02:00:00:00:09:01 MO-08 critical');
      expect(judged('["02:00:00:00:09:02"]')).toEqual([]);
    },
  );
});
