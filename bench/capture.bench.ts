/** Step 1: parsing, flow table and full scan, against softflowd, tcpdump, ndpiReader and tshark. */
import { env, execPath } from 'node:process';
import { bigCapture } from './big-capture.ts';
import { comparison, fleetward, inTurns, type Row, type Run, root, runOnce } from './measure.ts';

const ROUNDS = 5;
/** As the launcher starts Node. */
const NURSERY = '--max-semi-space-size=8';
const COPIES = 12;

export async function rows(): Promise<Row[]> {
  const data = `${env.FLEETWARD_DATA ?? `${root}../shared/data`}/iot-sentinel`;
  const big = bigCapture(data, COPIES);
  return [
    ...parsing(big),
    ...scanning(big, bigCapture(data, COPIES, 2)),
    manyFlows(),
    demo(),
    start(),
  ];
}

function parsing(big: string): Row[] {
  const runs = inTurns(
    [
      { name: 'ours', command: execPath, args: [NURSERY, `${root}bench/flow-table.ts`, big] },
      { name: 'softflowd', command: 'softflowd', args: ['-r', big, '-n', '127.0.0.1:9', '-d'] },
      { name: 'tcpdump', command: 'tcpdump', args: ['-r', big, '-w', '/dev/null'] },
    ],
    ROUNDS,
  );
  const { packets } = JSON.parse(of(runs, 'ours').output) as { packets: number };
  const rate = (name: string): number => packets / of(runs, name).wall_s / 1e6;
  const work = 'parse + flow table, process start included';
  return [
    comparison(work, 'M packets/s', rate('ours'), 'softflowd', rate('softflowd'), 1.5),
    comparison(work, 'M packets/s', rate('ours'), 'tcpdump -w', rate('tcpdump'), 0.9),
  ];
}

function scanning(big: string, twice: string): Row[] {
  const scan = (path: string) => ['--quiet', 'scan', path];
  const runs = inTurns(
    [
      { name: 'ours', command: fleetward, args: scan(big) },
      { name: 'ndpiReader', command: 'ndpiReader', args: ['-q', '-i', big] },
    ],
    ROUNDS,
  );
  const tshark = runOnce('tshark', ['-q', '-n', '-z', 'conv,ip', '-r', big]);
  const long = runOnce(fleetward, scan(twice));
  const ours = of(runs, 'ours');
  const megabytes = (run: Run): number => run.peak_bytes / 1e6;
  const rate = (run: Run): number => 1 / run.wall_s;
  const work = 'full scan with decoders and controls';
  return [
    comparison(work, 'scans/s', rate(ours), 'ndpiReader', rate(of(runs, 'ndpiReader')), 1.5),
    comparison(work, 'scans/s', rate(ours), 'tshark -z conv,ip', rate(tshark), 10),
    {
      work: 'peak memory of that scan',
      value: megabytes(ours),
      unit: 'MB',
      peer: 'ndpiReader',
      peerValue: megabytes(of(runs, 'ndpiReader')),
      bar: '≤ 300 MB',
      met: megabytes(ours) <= 300,
    },
    {
      work: 'peak memory when the file is twice as long',
      value: megabytes(long),
      unit: 'MB',
      peer: 'the same scan of half of it',
      peerValue: megabytes(ours),
      ratio: megabytes(long) / megabytes(ours),
      bar: 'flat: ≤ 1.1 ×',
      met: megabytes(long) <= 1.1 * megabytes(ours),
    },
  ];
}

function manyFlows(): Row {
  const runs = [1, 2, 3].map(() =>
    runOnce(execPath, [NURSERY, `${root}bench/one-packet-flows.ts`]),
  );
  const rates = runs.map(({ output }) => {
    const { packets, seconds } = JSON.parse(output) as { packets: number; seconds: number };
    return packets / seconds / 1e6;
  });
  const peak = Math.max(...runs.map((run) => run.peak_bytes)) / 1e6;
  const value = Math.max(...rates);
  return {
    work: `10 M one-packet flows, all decoders on (peak ${peak.toFixed(0)} MB)`,
    value,
    unit: 'M packets/s',
    peer: '–',
    bar: '≥ 0.8, bounded',
    met: value >= 0.8 && peak <= 300,
  };
}

function demo(): Row {
  const site = {
    name: 'demo',
    command: fleetward,
    args: ['--quiet', 'scan', `${root}examples/site.pcap`],
  };
  const value = of(inTurns([site], 10), 'demo').wall_s;
  return {
    work: 'scan of the demo capture, process start included',
    value,
    unit: 's',
    peer: '–',
    bar: '≤ 0.6 s',
    met: value <= 0.6,
  };
}

function start(): Row {
  const version = { name: 'version', command: fleetward, args: ['--version'] };
  const value = of(inTurns([version], 20), 'version').wall_s * 1000;
  return {
    work: 'start of the installed command line (--version)',
    value,
    unit: 'ms',
    peer: '–',
    bar: '< 150 ms',
    met: value < 150,
  };
}

function of(runs: ReadonlyMap<string, Run>, name: string): Run {
  return runs.get(name) as Run;
}
