/**
 * The smallest coordinator there is: it hands out numbers, each once and each larger than all
 * before. What a road for coordinators may do wrong shows in it at once: a number that comes twice
 * was forgotten, one that is too small was decided on somebody's old knowledge.
 */
import type { LoadedMachine, Reply } from "../../../src/broker/coordinators/mod.ts";
import { type Outcome, Turn } from "../../../src/coordinator/mod.ts";
import type { ErrorName } from "../../../src/protocol/mod.ts";
import { type BatchView, recordsOf } from "../../../src/records/mod.ts";
import { bytes, text } from "../../log/kit.ts";

export type Answer = { readonly number: number } | { readonly error: ErrorName };

const KEY = bytes("last");

export class Numbers implements LoadedMachine {
  last = 0;
  loadedAt: number | undefined;
  deadline: number | undefined;
  timers = 0;
  /** Makes the next replay fail. */
  isBroken = false;

  load(batch: BatchView): number {
    let count = 0;
    for (const { value } of recordsOf(batch, { maxDecompressedBytes: 1 << 20 })) {
      this.last = Number(text(value!));
      count++;
    }
    return count;
  }

  onLoaded(now: number): void {
    this.loadedAt = now;
  }

  replay(_key: Uint8Array, value: Uint8Array | null): void {
    if (this.isBroken) throw new Error("it is broken");
    this.last = Number(text(value!));
  }

  nextDeadline(): number | undefined {
    return this.deadline;
  }

  onTimer(now: number): Outcome<Reply> {
    this.timers++;
    this.deadline = undefined;
    return new Turn<Reply, Answer>(now).outcome();
  }

  /** The next number, which is written down. */
  take(reply: Reply): Outcome<Reply> {
    const turn = new Turn<Reply, Answer>(0);
    const number = this.last + 1;
    turn.write({ key: KEY, value: bytes(String(number)) });
    turn.answer<Answer>(reply, { number }, (error) => ({ error }));
    return turn.outcome();
  }

  /** The last one that was given. */
  peek(reply: Reply): Outcome<Reply> {
    const turn = new Turn<Reply, Answer>(0);
    turn.answer<Answer>(reply, { number: this.last }, (error) => ({ error }));
    return turn.outcome();
  }
}
