/** The process that the benchmark of parsing and the flow table times: frames in, flows counted, no decoders. */
import { Dissector } from '../src/capture/dissect.ts';
import { captureFiles, readCapture } from '../src/capture/input/read.ts';

const started = performance.now();
const dissector = new Dissector();
const [file] = captureFiles(process.argv.slice(2));
await readCapture(file, dissector);
dissector.finish();
const seconds = (performance.now() - started) / 1000;
const { packets } = dissector.counters;
process.stdout.write(JSON.stringify({ packets, flows: dissector.flows.begun, seconds }));
