/** Saved evidence: packets that Wireshark opens, in which no secret survives, in a folder that is nobody else's. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import {
  controls,
  type Evidence,
  evaluateAll,
  type Finding,
  saveEvidence,
} from '../src/audit/index.ts';
import { type Secret, SecretSealer } from '../src/base/index.ts';
import { captureFiles, type PacketRef, readTraffic, type Traffic } from '../src/capture/index.ts';
import { ethernet, ipv4, ipv6, linkLocal, mac, tcp, u16 } from '../src/capture/testing.ts';
import { inventory } from '../src/fleet/index.ts';
import { program } from './support/needs.ts';

const DEMO = fileURLToPath(new URL('../examples/site.pcap', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'fleetward-evidence-'));
afterAll(() => rmSync(root, { recursive: true }));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'));
});

interface Index {
  readonly findings: readonly {
    readonly slice: string | null;
    readonly sha256: string | null;
    readonly control: string;
    readonly packets: readonly {
      readonly slice: number;
      readonly packet: number;
      readonly maskedBytes: number;
    }[];
    readonly leftOut: readonly object[];
  }[];
}

const indexOf = (path: string): Index => JSON.parse(readFileSync(join(path, 'index.json'), 'utf8'));
const slicesIn = (path: string): string[] =>
  readdirSync(path).filter((name) => name.endsWith('.pcapng'));
const allBytes = (path: string): Buffer =>
  Buffer.concat(readdirSync(path).map((name) => readFileSync(join(path, name))));

async function demo(): Promise<{ traffic: Traffic; findings: readonly Finding[] }> {
  const traffic = await readTraffic(captureFiles([DEMO]));
  return { traffic, findings: evaluateAll(controls, inventory(traffic)).findings };
}

describe('of the demo', () => {
  test('every finding has its packets, with hashes, readable by the owner only', async () => {
    const { findings } = await demo();
    const path = join(folder, 'new', 'evidence');
    const saved = await saveEvidence(path, { files: captureFiles([DEMO]), findings });
    const index = indexOf(path);
    expect(saved.slices).toBe(findings.length);
    expect(index.findings).toHaveLength(findings.length);
    for (const { slice, sha256, packets, leftOut } of index.findings) {
      const bytes = readFileSync(join(path, slice as string));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
      expect(packets.length).toBeGreaterThan(0);
      expect(leftOut).toEqual([]);
      expect(statSync(join(path, slice as string)).mode & 0o777).toBe(0o600);
      expect(slice).toMatch(/^[A-Z]{2}-\d\d-[0-9a-f-]+-[0-9a-f]{8}\.pcapng$/);
    }
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test('none of its secrets survives, raw or as Basic credentials', async () => {
    const { traffic, findings } = await demo();
    await saveEvidence(folder, { files: captureFiles([DEMO]), findings });
    const secrets = new Map<string, Buffer>();
    for (const kind of traffic.observations.kinds()) {
      for (const { secrets: of } of traffic.observations.of(kind)) {
        for (const secret of of) secrets.set(secret.hash, Buffer.from(secret.reveal()));
      }
    }
    expect(secrets.size).toBeGreaterThan(3);
    for (const name of slicesIn(folder)) {
      const payloads = readFileSync(join(folder, name)).toString('latin1');
      for (const secret of secrets.values()) {
        if (secret.length < 4) continue;
        expect(payloads).not.toContain(secret.toString('latin1'));
        for (const user of ['admin', 'root', 'owner', '']) {
          const basic = Buffer.concat([Buffer.from(`${user}:`), secret]).toString('base64');
          expect(payloads).not.toContain(basic.replace(/=+$/, ''));
        }
      }
    }
  });

  const tshark = program('tshark');
  test('Wireshark opens every slice, and says which packet of the capture each is', {
    ...tshark,
    timeout: 120_000,
  }, async () => {
    const { findings } = await demo();
    await saveEvidence(folder, { files: captureFiles([DEMO]), findings });
    const run = (file: string, ...more: string[]): string[] =>
      execFileSync(tshark.path, ['-r', file, ...more], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .trimEnd()
        .split('\n');
    const fields = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len'];
    const original = run(DEMO, ...fields);
    const some = indexOf(folder).findings.filter((_, number) => number % 8 === 0);
    for (const { slice, packets } of some) {
      const file = join(folder, slice as string);
      const lines = run(file, ...fields);
      expect(lines).toEqual(packets.map(({ packet }) => original[packet - 1]));
      const comments = run(file, '-T', 'fields', '-e', 'frame.comment');
      for (const [at, { packet }] of packets.entries()) {
        expect(comments[at]).toContain(`packet ${packet} of site.pcap`);
      }
    }
  });
});

/** A capture of these frames. */
function capture(frames: readonly Buffer[]): string {
  const path = join(folder, 'made.pcap');
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.map((frame, number) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + number, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  writeFileSync(path, Buffer.concat([head, ...records]));
  return path;
}

const ref = (packet: number): PacketRef => ({ file: 0, packet, seconds: 0, nanos: 0 });

function finding(evidence: Partial<Evidence> & { packets: readonly PacketRef[] }): Finding {
  const control = controls[0];
  return {
    control,
    device: { id: 'mac:02:00:00:00:00:01' },
    severity: 'high',
    evidence: [{ flow: 'a → b tcp', fields: {}, secrets: [], maskPayload: false, ...evidence }],
    note: undefined,
    fingerprint: `${Math.random().toString(16).slice(2)}0000000000000000`.slice(0, 16),
    status: 'new',
    acceptance: undefined,
  } as unknown as Finding;
}

const sealer = new SecretSealer(new Uint8Array(32));
const LINKS = ['ipv4', 'ipv6', 'vlan'] as const;

function frame(link: (typeof LINKS)[number], payload: Buffer, port = 80): Buffer {
  const segment = tcp({ from: 40_000, to: port, payload });
  const packet =
    link === 'ipv6'
      ? ipv6(linkLocal(1), linkLocal(2), 6, segment)
      : ipv4('10.0.0.1', '10.0.0.2', 6, segment);
  if (link === 'vlan') {
    return ethernet(mac(1), mac(2), 0x8100, Buffer.concat([u16(7), u16(0x0800), packet]));
  }
  return ethernet(mac(1), mac(2), link === 'ipv6' ? 0x86dd : 0x0800, packet);
}

const ENCODINGS: Readonly<Record<string, (secret: Buffer) => string>> = {
  raw: (secret) => secret.toString('latin1'),
  percent: (secret) => [...secret].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  component: (secret) => encodeURIComponent(secret.toString()),
  form: (secret) => new URLSearchParams({ p: secret.toString() }).toString().slice(2),
  json: (secret) => Buffer.from(JSON.stringify(secret.toString()).slice(1, -1)).toString('latin1'),
  xml: (secret) =>
    Buffer.from(
      secret.toString().replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`),
    ).toString('latin1'),
  basic: (secret) => Buffer.concat([Buffer.from('user:'), secret]).toString('base64'),
  base64url: (secret) => secret.toString('base64url'),
  'path before base64': (secret) => `x/${secret.toString('base64')}`,
  hexadecimal: (secret) => secret.toString('hex'),
  'unknown to us': (secret) => [...secret].map((byte) => String.fromCharCode(byte ^ 0x15)).join(''),
};

const secretText = fc
  .string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(...'abcXYZ019 %+&<>"\'\\/=:;é灯') })
  .filter((text) => !text.includes('*') && text.trim() !== '');
const filler = fc.string({ maxLength: 60, unit: fc.constantFrom(...'mnopq{}[],;:\n ') });

describe('masking', () => {
  test.each(Object.keys(ENCODINGS))(
    'no secret survives, written %s',
    async (encoding) => {
      await fc.assert(
        fc.asyncProperty(
          secretText,
          filler,
          filler,
          fc.constantFrom(...LINKS),
          async (text, before, after, link) => {
            const bytes = Buffer.from(text);
            const written = ENCODINGS[encoding](bytes);
            const payload = Buffer.from(`${before}"${written}"${after}`, 'latin1');
            const path = capture([frame(link, payload), frame(link, Buffer.from('nothing'))]);
            const secret = sealer.seal(bytes);
            const findings = [
              finding({ packets: [ref(1), ref(2)], secrets: [secret] }),
              finding({ packets: [ref(1)] }),
            ];
            const out = mkdtempSync(join(folder, 'out-'));
            await saveEvidence(out, { files: captureFiles([path]), findings });
            const saved = Buffer.concat(slicesIn(out).map((name) => readFileSync(join(out, name))));
            if (bytes.length >= 4) expect(saved.includes(bytes)).toBe(false);
            expect(saved.includes(Buffer.from(`"${written}"`, 'latin1'))).toBe(false);
            rmSync(out, { recursive: true });
          },
        ),
        { numRuns: 60 },
      );
    },
    60_000,
  );

  test('a secret that is split over packets takes all of their payload with it, and that of its flow', async () => {
    await fc.assert(
      fc.asyncProperty(
        secretText.filter((text) => text.length >= 6 && !/[<>]/.test(text)),
        fc.nat(),
        async (text, cut) => {
          const bytes = Buffer.from(text);
          const at = 1 + (cut % (bytes.length - 1));
          const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
          const [first, second] = pieces.map((piece) =>
            Buffer.concat([Buffer.from('<<'), piece, Buffer.from('>>')]),
          );
          const path = capture([frame('ipv4', first), frame('ipv4', second)]);
          const findings = [
            finding({ packets: [ref(1)], secrets: [sealer.seal(bytes)] }),
            finding({ packets: [ref(2)] }),
          ];
          const out = mkdtempSync(join(folder, 'out-'));
          await saveEvidence(out, { files: captureFiles([path]), findings });
          expect(allBytes(out).includes('<<')).toBe(false);
          rmSync(out, { recursive: true });
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test('keystrokes are masked in every finding that shows packets of that server', async () => {
    const keys = [...'hunter2'].map((key) => frame('ipv4', Buffer.from(`<${key}>`), 23));
    const path = capture(keys);
    const findings = [
      finding({ packets: [ref(1), ref(2)], maskPayload: true }),
      finding({ packets: [3, 4, 5, 6, 7].map(ref) }),
    ];
    await saveEvidence(join(folder, 'out'), { files: captureFiles([path]), findings });
    expect(allBytes(join(folder, 'out')).toString('latin1')).not.toMatch(/<[hunter2]>/);
    expect(
      indexOf(join(folder, 'out')).findings[1].packets.map((each) => each.maskedBytes),
    ).toEqual([3, 3, 3, 3, 3]);
  });

  test('what is no secret is kept byte for byte', async () => {
    const path = capture([
      frame('ipv4', Buffer.from('GET /status HTTP/1.1\r\nCookie: s=topsecret\r\n')),
    ]);
    const findings = [finding({ packets: [ref(1)], secrets: [sealer.seal('topsecret')] })];
    await saveEvidence(join(folder, 'out'), { files: captureFiles([path]), findings });
    const [slice] = slicesIn(join(folder, 'out'));
    expect(readFileSync(join(folder, 'out', slice)).toString('latin1')).toContain(
      'GET /status HTTP/1.1\r\nCookie: s=*********\r\n',
    );
  });

  test('frames of any bytes and link type are saved without an error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 }),
        fc.uint8Array({ minLength: 1, maxLength: 6 }),
        async (frames, bytes) => {
          const path = capture(frames.map((each) => Buffer.from(each)));
          const secrets: Secret[] = [sealer.seal(bytes)];
          const findings = [
            finding({
              packets: frames.map((_, at) => ref(at + 1)),
              secrets,
              maskPayload: bytes.length > 3,
            }),
          ];
          const out = mkdtempSync(join(folder, 'out-'));
          const { packets } = await saveEvidence(out, { files: captureFiles([path]), findings });
          expect(packets).toBe(frames.length);
          rmSync(out, { recursive: true });
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  test('a slice holds at most 64 KiB, and says what it leaves out', async () => {
    const path = capture(Array.from({ length: 60 }, () => frame('ipv4', Buffer.alloc(1400, 'x'))));
    const findings = [finding({ packets: Array.from({ length: 61 }, (_, at) => ref(at + 1)) })];
    await saveEvidence(join(folder, 'out'), { files: captureFiles([path]), findings });
    const [{ packets, leftOut }] = indexOf(join(folder, 'out')).findings;
    expect(packets.length + leftOut.length).toBe(61);
    const [slice] = slicesIn(join(folder, 'out'));
    expect(statSync(join(folder, 'out', slice)).size).toBeLessThan(70_000);
  });
});

describe('the folder', () => {
  const save = async (path: string) => {
    const made = capture([frame('ipv4', Buffer.from('x'))]);
    return saveEvidence(path, {
      files: captureFiles([made]),
      findings: [finding({ packets: [ref(1)] })],
    });
  };

  test('of an earlier run is replaced', async () => {
    const path = join(folder, 'out');
    await save(path);
    const before = slicesIn(path);
    await save(path);
    expect(slicesIn(path)).toHaveLength(1);
    expect(slicesIn(path)).not.toEqual(before);
  });

  test('with other files is refused, and they are left alone', async () => {
    const path = join(folder, 'mine');
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'x');
    await expect(save(path)).rejects.toThrow(/holds other files/);
    writeFileSync(join(path, 'index.json'), '{"schema":"urn:fleetward:evidence:1"}');
    await expect(save(path)).rejects.toThrow(/holds other files/);
    rmSync(join(path, 'thesis.txt'));
    writeFileSync(join(path, 'index.json'), '{"schema":"another"}');
    await expect(save(path)).rejects.toThrow(/holds other files/);
    expect(readdirSync(path)).toEqual(['index.json']);
  });

  test('that is a link or a file is refused', async () => {
    mkdirSync(join(folder, 'target'));
    symlinkSync(join(folder, 'target'), join(folder, 'link'));
    await expect(save(join(folder, 'link'))).rejects.toThrow(/links are not followed/);
    writeFileSync(join(folder, 'file'), '');
    await expect(save(join(folder, 'file'))).rejects.toThrow(/is not a folder/);
  });

  test('holds a planted link: it is removed, not followed', async () => {
    const path = join(folder, 'out');
    await save(path);
    writeFileSync(join(folder, 'precious.pcapng'), 'precious');
    symlinkSync(join(folder, 'precious.pcapng'), join(path, 'AN-01-planted.pcapng'));
    await save(path);
    expect(readFileSync(join(folder, 'precious.pcapng'), 'utf8')).toBe('precious');
    expect(existsSync(join(path, 'AN-01-planted.pcapng'))).toBe(false);
  });
});
