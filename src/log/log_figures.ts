/** What a log tells of its work, for whoever counts it. */
export interface LogFigures {
  /** A sync took so long; it may have been for many. */
  synced(ms: number): void;
  /** The cleaner wrote a log anew. */
  cleaned(cleaning: { bytesBefore: number; bytesAfter: number; ms: number }): void;
}

export const noLogFigures: LogFigures = { synced() {}, cleaned() {} };
