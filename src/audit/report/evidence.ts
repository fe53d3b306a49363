/**
 * Saves the packets that prove each finding as pcapng, with every secret that was read from them masked, and an index
 * that says which packet of a slice is which of the capture. Reads the captures a second time for it.
 */
import { createHash } from 'node:crypto';
import { jsonText, SECRET_BYTES_MAX } from '../../base/index.ts';
import {
  type CaptureFile,
  type FrameSink,
  type PacketRef,
  type Progress,
  readCapture,
} from '../../capture/index.ts';
import type { Evidence } from '../control.ts';
import type { Finding } from '../evaluate.ts';
import { EVIDENCE_SCHEMA, EvidenceFolder, INDEX_NAME } from './evidence/folder.ts';
import { type Range, SECRET_BYTES_MIN, SecretFinder } from './evidence/masking.ts';
import { payloadOf } from './evidence/payload.ts';
import { pcapng, type SliceInterface, type SlicePacket } from './evidence/pcapng.ts';
import { visible } from './wording.ts';

/** Of a finding's packets, in bytes as captured. */
export const SLICE_BYTES_MAX = 64 * 1024;
/** Findings that evidence is saved of, most severe first; the index says how many were left. */
const FINDINGS_MAX = 5000;
/** Of all packets that are held at once. */
const HELD_BYTES_MAX = 128 * 1024 * 1024;
/** A packet that would be cut shorter than this is left out instead. */
const CUT_BYTES_MIN = 64;
const NAME_CHARACTERS_MAX = 48;
const MASK = 0x2a;

export interface EvidenceParts {
  /** In the order in which they were read: `PacketRef.file` is an index into them. */
  readonly files: readonly CaptureFile[];
  readonly findings: readonly Finding[];
  readonly progress?: Progress;
}

export interface SavedEvidence {
  readonly slices: number;
  readonly packets: number;
  readonly findingsLeftOut: number;
}

/** @throws InputError `evidence-folder` for a folder that is not ours to write to; those of reading a capture. */
export async function saveEvidence(path: string, parts: EvidenceParts): Promise<SavedEvidence> {
  const findings = parts.findings.slice(0, FINDINGS_MAX);
  const folder = new EvidenceFolder(path);
  const packets = await pick(parts.files, findings, parts.progress);
  mask(packets, findings);
  const names = parts.files.map(({ name }) => visible(name));
  const entries = findings.map((finding) => {
    const slice = sliceOf(finding, packets, names);
    if (slice.packets.length > 0) folder.write(slice.name, slice.content);
    return indexEntry(finding, slice, names);
  });
  const findingsLeftOut = parts.findings.length - findings.length;
  const index = { schema: EVIDENCE_SCHEMA, captures: names, findings: entries, findingsLeftOut };
  folder.write(INDEX_NAME, `${jsonText(index, 2)}\n`);
  return {
    slices: entries.filter(({ slice }) => slice !== null).length,
    packets: entries.reduce((sum, entry) => sum + entry.packets.length, 0),
    findingsLeftOut,
  };
}

/** A packet of a capture that proves something. */
interface HeldPacket {
  readonly at: PacketRef;
  readonly bytes: Buffer;
  readonly linkType: number;
  readonly originalLength: number;
  /** How many bytes were masked. */
  masked: number;
}

type Held = ReadonlyMap<string, HeldPacket>;

const keyOf = ({ file, packet }: PacketRef): string => `${file} ${packet}`;

/** Reads the captures again and keeps the packets that the findings name. */
async function pick(
  files: readonly CaptureFile[],
  findings: readonly Finding[],
  progress: Progress | undefined,
): Promise<Held> {
  const wanted = new Map<number, Set<number>>();
  for (const { evidence } of findings) {
    for (const { packets } of evidence) {
      for (const { file, packet } of packets) {
        const known = wanted.get(file);
        if (known) known.add(packet);
        else wanted.set(file, new Set([packet]));
      }
    }
  }
  const held = new Map<string, HeldPacket>();
  for (const [file, numbers] of [...wanted].sort(([one], [other]) => one - other)) {
    const capture = files[file];
    if (capture) await readCapture(capture, new Picker(file, numbers, held), progress);
  }
  return held;
}

class Picker implements FrameSink {
  readonly #file: number;
  readonly #wanted: ReadonlySet<number>;
  readonly #held: Map<string, HeldPacket>;
  #packet = 0;
  #heldBytes: number;

  constructor(file: number, wanted: ReadonlySet<number>, held: Map<string, HeldPacket>) {
    this.#file = file;
    this.#wanted = wanted;
    this.#held = held;
    this.#heldBytes = held.values().reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  frame(
    buffer: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    seconds: number,
    nanos: number,
  ): void {
    this.#packet++;
    if (!this.#wanted.has(this.#packet)) return;
    this.#heldBytes += end - start;
    if (this.#heldBytes > HELD_BYTES_MAX) return;
    const at = { file: this.#file, packet: this.#packet, seconds, nanos };
    const bytes = Buffer.from(buffer.subarray(start, end));
    this.#held.set(keyOf(at), { at, bytes, linkType, originalLength, masked: 0 });
  }
}

/**
 * Masks every secret of every finding in every packet. Where a secret was not found whole (split over packets, encoded
 * otherwise, too short to be sure of, or cut when it was read), all payload of the packets it came from is masked, and
 * that of other packets of the same flows; where it is spread over packets by nature (Telnet), that of all packets from
 * and to the same ends.
 */
function mask(held: Held, findings: readonly Finding[]): void {
  const evidence = findings.flatMap((finding) => finding.evidence);
  const finder = new SecretFinder(evidence.flatMap(({ secrets }) => secrets));
  const places = new Map(
    [...held].map(([key, { bytes, linkType }]) => {
      const payload = payloadOf(bytes, linkType);
      return [key, { ...payload, ...finder.find(bytes, payload.start) }];
    }),
  );
  const wholly = new Set<string>();
  const flows = new Set<string>();
  const ends = new Set<string>();
  for (const each of evidence) {
    const found = each.packets.map(keyOf).filter((key) => places.has(key));
    const unsure = each.secrets.some(
      (secret) =>
        secret.length > 0 &&
        (secret.length < SECRET_BYTES_MIN ||
          secret.length >= SECRET_BYTES_MAX ||
          !found.some((key) => places.get(key)?.whole.has(secret.hash))),
    );
    if (!unsure && !each.maskPayload) continue;
    for (const key of found) {
      wholly.add(key);
      const of = places.get(key)?.ends ?? [];
      if (of.length > 0) flows.add(flowOf(of));
      if (each.maskPayload) for (const end of of) ends.add(end);
    }
  }
  for (const [key, packet] of held) {
    const place = places.get(key);
    if (!place) continue;
    const all =
      wholly.has(key) || flows.has(flowOf(place.ends)) || place.ends.some((end) => ends.has(end));
    packet.masked = overwrite(
      packet.bytes,
      all ? [[place.start, packet.bytes.length]] : place.ranges,
    );
  }
}

const flowOf = (ends: readonly string[]): string => [...ends].sort().join(' ');

/** @returns how many bytes were masked. */
function overwrite(bytes: Buffer, ranges: readonly Range[]): number {
  const masked = new Set<number>();
  for (const [start, end] of ranges) {
    bytes.fill(MASK, start, end);
    for (let at = start; at < end; at++) masked.add(at);
  }
  return masked.size;
}

interface Slice {
  readonly name: string;
  readonly content: Buffer;
  /** In the order of the slice. */
  readonly packets: readonly HeldPacket[];
  /** Named as evidence, and not in the slice: it was full, or they could not be read. */
  readonly leftOut: readonly PacketRef[];
}

function sliceOf(finding: Finding, held: Held, names: readonly string[]): Slice {
  const refs = new Map(
    finding.evidence.flatMap(({ packets }) => packets).map((at) => [keyOf(at), at]),
  );
  const ordered = [...refs.values()].sort(
    (one, other) => one.file - other.file || one.packet - other.packet,
  );
  const interfaces: SliceInterface[] = [];
  const packets: HeldPacket[] = [];
  const written: SlicePacket[] = [];
  const leftOut: PacketRef[] = [];
  let room = SLICE_BYTES_MAX;
  for (const at of ordered) {
    const packet = held.get(keyOf(at));
    const length = Math.min(packet?.bytes.length ?? 0, room);
    if (!packet || (length < packet.bytes.length && length < CUT_BYTES_MIN)) {
      leftOut.push(at);
      continue;
    }
    room -= length;
    packets.push(packet);
    written.push({
      interfaceId: interfaceOf(interfaces, names[at.file] ?? '', packet.linkType),
      seconds: packet.at.seconds,
      nanos: packet.at.nanos,
      bytes: packet.bytes.subarray(0, length),
      originalLength: packet.originalLength,
      comment: commentOf(packet, names[at.file] ?? ''),
    });
  }
  const { control, device, fingerprint } = finding;
  const comment = `${control.id} ${control.title}, ${visible(device.id)}; finding ${fingerprint}; secrets are masked with *, so checksums are wrong`;
  const name = `${fileName(control.id)}-${fileName(device.id.replace(/^(mac|ip):/, ''))}-${fileName(fingerprint.slice(0, 8))}.pcapng`;
  return { name, content: pcapng(comment, interfaces, written), packets, leftOut };
}

function interfaceOf(interfaces: SliceInterface[], name: string, linkType: number): number {
  const known = interfaces.findIndex((each) => each.name === name && each.linkType === linkType);
  return known >= 0 ? known : interfaces.push({ name, linkType }) - 1;
}

function commentOf({ at, masked }: HeldPacket, name: string): string {
  const origin = `packet ${at.packet} of ${name}`;
  return masked > 0 ? `${origin}; ${masked} bytes masked` : origin;
}

/** Letters, digits, dots and hyphens: safe on every file system, in every shell. */
const fileName = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, NAME_CHARACTERS_MAX) || 'x';

function indexEntry(finding: Finding, slice: Slice, names: readonly string[]) {
  const { control, device, severity, fingerprint, evidence } = finding;
  const isWritten = slice.packets.length > 0;
  return {
    control: control.id,
    title: control.title,
    device: visible(device.id),
    severity,
    fingerprint,
    flows: [...new Set(evidence.map((each: Evidence) => visible(each.flow)))],
    slice: isWritten ? slice.name : null,
    sha256: isWritten ? createHash('sha256').update(slice.content).digest('hex') : null,
    packets: slice.packets.map(({ at, masked }, index) => ({
      slice: index + 1,
      capture: names[at.file] ?? '',
      packet: at.packet,
      maskedBytes: masked,
    })),
    leftOut: slice.leftOut.map(({ file, packet }) => ({ capture: names[file] ?? '', packet })),
  };
}
