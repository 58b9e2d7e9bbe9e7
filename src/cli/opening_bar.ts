/** How far a node is with opening its log directories, as a bar in a terminal. */
import { formatSize } from "../base/mod.ts";
import type { OpeningProgress } from "../log/mod.ts";
import type { Clock } from "../platform/mod.ts";
import type { Io } from "./io.ts";
import { StatusLine } from "./status_line.ts";

const WIDTH = 30;

export class OpeningBar {
  readonly #line: StatusLine;
  readonly #isShown: boolean;

  constructor(io: Io, clock: Clock) {
    this.#line = new StatusLine(io, clock, { asJson: false });
    this.#isShown = io.isErrTerminal; // elsewhere lines of the log tell it
  }

  /** An `Io` whose messages do not run into the bar. */
  get io(): Io {
    return this.#line.io;
  }

  readonly show = (progress: OpeningProgress): void => {
    if (this.#isShown) this.#line.show({ opening: barOf(progress) });
  };

  end(): void {
    if (this.#isShown) this.#line.end();
  }
}

/** Bytes tell most about how long it takes; after a clean stop there are none to read. */
export function barOf(progress: OpeningProgress): string {
  const { path, partitions, ofPartitions, bytes, ofBytes } = progress;
  const done = ofBytes > 0 ? bytes / ofBytes : partitions / Math.max(ofPartitions, 1);
  const filled = Math.floor(done * WIDTH);
  const bar = `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}]`;
  const read = ofBytes > 0 ? `, ${formatSize(bytes)} of ${formatSize(ofBytes)}` : "";
  return `${bar} ${partitions} of ${ofPartitions} partitions${read} (${path})`;
}
