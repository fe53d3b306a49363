/** The decodings that are not over, oldest first; linked, since flows leave it from everywhere. */
import type { DecodedFlow } from './decoding.ts';

export class DecodingQueue {
  first: DecodedFlow | undefined;
  #last: DecodedFlow | undefined;
  size = 0;

  add(flow: DecodedFlow): void {
    flow.older = this.#last;
    flow.newer = undefined;
    if (this.#last) this.#last.newer = flow;
    else this.first = flow;
    this.#last = flow;
    this.size++;
  }

  /** Takes out a flow that is in the queue. */
  remove(flow: DecodedFlow): void {
    if (flow.older) flow.older.newer = flow.newer;
    else this.first = flow.newer;
    if (flow.newer) flow.newer.older = flow.older;
    else this.#last = flow.older;
    flow.older = undefined;
    flow.newer = undefined;
    this.size--;
  }
}
