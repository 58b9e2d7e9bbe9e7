/**
 * The world of one cluster's story: one simulated time for all, one network, one seed, and the
 * lines that tell what happened.
 */
import { MetadataImage } from "../../../src/metadata/mod.ts";
import {
  GOOD_LINK,
  SeededRandom,
  SimulatedClock,
  SimulatedNetwork,
} from "../../../src/platform/memory/mod.ts";

/** Something that moves at one moment of the simulated time oftener than this hangs. */
const MAX_EVENTS_AT_ONCE = 100_000;

export class World {
  readonly clock = new SimulatedClock();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  /** How the network is as long as nothing is wrong with it in particular. */
  usualQuality = GOOD_LINK;
  /** Told who has just become the quorum's leader. */
  onElected: ((nodeId: number) => void) | undefined;
  /** Who became it last. */
  lastElected: number | undefined;
  readonly lines: string[] = [];
  /** The newest metadata that some node has applied. */
  image: MetadataImage = MetadataImage.empty;
  /** How often time moved on to the next event. */
  events = 0;
  /** The first thing that went wrong; the story ends with it. */
  failure: Error | undefined;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork({
      clock: this.clock,
      random: new SeededRandom(this.random.uint32()),
    });
  }

  get nowMs(): number {
    return this.clock.monotonic();
  }

  elected(nodeId: number): void {
    this.lastElected = nodeId;
    this.onElected?.(nodeId);
  }

  say(line: string): void {
    this.lines.push(`${this.nowMs.toFixed(1).padStart(9)} ${line}`);
  }

  fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.say(`FAILS: ${error.message}`);
  }

  /**
   * Lets time pass until it is done, at most for so long, or something has failed. Each event comes
   * to its end, with all that follows from it at once, before the next one begins.
   *
   * @returns whether it is done
   */
  async until(isDone: () => boolean, atMostMs: number): Promise<boolean> {
    const end = this.nowMs + atMostMs;
    let atOnce = 0;
    for (;;) {
      await quiet();
      if (this.failure !== undefined) throw this.failure;
      if (isDone()) return true;
      const due = this.clock.nextDue;
      if (due === undefined || due > end) {
        this.clock.advance(Math.max(0, end - this.nowMs));
        await quiet();
        return isDone();
      }
      const pause = Math.max(0, due - this.nowMs);
      atOnce = pause > 0 ? 0 : atOnce + 1;
      if (atOnce > MAX_EVENTS_AT_ONCE) throw new Error("Something turns and time stands still");
      this.clock.advance(pause);
      this.events++;
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }
}

/** Everything that could go on without time has gone on. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
