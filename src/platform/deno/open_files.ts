/**
 * How many files may be open at once. A process may have so many descriptors and no more, and
 * clients' connections want them too: ten thousand partitions, each with a file that grows, would
 * take all of them. So beyond a bound the file that was not used for longest is closed, and opened
 * again when somebody wants it, which costs some 20 µs.
 *
 * Which that is, is found by the clock algorithm: files stand in a row; the first goes unless it
 * was used since it was last looked at, and then to the end of the row.
 */

/** A file that can be closed and opened again without its owner seeing it. */
export interface Closable {
  /** Used since it was last looked at; set by the file. */
  wasUsed: boolean;
  /** Closes it for now; false if that can't be at this moment. */
  release(): boolean;
}

/** However many the system allows. */
const MOST = 4096;
/** Of what the system allows, the rest is for connections. */
const SHARE = 1 / 4;
/** Where the system does not say. */
const DEFAULT_LIMIT = 1024;
/** When the system has no more, so many are given back at once. */
const GIVEN_BACK = 64;
/** A file that is being synced must stay open; more wait, and share what the device can do. */
const MAX_SYNCS = 128;

export class OpenFiles {
  readonly #files = new Set<Closable>();
  #syncs = 0;
  readonly #waiting: (() => void)[] = [];
  #max: number | undefined;

  /** @param max default: a share of what the system allows */
  constructor(max?: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#files.size;
  }

  /** The file is open from now on; another may be closed for it. */
  add(file: Closable): void {
    this.#max ??= Math.min(MOST, Math.floor(descriptorLimit() * SHARE));
    if (this.#files.size >= this.#max) this.#closeOne();
    file.wasUsed = true;
    this.#files.add(file);
  }

  /** The file has been closed by its owner. */
  delete(file: Closable): void {
    this.#files.delete(file);
  }

  /**
   * Runs what takes a descriptor. If the process has no more, files are closed and it is tried
   * again: connections, which clients open as they please, must not pass for a failing disk.
   */
  withRoom<T>(run: () => T): T {
    for (;;) {
      try {
        return run();
      } catch (error) {
        if (!isOutOfDescriptors(error)) throw error;
        let given = 0;
        while (given < GIVEN_BACK && this.#closeOne()) given++;
        if (given === 0) throw error;
      }
    }
  }

  /** Runs a sync when fewer than {@link MAX_SYNCS} are under way. */
  async syncing(sync: () => Promise<void>): Promise<void> {
    if (this.#syncs < MAX_SYNCS) this.#syncs++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await sync();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#syncs--;
    }
  }

  #closeOne(): boolean {
    // Once around with all their marks, and once more without.
    let looks = 2 * this.#files.size;
    for (const file of this.#files) {
      if (looks-- <= 0) return false;
      this.#files.delete(file);
      if (!file.wasUsed && file.release()) return true;
      file.wasUsed = false;
      this.#files.add(file); // behind the others; this loop comes to it again
    }
    return false;
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "EMFILE" || code === "ENFILE";
}

function descriptorLimit(): number {
  try {
    const limits = Deno.readTextFileSync("/proc/self/limits");
    const soft = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    return soft > 0 ? soft : DEFAULT_LIMIT;
  } catch {
    return DEFAULT_LIMIT;
  }
}
