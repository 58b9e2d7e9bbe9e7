/**
 * The smallest runtime of a coordinator: a list as its log, time that is told, commits that are
 * immediate. What the real one does with a partition of `__consumer_offsets` is done here in the
 * same order.
 */
import {
  type GroupConfig,
  GroupCoordinator,
  type GroupCoordinatorOptions,
  type Outcome,
  type Reply,
} from "../../../src/coordinator/group/mod.ts";
import type { CoordinatorRecord } from "../../../src/coordinator/mod.ts";
import type { ErrorName } from "../../../src/protocol/mod.ts";

export class Driver<T> {
  readonly log: CoordinatorRecord[] = [];
  now = 0;
  /** Set, the log refuses what comes. */
  refusal: ErrorName | undefined;
  coordinator: GroupCoordinator<T>;

  constructor(
    readonly options: GroupCoordinatorOptions,
    readonly onOutcome: (outcome: Outcome<T>, sent: readonly Reply<T>[], isTaken: boolean) => void,
  ) {
    this.coordinator = this.load();
  }

  /** Another coordinator takes over: it knows what the log has, and nobody that was parked. */
  load(changes: Partial<GroupConfig> = {}): GroupCoordinator<T> {
    const config = { ...this.options.config, ...changes };
    this.coordinator = new GroupCoordinator({ ...this.options, config });
    this.log.forEach((record, offset) => this.#replay(record, offset));
    this.coordinator.onLoaded(this.now);
    return this.coordinator;
  }

  #replay({ key, value }: CoordinatorRecord, offset: number): void {
    this.coordinator.replay(key, value, { offset, timestamp: this.now });
  }

  carryOut(outcome: Outcome<T>): void {
    const { records, replies, ifNotWritten } = outcome;
    if (this.refusal !== undefined && records.length > 0) {
      return this.onOutcome(outcome, ifNotWritten(this.refusal), false);
    }
    for (const record of records) this.#replay(record, this.log.push(record) - 1);
    this.onOutcome(outcome, replies, true);
  }

  /** Lets time pass, and all that is due in it happen when it is due. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let due; (due = this.coordinator.nextDeadline()) !== undefined && due <= end;) {
      this.now = Math.max(this.now, due);
      this.carryOut(this.coordinator.onTimer(this.now));
    }
    this.now = end;
  }
}
