/** What a log tells of its work, for whoever counts it. */
import type { LimitName } from "../config/mod.ts";

export interface LogFigures {
  /** A sync took so long; it may have been for many. */
  synced(ms: number): void;
  /** Somebody came to a limit. */
  limited(limit: LimitName): void;
  /** The cleaner wrote a log anew. */
  cleaned(cleaning: { bytesBefore: number; bytesAfter: number; ms: number }): void;
}

export const noLogFigures: LogFigures = { synced() {}, limited() {}, cleaned() {} };
