/**
 * Holds the decoders against other programs' own tests, and prints what docs/compatibility.md says of them:
 * `node scripts/compatibility.ts`. The sets are read from FLEETWARD_DATA (default: ../shared/data).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ndpi, ndpiInstalled } from './compatibility/ndpi.ts';
import { suricata } from './compatibility/suricata.ts';
import { zeek } from './compatibility/zeek.ts';

const beside = fileURLToPath(new URL('../../shared/data', import.meta.url));
const data = process.env.FLEETWARD_DATA ?? beside;
const vectors = fileURLToPath(new URL('../test/vectors/suricata', import.meta.url));
const staged = join(data, 'suricata-verify-iot');
const traces = join(data, 'zeek-traces-iot');
const verdicts = join(data, 'ndpi-iot');

console.log((await suricata(existsSync(staged) ? staged : vectors)).join('\n'));
if (existsSync(traces)) console.log(`\n${(await zeek(traces)).join('\n')}`);
if (existsSync(verdicts)) console.log(`\n${(await ndpi(verdicts)).join('\n')}`);

const others = [staged, traces, join(data, 'iot-sentinel')].filter((folder) => existsSync(folder));
if (others.length > 0 && spawnSync('ndpiReader', ['-h']).error === undefined)
  console.log(`\n${(await ndpiInstalled(others)).join('\n')}`);
