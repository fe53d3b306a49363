/**
 * What attackers name things: escape sequences, text that runs backwards, markup, ten thousand letters. A capture whose
 * every name is such, through every output of the whole program: nothing acts, nothing is wrong, nothing is endless.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import Ajv from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ethernet, ipv4, mac, tcp, u16, u32, udp } from '../src/capture/testing.ts';
import { fleetward, pcapOf, type Run, root } from './support/fleetward.ts';
import { data } from './support/needs.ts';

/** In every name, so that it can be looked for. */
const MARK = 'zz';
const NAMES: Readonly<Record<string, string>> = {
  'escape sequences': `${MARK}\u001b[2J\u001b]0;owned\u0007\u001b[31m\u009b1m`,
  'text that runs backwards': `${MARK}\u202egpj.exe\u2066\u200b\u2028x`,
  markup: `${MARK}"><script>globalThis.hacked=1</script><img src=x onerror=globalThis.hacked=2>`,
  'an attribute': `${MARK}' onmouseover='globalThis.hacked=3' x="`,
  'a command of a build log': `${MARK}\n::error::owned\r\n##vso[task.complete]`,
  'ten thousand letters': `${MARK}${'a'.repeat(10_000)}`,
  'ten thousand marks on one letter': `${MARK}e${'\u0301'.repeat(5_000)}`,
  'bytes that are no text': `${MARK}\ud800`,
};

const DEVICE = '10.66.0.1';
const CLIENT = '10.66.0.2';
const ACTS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

const folder = mkdtempSync(join(tmpdir(), 'fleetward-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(NAMES))('names of %s', (kind, name) => {
  const place = join(folder, kind.replaceAll(' ', '-'));
  const capture = `${place}.pcap`;
  const at = (ending: string): string => `${place}.${ending}`;
  let terminal: Run;
  let json: Run;
  let lines: string;
  beforeAll(() => {
    writeFileSync(capture, pcapOf(framesOf(Buffer.from(name))));
    terminal = fleetward(['scan', capture, '--html', at('html'), '--sarif', at('sarif')]);
    fleetward(['scan', capture, '--ocsf', at('ocsf')]);
    json = fleetward(['scan', capture, '--save-evidence', at('evidence'), '--json']);
    lines = fleetward(['decode', capture, '--json']).stdout;
  });

  test('end up in the report, and the scan ends well', () => {
    expect(terminal.status).toBe(0);
    expect(json).toMatchObject({ status: 0, stderr: '' });
    const { devices, findings, errors } = JSON.parse(json.stdout);
    expect(errors).toEqual([]);
    expect(JSON.stringify(devices)).toContain(MARK);
    expect(findings.length).toBeGreaterThan(2);
    expect(terminal.stdout).toContain(MARK);
    expect(readFileSync(at('html'), 'utf8')).toContain(MARK);
  });

  test('do not act in a terminal, whichever output is shown there', () => {
    const evidence = readFileSync(join(at('evidence'), 'index.json'), 'utf8');
    const outputs = {
      terminal: terminal.stdout + terminal.stderr,
      json: json.stdout,
      html: readFileSync(at('html'), 'utf8'),
      sarif: readFileSync(at('sarif'), 'utf8'),
      ocsf: readFileSync(at('ocsf'), 'utf8'),
      evidence,
      decode: fleetward(['decode', capture]).stdout,
      lines,
    };
    for (const [output, text] of Object.entries(outputs)) {
      expect(ACTS.exec(text)?.index, output).toBe(undefined);
      expect(text, output).not.toMatch(/^(::|##vso)/m);
    }
  });

  test('stay text in the page', () => {
    const page = readFileSync(at('html'), 'utf8');
    expect(page).not.toMatch(/<img src=x|<script>globalThis|' onmouseover='|"><script/);
    expect(page).not.toContain('</script><img');
  });

  test('leave the terminal readable: 80 columns, and not without end', () => {
    const shown = terminal.stdout.split('\n');
    expect(shown.filter((line) => [...line.normalize('NFC')].length > 80)).toEqual([]);
    expect(shown.length).toBeLessThan(400);
  });

  test('keep JSON, SARIF and file names what they must be', () => {
    const schema = JSON.parse(readFileSync(join(root, 'docs/report.schema.json'), 'utf8'));
    const validate = new Ajv2020.default({ strict: false }).compile(schema);
    validate(JSON.parse(json.stdout));
    expect(validate.errors ?? []).toEqual([]);
    expect(() => JSON.parse(readFileSync(at('sarif'), 'utf8'))).not.toThrow();
    for (const file of readdirSync(at('evidence'))) expect(file).toMatch(/^[A-Za-z0-9._-]{1,100}$/);
    for (const line of lines.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  test('take bounded room in every output', () => {
    const sizes = [
      terminal.stdout,
      json.stdout,
      readFileSync(at('html')),
      readFileSync(at('sarif')),
      readFileSync(at('ocsf')),
    ];
    for (const { length } of sizes) expect(length).toBeLessThan(1024 * 1024);
  });

  const schemas = data('schemas');
  test('are valid SARIF by the schema of OASIS', schemas, () => {
    const path = join(schemas.path, 'sarif-2.1.0/sarif-schema-2.1.0.json');
    const ajv = new Ajv.default({ strict: false });
    addFormats.default(ajv as never);
    const validate = ajv.compile(JSON.parse(readFileSync(path, 'utf8')));
    validate(JSON.parse(readFileSync(at('sarif'), 'utf8')));
    expect(validate.errors ?? []).toEqual([]);
  });
});

/** A device that gives this name to everything, and a client that logs in to it. */
function framesOf(name: Buffer): Buffer[] {
  const device = (target: string, payload: Buffer, protocol: number): Buffer =>
    ethernet(
      mac(1),
      target === CLIENT ? mac(2) : mac(0xff),
      0x0800,
      ipv4(DEVICE, target, protocol, payload),
    );
  const client = (payload: Buffer, protocol: number): Buffer =>
    ethernet(mac(2), mac(1), 0x0800, ipv4(CLIENT, DEVICE, protocol, payload));
  const line = Buffer.from(name.toString().replaceAll(/[\r\n]/g, ' '));

  const frames: Buffer[] = [dhcp(name)];
  /** What is said in turns, the client first unless it says nothing. */
  const session = (port: number, source: number, ...turns: readonly Buffer[]): void => {
    const next: [number, number] = [1000, 5000];
    const one = (side: 0 | 1, flags: string, payload?: Buffer): void => {
      const fields = {
        ...(side === 0 ? { from: source, to: port } : { from: port, to: source }),
        sequence: next[side],
        acknowledges: next[1 - side],
        flags,
        ...(payload ? { payload } : {}),
      };
      frames.push(side === 0 ? client(tcp(fields), 6) : device(CLIENT, tcp(fields), 6));
      next[side] += (payload?.length ?? 0) + (/[SF]/.test(flags) ? 1 : 0);
    };
    one(0, 'S');
    one(1, 'SA');
    one(0, 'A');
    for (const [number, said] of turns.entries()) {
      const side = (number % 2) as 0 | 1;
      for (let at = 0; at < said.length; at += 1400) one(side, 'A', said.subarray(at, at + 1400));
    }
    one(0, 'FA');
    one(1, 'FA');
  };
  const bytes = (...parts: readonly (string | Buffer)[]): Buffer =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));

  frames.push(
    device(
      '239.255.255.250',
      udp(
        1900,
        1900,
        bytes(
          'NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n',
          'USN: uuid:',
          line,
          '::upnp:rootdevice\r\nSERVER: ',
          line.subarray(0, 1000),
          '\r\n',
          `LOCATION: http://${DEVICE}/`,
          line.subarray(0, 100),
          '\r\nCACHE-CONTROL: max-age=60\r\n\r\n',
        ),
      ),
      17,
    ),
    device('224.0.0.251', udp(5353, 5353, mdns(name)), 17),
    device(CLIENT, udp(4000, 53, dnsQuery(name)), 17),
  );
  const login = Buffer.from('admin:admin').toString('base64');
  session(
    80,
    40_001,
    bytes(
      'GET /',
      encodeURIComponent(name.toString('latin1').slice(0, 200)),
      ' HTTP/1.1\r\nHost: ',
      line.subarray(0, 300),
      '\r\nUser-Agent: ',
      line.subarray(0, 2000),
      `\r\nAuthorization: Basic ${login}\r\n\r\n`,
    ),
    page(name, line),
  );
  const identity = name.subarray(0, 60_000);
  const connect = bytes(
    Buffer.from([0, 4]),
    'MQTT',
    Buffer.from([4, 0xc2, 0, 60]),
    u16(identity.length),
    identity,
    u16(identity.length),
    identity,
    u16(4),
    'pass',
  );
  session(
    1883,
    40_002,
    bytes(Buffer.from([0x10]), variableLength(connect.length), connect),
    Buffer.from([0x20, 2, 0, 0]),
  );
  session(
    21,
    40_003,
    Buffer.alloc(0),
    bytes('220 ', line.subarray(0, 400), '\r\n'),
    bytes('USER ', line.subarray(0, 400), '\r\n'),
    bytes('331 ', line.subarray(0, 400), '\r\n'),
    bytes('PASS x\r\n'),
    bytes('230 in\r\n'),
  );
  session(
    22,
    40_004,
    bytes('SSH-2.0-client\r\n'),
    bytes('SSH-2.0-', line.subarray(0, 200), '\r\n'),
  );
  session(
    23,
    40_005,
    Buffer.alloc(0),
    bytes(Buffer.from([255, 253, 24]), line.subarray(0, 1000), '\r\nlogin: '),
    bytes(line.subarray(0, 100), '\r\n'),
    bytes('Password: '),
    bytes('x\r\n'),
    bytes('\r\nWelcome\r\n# '),
  );
  return frames;
}

function page(name: Buffer, line: Buffer): Buffer {
  const body = Buffer.concat([
    Buffer.from('<!doctype html><html><head><title>'),
    name.subarray(0, 3000),
    Buffer.from('</title></head><body>settings</body></html>'),
  ]);
  const head = Buffer.concat([
    Buffer.from('HTTP/1.1 200 OK\r\nServer: '),
    line.subarray(0, 2000),
    Buffer.from(`\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n`),
  ]);
  return Buffer.concat([head, body]);
}

/** A request with the name as host name and vendor class: long options are split (RFC 3396). */
function dhcp(name: Buffer): Buffer {
  const option = (code: number, value: Buffer): Buffer => {
    const parts: Buffer[] = [];
    for (let at = 0; at < Math.min(value.length, 1000); at += 255) {
      const part = value.subarray(at, Math.min(at + 255, 1000));
      parts.push(Buffer.from([code, part.length]), part);
    }
    return Buffer.concat(parts);
  };
  const message = Buffer.concat([
    Buffer.from([1, 1, 6, 0]),
    u32(0x1234),
    Buffer.alloc(20),
    mac(1),
    Buffer.alloc(10 + 192),
    Buffer.from([0x63, 0x82, 0x53, 0x63]),
    option(53, Buffer.from([3])),
    option(50, Buffer.from(DEVICE.split('.').map(Number))),
    option(12, name),
    option(60, name),
    Buffer.from([255]),
  ]);
  const packet = ipv4('0.0.0.0', '255.255.255.255', 17, udp(68, 67, message));
  return ethernet(mac(1), Buffer.alloc(6, 0xff), 0x0800, packet);
}

const label = (text: Buffer | string): Buffer => {
  const bytes = Buffer.from(text as string).subarray(0, 63);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
};
const local = Buffer.concat([label('_http'), label('_tcp'), label('local'), Buffer.from([0])]);

/** An answer: instance name, text and host name. */
function mdns(name: Buffer): Buffer {
  const record = (owner: Buffer, type: number, value: Buffer): Buffer =>
    Buffer.concat([owner, u16(type), u16(0x8001), u32(120), u16(value.length), value]);
  const instance = Buffer.concat([label(name), local]);
  const host = Buffer.concat([label(name), label('local'), Buffer.from([0])]);
  const texts = Buffer.concat(
    ['md=', 'fn=', ''].map((key) => {
      const text = Buffer.concat([Buffer.from(key), name]).subarray(0, 255);
      return Buffer.concat([Buffer.from([text.length]), text]);
    }),
  );
  const address = Buffer.from(DEVICE.split('.').map(Number));
  return Buffer.concat([
    ...[u16(0), u16(0x8400), u16(0), u16(4), u16(0), u16(0)],
    record(local, 12, instance),
    record(instance, 16, texts),
    record(instance, 33, Buffer.concat([u32(0), u16(80), host])),
    record(host, 1, address),
  ]);
}

function dnsQuery(name: Buffer): Buffer {
  const question = Buffer.concat([label(name), label('example'), Buffer.from([0]), u16(1), u16(1)]);
  return Buffer.concat([u16(7), u16(0x0100), u16(1), u16(0), u16(0), u16(0), question]);
}

/** MQTT 3.1.1, section 2.2.3. */
function variableLength(length: number): Buffer {
  const bytes: number[] = [];
  for (let rest = length; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}
