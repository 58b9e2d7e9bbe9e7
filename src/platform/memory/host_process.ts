/**
 * What the operating system does to a process: lets it run, stops it for a while, ends it. All that
 * may wake it (a timer, bytes that came, a sync that is through) goes through here, so a stopped
 * process does nothing, finds everything at once when it goes on, and a dead one never moves again,
 * whatever is still under way for it.
 */
export class HostProcess {
  #state: "running" | "stopped" | "dead" = "running";
  #held: (() => void)[] = [];

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  /** Now, or once it goes on, in the order in which it was asked for; never after its death. */
  run(work: () => void): void {
    if (this.#state === "running") this.#work(work);
    else if (this.#state === "stopped") this.#held.push(work);
  }

  /** What it does when it has died in the midst of it, nobody sees. */
  #work(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!this.isDead) throw error;
    }
  }

  /** As by SIGSTOP. */
  stop(): void {
    if (this.#state === "running") this.#state = "stopped";
  }

  /** As by SIGCONT. */
  continue(): void {
    if (this.#state !== "stopped") return;
    this.#state = "running";
    const held = this.#held;
    this.#held = [];
    for (const work of held) this.run(work);
  }

  die(): void {
    this.#state = "dead";
    this.#held = [];
  }
}
