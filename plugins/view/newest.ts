/**
 * What waits for one watcher: for each camera its newest picture and no other. A watcher that is
 * slow finds that pictures were replaced while it was busy; it skips them whole, holds up nobody,
 * and costs no more memory than one that keeps up. Cameras take turns.
 */

export class Newest<Item> {
  /** Items that were replaced before they were taken. */
  skipped = 0;
  /**
   * When something last began to wait, while the watcher took nothing; undefined when nothing
   * waits.
   */
  waitingSince: number | undefined;
  readonly #slots = new Map<string, Item>();
  #wake: (() => void) | undefined;
  #isClosed = false;

  /** Puts the item in the slot's place, over one that waits there. */
  offer(slot: string, item: Item): void {
    if (this.#isClosed) return;
    // Setting a key again keeps its turn: one who is replaced often does not lose it.
    if (this.#slots.has(slot)) this.skipped++;
    this.#slots.set(slot, item);
    this.waitingSince ??= Date.now();
    this.#wake?.();
  }

  /** The next item, when there is one; undefined once closed. */
  async next(): Promise<Item | undefined> {
    while (!this.#isClosed) {
      for (const [slot, item] of this.#slots) {
        this.#slots.delete(slot);
        this.waitingSince = this.#slots.size === 0 ? undefined : Date.now();
        return item;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
    return undefined;
  }

  /** Lets go of what waits and of whoever waits for it. */
  close(): void {
    this.#isClosed = true;
    this.#slots.clear();
    this.waitingSince = undefined;
    this.#wake?.();
  }
}
