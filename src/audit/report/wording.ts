/**
 * How the writers for people put things: names and other text from the wire made safe and short, numbers, times and
 * verdicts in words. One place, so that terminal, HTML and SARIF say the same.
 */
import { escapeControls } from '../../base/index.ts';
import type { Severity } from '../control.ts';
import type { ReportDevice, ReportVerdict } from './model.ts';

/** Longest text from the wire that is shown; a device chooses its own name, however long. */
export const TEXT_CHARACTERS_MAX = 160;

// Invisible beyond those that escapeControls knows: fillers, soft hyphen, tags. They make two names look alike.
const INVISIBLE = /\u034f|[\u00ad\u115f\u1160\u3164\uffa0\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
/** Marks are stacked on one letter without end to draw over neighbouring lines. */
const STACKED_MARKS = /(\p{M}{3})\p{M}+/gu;

/** Text from the wire as it may be shown anywhere: nothing invisible, nothing that acts, at most `max` characters. */
export function visible(text: string, max = TEXT_CHARACTERS_MAX): string {
  const cut = text.length > max ? `${cutAt(text, max - 1)}…` : text;
  return escapeControls(cut)
    .replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
    .replace(STACKED_MARKS, '$1');
}

/** The first `length` units of a text without half a surrogate pair at their end. */
function cutAt(text: string, length: number): string {
  const code = text.charCodeAt(length - 1);
  return text.slice(0, code >= 0xd800 && code < 0xdc00 ? length - 1 : length);
}

/** What people call a device: what the operator expects it to be called, what it calls itself, else its address. */
export function deviceLabel(device: ReportDevice, max = 48): string {
  const names = [
    device.expected?.name,
    ...device.names.slice(0, 4),
    device.addresses[0],
    device.mac,
  ];
  return visible(names.find((name) => name && name.trim() !== '') ?? device.id, max);
}

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  info: 'Info',
};

export type VerdictWord = ReportVerdict['verdict'];

/** What each verdict means; printed in every report. */
export const VERDICTS: Readonly<Record<VerdictWord, { word: string; meaning: string }>> = {
  pass: {
    word: 'pass',
    meaning: 'Judged in this traffic often or long enough, and nothing failed.',
  },
  fail: { word: 'fail', meaning: 'The packets named as evidence prove it.' },
  not_seen: {
    word: 'not seen',
    meaning:
      'The situation did not occur, or too little of it to say pass. It says nothing about the device.',
  },
  not_visible: {
    word: 'not visible',
    meaning: 'It occurred, but what decides it was encrypted, cut or out of view.',
  },
};

/** `1,234,567`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 device`, `3 devices`. */
export function some(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** `1.4 MB`: decimal, as disks and networks count. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `48 s`, `12 min`, `3.5 h`, `6.2 days`. */
export function durationText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

/** `2026-11-24 23:23:25 UTC` of an RFC 3339 time; with `fraction` to the microsecond. */
export function timeText(time: string, fraction = false): string {
  const [, date, clock, digits = ''] =
    /^(\d{4,6}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?/.exec(time) ?? [];
  if (date === undefined) return visible(time);
  return `${date} ${clock}${fraction ? `.${digits.padEnd(6, '0').slice(0, 6)}` : ''} UTC`;
}

/** Packet numbers as Wireshark's display filter: `frame.number in {3, 7..9}`. */
export function displayFilter(packets: readonly number[]): string {
  return `frame.number in {${ranges(packets, '..').join(', ')}}`;
}

/** `3, 7–9`; at most `max` parts. */
export function packetsText(packets: readonly number[], max = 16): string {
  const parts = ranges(packets, '–');
  const more = parts.length - max;
  return more > 0 ? `${parts.slice(0, max).join(', ')} and ${more} more` : parts.join(', ');
}

function ranges(packets: readonly number[], between: string): string[] {
  const sorted = [...new Set(packets)].sort((one, other) => one - other);
  const parts: string[] = [];
  for (let from = 0, to = 0; from < sorted.length; from = to + 1) {
    to = from;
    while (sorted[to + 1] === sorted[to] + 1) to++;
    if (to > from + 1) parts.push(`${sorted[from]}${between}${sorted[to]}`);
    else parts.push(...sorted.slice(from, to + 1).map(String));
  }
  return parts;
}

/** `3 sessions or 24 h needed, 1 session and 0.4 h in view`; empty where nothing was judged. */
export function floorText(floor: ReportVerdict['floor']): string {
  if (!floor) return '';
  const { sessions, hours } = floor.required;
  const needed = [
    sessions === undefined ? [] : some(sessions, 'session'),
    hours === undefined ? [] : hoursText(hours),
  ].flat();
  const seen = `${some(floor.seen.sessions, 'session')} and ${hoursText(floor.seen.hours)} in view`;
  return needed.length > 0 ? `${needed.join(' or ')} needed, ${seen}` : seen;
}

const hoursText = (hours: number): string => durationText(hours * 3600).replace(/\.0 h$/, ' h');

/** `192.168.50.0/24` and others in one list: `a, b, c and 4 more`. */
export function listText(items: readonly string[], max: number): string {
  if (items.length <= max) return items.join(', ');
  return `${items.slice(0, max).join(', ')} and ${count(items.length - max)} more`;
}
