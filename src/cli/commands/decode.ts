/** `fleetward decode FILE…`: prints the application-layer events of captures, one a line. */
import { ExitCode, escapeControls, jsonText } from '../../base/index.ts';
import { command } from '../command.ts';
import { captureArgument, defined, hashKeyOption } from '../options.ts';

export const decode = command({
  name: 'decode',
  summary: 'Print what was said in a capture, one event a line',
  arguments: [captureArgument],
  options: {
    protocol: {
      flags: '--protocol <name...>',
      summary: 'only these protocols, such as mqtt or tls',
    },
    hashKey: hashKeyOption,
  },
  examples: [
    ['decode examples/site.pcap --json', 'one JSON object a line, for jq and friends'],
    ['decode examples/site.pcap --protocol mqtt', 'the MQTT messages, to read'],
    ['decode - --json < capture.pcap', 'from standard input'],
  ],
  async run({ out, err, json, progress }, { arguments: paths, options }) {
    const { decodeCaptures } = await import('../../app/index.ts');
    const line = progress('decoding', 'bytes');
    const problems = await decodeCaptures(
      paths,
      {
        ...defined({ hashKey: options.hashKey, protocols: options.protocol }),
        progress: (bytes) => {
          line.at(bytes);
          return out.drain();
        },
      },
      (event) => {
        if (json) {
          out.print(jsonText(event));
          return;
        }
        const { packet, time, src, dst, protocol, event: name, file, ...fields } = event;
        const place = file === undefined ? `${packet}` : `${file}:${packet}`;
        const rest = JSON.stringify(fields).slice(1, -1);
        out.print(escapeControls(`${place} ${time} ${src} > ${dst} ${protocol} ${name} ${rest}`));
      },
    ).finally(() => line.done());
    for (const { file, offset, message } of problems) {
      const place = file === undefined ? '' : `${file}, byte ${offset}: `;
      err.print(escapeControls(`${place}${message}`));
    }
    return ExitCode.fine;
  },
});
