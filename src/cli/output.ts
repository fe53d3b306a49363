/**
 * A stream that people or programs read: batches lines, knows its width and whether it may use
 * colour, and escapes what came from the wire.
 */
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { jsonText } from '../base/index.ts';

type Style = Parameters<typeof styleText>[0];
type Stream = Writable & { isTTY?: boolean; columns?: number };

const BATCH_BYTES = 64 * 1024;
const WIDTH_DEFAULT = 80;
const WIDTH_MAX = 100;

export class Output {
  readonly #stream: Stream;
  readonly #colour: boolean;
  #batch = '';
  #scheduled = false;

  constructor(stream: Stream, options: { colour: boolean }) {
    this.#stream = stream;
    this.#colour = options.colour;
  }

  /** Swallows everything: what --quiet makes of stderr. */
  static nowhere(): Output {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done() });
    return new Output(stream, { colour: false });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns to fill: the terminal's up to 100, and 80 where there is none. */
  get width(): number {
    return Math.min(this.#stream.columns || WIDTH_DEFAULT, WIDTH_MAX);
  }

  /**
   * Writes a line. Lines are batched, and flushed when the event loop turns, so that a million of
   * them do not cost a million system calls, and a slow source is still shown live.
   */
  print(line = ''): void {
    this.#add(`${line}\n`);
  }

  #add(text: string): void {
    this.#batch += text;
    if (this.#batch.length >= BATCH_BYTES) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    }
  }

  /** One JSON document, indented for people only when a person is there to read it. */
  json(value: unknown): void {
    if (this.isTerminal) this.#add(jsonText(value, 2));
    else for (const part of jsonParts(value)) this.#add(part);
    this.#add('\n');
  }

  /** Writes without a line's end, at once: for progress that overwrites itself. */
  write(text: string): void {
    this.#flush();
    this.#stream.write(text);
  }

  /** Flushes, and waits until a slow reader has caught up. Loops over many lines await it. */
  async drain(): Promise<void> {
    this.#flush();
    if (!this.#stream.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      this.#stream
        .once('drain', resolve)
        .once('close', resolve)
        .once('error', () => resolve());
    });
  }

  /** Paints text if this stream shows colours. Escape text from the wire first. */
  style(style: Style, text: string): string {
    return this.#colour ? styleText(style, text, { validateStream: false }) : text;
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#batch === '') return;
    this.#stream.write(this.#batch);
    this.#batch = '';
  }
}

/** The text of a document in pieces: of a large report it is longer than a string can be. */
function* jsonParts(value: unknown): Generator<string> {
  if (Array.isArray(value)) {
    yield '[';
    for (const [index, item] of value.entries()) yield `${index > 0 ? ',' : ''}${jsonText(item)}`;
    yield ']';
  } else if (value !== null && typeof value === 'object' && !('toJSON' in value)) {
    yield '{';
    let separator = '';
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      yield `${separator}${jsonText(key)}:`;
      if (Array.isArray(item)) yield* jsonParts(item);
      else yield jsonText(item);
      separator = ',';
    }
    yield '}';
  } else yield jsonText(value);
}

/**
 * NO_COLOR (no-color.org) and --no-color win, then FORCE_COLOR, then whether a person is there.
 */
export function wantsColour(stream: Stream, env: NodeJS.ProcessEnv, asked: boolean): boolean {
  if (!asked || env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && env.TERM !== 'dumb';
}
