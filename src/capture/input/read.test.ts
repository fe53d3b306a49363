/** Every variant of pcap and pcapng gives back the frames that went in, whole or cut, plain or compressed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { FrameSink } from './frames.ts';
import { captureFiles, readCapture } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleetward-read-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Frame {
  readonly bytes: Buffer;
  readonly original: number;
  readonly linkType: number;
  readonly seconds: number;
  readonly nanos: number;
}

class Collected implements FrameSink {
  readonly frames: Frame[] = [];
  frame(
    buffer: Uint8Array,
    start: number,
    end: number,
    original: number,
    linkType: number,
    seconds: number,
    nanos: number,
  ): void {
    this.frames.push({
      bytes: Buffer.from(buffer.subarray(start, end)),
      original,
      linkType,
      seconds,
      nanos,
    });
  }
}

async function read(bytes: Buffer, name = 'x.pcap') {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  const sink = new Collected();
  const { problems } = await readCapture(captureFiles([path])[0], sink);
  return { frames: sink.frames, problems };
}

const frameOf = fc.record({
  bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  extra: fc.nat(100),
  seconds: fc.integer({ min: 0, max: 0xffffffff }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
});

function number(bytes: 2 | 4, value: number, little: boolean): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 2) little ? buffer.writeUInt16LE(value) : buffer.writeUInt16BE(value);
  else little ? buffer.writeUInt32LE(value) : buffer.writeUInt32BE(value);
  return buffer;
}

function pcap(frames: readonly Frame[], little: boolean, nano: boolean, modified = false): Buffer {
  const u4 = (value: number) => number(4, value, little);
  const magic = modified ? 0xa1b2cd34 : nano ? 0xa1b23c4d : 0xa1b2c3d4;
  const header = [
    u4(magic),
    number(2, 2, little),
    number(2, 4, little),
    u4(0),
    u4(0),
    u4(65535),
    u4(1),
  ];
  const records = frames.map(({ bytes, original, seconds, nanos }) =>
    Buffer.concat([
      u4(seconds),
      u4(nano ? nanos : Math.floor(nanos / 1000)),
      u4(bytes.length),
      u4(original),
      ...(modified ? [Buffer.alloc(8)] : []),
      bytes,
    ]),
  );
  return Buffer.concat([...header, ...records]);
}

function block(type: number, body: Buffer, little: boolean): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const length = number(4, padded.length + 12, little);
  return Buffer.concat([number(4, type, little), length, padded, length]);
}

/** A section with two interfaces of different link types; odd frames come from the second. */
function section(
  frames: readonly Frame[],
  little: boolean,
  resolution: number,
  unit: bigint,
): Buffer {
  const u4 = (value: number) => number(4, value, little);
  const u2 = (value: number) => number(2, value, little);
  const sectionHeader = Buffer.concat([u4(0x1a2b3c4d), u2(1), u2(0), Buffer.alloc(8, 0xff)]);
  const option = Buffer.concat([u2(9), u2(1), Buffer.from([resolution, 0, 0, 0]), u2(0), u2(0)]);
  const description = (linkType: number) => Buffer.concat([u2(linkType), u2(0), u4(0), option]);
  const packets = frames.map(({ bytes, original, linkType, seconds, nanos }) => {
    const time = BigInt(seconds) * unit + (BigInt(nanos) * unit) / 1_000_000_000n;
    const head = [
      u4(linkType === 1 ? 0 : 1),
      u4(Number(time >> 32n)),
      u4(Number(time & 0xffffffffn)),
    ];
    return block(6, Buffer.concat([...head, u4(bytes.length), u4(original), bytes]), little);
  });
  return Buffer.concat([
    block(0x0a0d0d0a, sectionHeader, little),
    block(1, description(1), little),
    block(0x0bad, Buffer.from('a block that nobody knows'), little),
    block(1, description(101), little),
    ...packets,
    block(5, Buffer.alloc(12), little),
  ]);
}

describe('pcap', () => {
  for (const little of [true, false]) {
    for (const variant of ['micro', 'nano', 'modified'] as const) {
      test(`${little ? 'little' : 'big'}-endian, ${variant}`, async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(frameOf, { maxLength: 20 }), async (specs) => {
            const nano = variant === 'nano';
            const frames = specs.map(({ extra, nanos, ...rest }) => ({
              ...rest,
              nanos: nano ? nanos : nanos - (nanos % 1000),
              original: rest.bytes.length + extra,
              linkType: 1,
            }));
            const got = await read(pcap(frames, little, nano, variant === 'modified'));
            expect(got).toEqual({ frames, problems: [] });
          }),
          { numRuns: 30 },
        );
      });
    }
  }
});

describe('pcapng', () => {
  const resolutions = [
    [6, 10n ** 6n],
    [9, 10n ** 9n],
    [3, 10n ** 3n],
    [0, 1n],
    [12, 10n ** 12n],
    [0x80 | 20, 2n ** 20n],
    [0x80 | 30, 2n ** 30n],
  ] as const;
  for (const [resolution, unit] of resolutions) {
    test(`time resolution ${resolution}, two sections of different byte order`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(frameOf, { maxLength: 12 }), async (specs) => {
          const frames = specs.map(({ bytes, extra, seconds, nanos }, index) => {
            const units = (BigInt(nanos) * unit) / 1_000_000_000n;
            return {
              bytes,
              original: bytes.length + extra,
              linkType: index % 2 === 0 ? 1 : 101,
              seconds: resolution === 12 ? seconds % 9_000_000 : seconds,
              nanos: Number((units * 1_000_000_000n) / unit),
            };
          });
          const file = Buffer.concat([
            section(frames, true, resolution, unit),
            section(frames, false, resolution, unit),
          ]);
          // A time may lose less than a unit on the way in, never on the way back.
          const { frames: got, problems } = await read(file);
          expect(problems).toEqual([]);
          expect(got).toHaveLength(2 * frames.length);
          got.forEach((frame, index) => {
            const want = frames[index % frames.length];
            expect({ ...frame, nanos: 0 }).toEqual({ ...want, nanos: 0 });
            expect(Math.abs(frame.nanos - want.nanos)).toBeLessThanOrEqual(
              Number(1_000_000_000n / unit) + 1,
            );
          });
        }),
        { numRuns: 15 },
      );
    });
  }

  test('a packet block longer than any frame is passed over, and the next one read', async () => {
    const frame = { bytes: Buffer.from('after'), original: 5, linkType: 1, seconds: 1, nanos: 0 };
    const start = section([], true, 6, 10n ** 6n);
    const body = Buffer.concat([Buffer.alloc(20), Buffer.alloc(6_000_000)]);
    const rest = section([frame], true, 6, 10n ** 6n);
    const { frames, problems } = await read(Buffer.concat([start, block(6, body, true), rest]));
    expect(frames).toEqual([frame]);
    expect(problems).toHaveLength(1);
    expect(problems[0].offset).toBe(start.length);
  });
});

describe('files as they come', () => {
  const frames = Array.from({ length: 50 }, (_, index) => ({
    bytes: Buffer.alloc(60 + index, index),
    original: 60 + index,
    linkType: 1,
    seconds: 1_700_000_000 + index,
    nanos: 5000,
  }));
  const whole = pcap(frames, true, false);

  test('gzip, and gzip that is cut', async () => {
    expect((await read(gzipSync(whole), 'x.pcap.gz')).frames).toEqual(frames);
    const random = pcap(
      frames.map((frame) => ({
        ...frame,
        bytes: Buffer.from(crypto.getRandomValues(new Uint8Array(60))),
        original: 60,
      })),
      true,
      false,
    );
    const cut = await read(gzipSync(random).subarray(0, 2000), 'cut.pcap.gz');
    expect(cut.frames.length).toBeGreaterThan(5);
    expect(cut.problems[0].message).toMatch(/cut or damaged/);
  });

  test('a cut file gives what was whole, and says where it ends', async () => {
    for (const length of [whole.length - 1, whole.length - 70, 24 + 16 + 10, 24 + 3]) {
      const { frames: got, problems } = await read(whole.subarray(0, length));
      expect(got).toEqual(frames.slice(0, got.length));
      expect(problems).toHaveLength(1);
      expect(problems[0].offset).toBeLessThanOrEqual(length);
      expect(problems[0].message).toMatch(/cut/);
    }
  });

  test('a damaged record ends the reading there, and keeps what came before', async () => {
    const damaged = Buffer.from(whole);
    const secondRecord = 24 + 16 + 60;
    damaged.writeUInt32LE(0xfffffff0, secondRecord + 8);
    const { frames: got, problems } = await read(damaged);
    expect(got).toEqual(frames.slice(0, 1));
    expect(problems).toEqual([
      {
        file: join(folder, 'x.pcap'),
        offset: secondRecord,
        message: expect.stringMatching(/damaged/),
      },
    ]);
  });

  test('what is no capture is refused with one sentence that helps', async () => {
    await expect(read(Buffer.alloc(0))).rejects.toMatchObject({ code: 'file-empty', exitCode: 3 });
    await expect(read(Buffer.from('# not a capture, a text\n'))).rejects.toMatchObject({
      code: 'not-a-capture',
      exitCode: 3,
    });
    expect(() => captureFiles([join(folder, 'absent')])).toThrow(
      expect.objectContaining({ code: 'file-missing', exitCode: 3 }),
    );
  });

  test('any bytes at all are read or refused, never worse', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(whole, section(frames, true, 9, 10n ** 9n)),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        async (original, changes) => {
          const bytes = Buffer.from(original);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            const { frames: got } = await read(bytes);
            expect(got.length).toBeLessThanOrEqual(bytes.length);
          } catch (error) {
            expect(error).toMatchObject({ exitCode: 3 });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
