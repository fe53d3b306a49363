/**
 * Progress on stderr for work of more than two seconds: rate and time left. One line that
 * overwrites itself on a terminal; elsewhere (a log) a line every five seconds.
 */
import type { Output } from './output.ts';

const SILENT_MS = 2_000;
const TERMINAL_MS = 100;
const LOG_MS = 5_000;

export class Progress {
  readonly #err: Output;
  readonly #work: string;
  readonly #unit: 'bytes' | 'items';
  readonly #total: number | undefined;
  readonly #now: () => number;
  readonly #started: number;
  #nextAt: number;
  #shown = false;

  /** `total` in the same unit as what `at` gets; undefined where the end is not known. */
  constructor(
    err: Output,
    work: string,
    unit: 'bytes' | 'items',
    total: number | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#err = err;
    this.#work = work;
    this.#unit = unit;
    this.#total = total;
    this.#now = now;
    this.#started = now();
    this.#nextAt = this.#started + SILENT_MS;
  }

  /** Says how far the work is, counted from its start. Cheap enough for every chunk. */
  at(done: number): void {
    const now = this.#now();
    if (now < this.#nextAt) return;
    const line = describe(this.#work, this.#unit, done, this.#total, now - this.#started);
    if (this.#err.isTerminal) {
      this.#err.write(`\r\x1b[2K${line.slice(0, this.#err.width - 1)}`);
      this.#nextAt = now + TERMINAL_MS;
    } else {
      this.#err.print(line);
      this.#nextAt = now + LOG_MS;
    }
    this.#shown = true;
  }

  /** Takes the line away again. */
  done(): void {
    if (this.#shown && this.#err.isTerminal) this.#err.write('\r\x1b[2K');
    this.#shown = false;
    this.#nextAt = Number.POSITIVE_INFINITY;
  }
}

function describe(
  work: string,
  unit: 'bytes' | 'items',
  done: number,
  total: number | undefined,
  elapsedMs: number,
): string {
  const perSecond = (done / elapsedMs) * 1_000;
  const rate = `${amount(perSecond, unit)}/s`;
  if (total === undefined || total <= 0) return `${work}: ${amount(done, unit)}, ${rate}`;
  const share = Math.min(done / total, 1);
  const left = perSecond > 0 ? `, ${duration((total - done) / perSecond)} left` : '';
  return `${work}: ${Math.floor(share * 100)} %, ${rate}${left}`;
}

function amount(value: number, unit: 'bytes' | 'items'): string {
  const suffix = unit === 'bytes' ? 'B' : '';
  for (const [scale, prefix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (value >= scale) return `${(value / scale).toFixed(1)} ${prefix}${suffix}`;
  }
  return `${Math.round(value)}${suffix && ` ${suffix}`}`;
}

function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
