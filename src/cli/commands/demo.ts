/** `fleetward demo`: the main job on the captures that ship with Fleetward; no server, no root, no network. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExitCode } from '../../base/index.ts';
import { command } from '../command.ts';
import { wrapped } from '../wrap.ts';

const NAME_COLUMNS = 30;
/** Beside the sources as in the published package: both have examples/ three folders up. */
const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));

export const demo = command({
  name: 'demo',
  summary: 'Scan the example site, and show what a report looks like',
  arguments: [],
  options: {
    html: {
      flags: '--html <file>',
      summary: 'where to write the HTML report (default fleetward-demo.html)',
      completes: 'file',
    },
    live: {
      flags: '--live',
      summary: 'start the running system with the example site audited, in a temporary folder',
    },
    port: {
      flags: '--port <number>',
      summary: 'port of --live on localhost (default: any free one)',
      parse: portNumber,
    },
  },
  examples: [
    ['demo', 'a good first command'],
    ['demo --live', 'the running system, to click through'],
  ],
  async run(context, { options }) {
    const { out, json, version } = context;
    if (options.live) {
      const { liveDemo } = await import('../live-demo.ts');
      await liveDemo(context, join(examples, 'site.pcap'), options.port ?? 0);
      return ExitCode.fine;
    }
    const { scan } = await import('../../app/index.ts');
    const { htmlReport, terminalReport } = await import('../../audit/index.ts');
    const { writeFileWhole } = await import('../write-file.ts');
    const report = await scan([join(examples, 'site.pcap')], { version });
    const html = options.html ?? 'fleetward-demo.html';
    writeFileWhole(html, htmlReport(report));
    if (json) {
      out.json(report);
      return ExitCode.fine;
    }
    const lines = terminalReport(report, {
      width: out.width,
      style: (style, text) => out.style(style, text),
      written: ['html'],
    });
    for (const line of lines) out.print(line);
    out.print();
    out.print(out.style('bold', 'Small captures from real networks beside it'));
    const captures = join(examples, 'captures');
    for (const name of readdirSync(captures)
      .filter((file) => file.endsWith('.pcap'))
      .sort()) {
      const { summary } = await scan([join(captures, name)], { version });
      const [first = '', ...rest] = wrapped(summary.verdict, out.width - NAME_COLUMNS - 3);
      out.print(`  ${name.padEnd(NAME_COLUMNS)} ${first}`);
      for (const line of rest) out.print(`${' '.repeat(NAME_COLUMNS + 3)}${line}`);
    }
    out.print();
    out.print(`${out.style('bold', 'The same as a page:')} open ${html} in a browser.`);
    out.print(
      `${out.style('bold', 'Your own network:')} record some minutes where the traffic passes (a mirror`,
    );
    out.print('port, the gateway, or an access point), then scan it:');
    out.print();
    out.print('  sudo tcpdump -i eth0 -s 0 -w site.pcap');
    out.print('  fleetward scan site.pcap --html report.html');
    return ExitCode.fine;
  },
});

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new Error('A port number is expected');
}
