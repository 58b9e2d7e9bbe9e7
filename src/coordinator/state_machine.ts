/**
 * A coordinator as a replicated state machine on one partition of an internal topic: what whoever
 * runs it must know of it, whatever it coordinates. It is fed with the records of its partition,
 * decides what to write and whom to answer, and changes by replay only. See `group/mod.ts` for how
 * a runtime drives it.
 */
import type { Outcome, RecordPosition } from "./outcome.ts";

export interface StateMachine<To> {
  /** Takes in a record of the log that was just appended. Its bytes may be kept. */
  replay(key: Uint8Array, value: Uint8Array | null, at: RecordPosition): void;
  /** All that the log had is taken in; from here on it decides. */
  onLoaded(now: number): void;
  /** When {@link onTimer} is to be called next, in milliseconds since 1970. */
  nextDeadline(): number | undefined;
  /** Deals with one deadline that has passed; the next may be another after its replay. */
  onTimer(now: number): Outcome<To>;
}
