/**
 * What a decision of a coordinator comes to, of whatever kind it is. A request or a timer opens a
 * {@link Turn}; the decision writes records into it, answers whoever waits, and says what happened;
 * the turn then becomes an {@link Outcome} for the runtime to carry out.
 */
import type { LogFields } from "../base/mod.ts";
import type { LimitName } from "../config/mod.ts";
import type { ErrorName } from "../protocol/mod.ts";

/** A record of a coordinator's topic; no value is a tombstone. */
export interface CoordinatorRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Where a record stands in the log. */
export interface RecordPosition {
  readonly offset: number;
  readonly timestamp: number;
}

/** An answer, and the token that its request came with. */
export interface Reply<To, Response = unknown> {
  readonly to: To;
  readonly response: Response;
}

/** Something worth a line in the log: `group rebalance`, `reason=member expired`. */
export interface CoordinatorEvent {
  readonly event: string;
  readonly fields: LogFields;
}

/** What is to be done. Nothing that records say has changed yet; it does when they are replayed. */
export interface Outcome<To, Response = unknown> {
  /** To be appended, and replayed in the same turn of the event loop. May be empty. */
  readonly records: readonly CoordinatorRecord[];
  /**
   * Whether the records belong together; else they may be taken in parts, of which each is replayed
   * by itself, and what is left after a refusal is not written.
   */
  readonly isAtomic: boolean;
  /**
   * To be sent once all that the log held when this was decided is committed, also when `records`
   * is empty.
   */
  readonly replies: readonly Reply<To, Response>[];
  /** What has happened, if the append is taken. */
  readonly events: readonly CoordinatorEvent[];
  /** Limits that somebody came to, whatever becomes of the append. */
  readonly limits: readonly LimitName[];
  /**
   * To be called instead of replaying when the append is refused: puts the volatile state back, and
   * gives what to answer, at once, in place of `replies`. `error` is what clients are told, as of
   * section 8.1.
   */
  ifNotWritten(error: ErrorName): readonly Reply<To, Response>[];
}

interface PendingReply<To, Response> extends Reply<To, Response> {
  readonly failed: (error: ErrorName) => Response;
}

/** Collects what one decision does. */
export class Turn<To, Response = unknown> {
  readonly #records: CoordinatorRecord[] = [];
  readonly #replies: PendingReply<To, Response>[] = [];
  readonly #events: CoordinatorEvent[] = [];
  readonly #limits: LimitName[] = [];
  #isAtomic = true;
  readonly #undos: ((turn: Turn<To, Response>, error: ErrorName) => void)[] = [];

  /** `now` in milliseconds since 1970: the only time that a decision knows. */
  constructor(readonly now: number) {}

  write(...records: CoordinatorRecord[]): void {
    this.#records.push(...records);
  }

  /** As {@link write}, of what may be many: each record stands for itself. */
  writeApart(record: CoordinatorRecord): void {
    this.#records.push(record);
    this.#isAtomic = false;
  }

  /** Answers `to`; with `failed` instead, should the records of this turn be refused. */
  answer<R extends Response>(to: To, response: R, failed: (error: ErrorName) => R): void {
    this.#replies.push({ to, response, failed });
  }

  say(event: string, fields: LogFields): void {
    this.#events.push({ event, fields });
  }

  /** Somebody is refused for a limit. */
  limited(limit: LimitName): void {
    this.#limits.push(limit);
  }

  /** What to do to volatile state when the records of this turn are refused. */
  ifRefused(undo: (turn: Turn<To, Response>, error: ErrorName) => void): void {
    this.#undos.push(undo);
  }

  outcome(): Outcome<To, Response> {
    return {
      records: this.#records,
      isAtomic: this.#isAtomic,
      replies: this.#replies,
      events: this.#events,
      limits: this.#limits,
      ifNotWritten: (error) => this.#refused(error),
    };
  }

  #refused(error: ErrorName): Reply<To, Response>[] {
    const replies = this.#replies.map(({ to, failed }) => ({ to, response: failed(error) }));
    const undoing = new Turn<To, Response>(this.now);
    for (const undo of this.#undos) undo(undoing, error);
    return [...replies, ...undoing.#replies];
  }
}
