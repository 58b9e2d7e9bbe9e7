/**
 * The brokers of one process, each in a thread of its own, and who looks after them. The first one
 * begins, since it may be the others' controller, and they follow once it serves; or a little later
 * in any case, since after a crash each has logs of its own to read again. They stop the other way
 * round: all others at once, so that none hands over to one that goes next, then the first, which
 * until then records who leads what.
 *
 * While they start, what one cannot do ends all of them: somebody is looking. Later the brokers
 * fare as they would on machines of their own. One that meets a fault of its own is told, and
 * started again after a pause that grows from a second to a minute; its neighbors go on, and with
 * them all that they lead. One whose disk has failed stays down: what was on its way there may be
 * lost although it can still be read, and to trust that disk again is for its owner to decide. Once
 * none is left that serves, the process has nothing to do and ends, as it does with one broker.
 */
import { type LogEvent, type LogLevel, untilAborted } from "../../base/mod.ts";
import type { OpeningProgress } from "../../log/mod.ts";
import type { Clock, Threads, Timer } from "../../platform/mod.ts";
import type { BoundPorts } from "../node.ts";
import type { CoreReady } from "./core_messages.ts";
import { type CorePlan, withController, withRealPorts } from "./core_plan.ts";
import { type CoreStory, RunningCore } from "./running_core.ts";

/** One of them, with where its data lies. */
export interface Core extends CorePlan {
  /** Full paths. */
  readonly dataFolders: readonly string[];
  readonly metadataFolder: string;
}

export interface CoreGroupOptions {
  /** At least one; the first one's first. */
  readonly cores: readonly Core[];
  readonly threads: Threads;
  readonly clock: Clock;
  /** Where one of them tells what happens. */
  readonly log: (id: number) => LogEvent;
  readonly logLevel?: LogLevel;
  /** Ends a start that has not come to its end: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Told how far all of them are with opening their log directories. */
  readonly onOpening?: (progress: OpeningProgress) => void;
}

/** The first may have much to read again: the others need not wait for that. */
const HEAD_START_MS = 2000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Who has served for so long begins with the first pause again. */
const WELL_AFTER_MS = 300_000;

interface Member {
  readonly core: Core;
  settings: ReadonlyMap<string, string>;
  running: RunningCore | undefined;
  opening: OpeningProgress | undefined;
  /** Ends since it was well, and since when it serves. */
  failures: number;
  servesSince: number;
  again: Timer | undefined;
}

export class CoreGroup {
  readonly #options: CoreGroupOptions;
  readonly #members: readonly Member[];
  readonly #failed = Promise.withResolvers<Error>();
  readonly #firstBound = Promise.withResolvers<void>();
  #isStarted = false;
  #isClosing = false;

  private constructor(options: CoreGroupOptions) {
    this.#options = options;
    this.#members = options.cores.map((core) => ({
      core,
      settings: core.settings,
      running: undefined,
      opening: undefined,
      failures: 0,
      servesSince: 0,
      again: undefined,
    }));
  }

  /** Resolves once all of them serve; rejects when one cannot, and leaves none behind. */
  static async start(options: CoreGroupOptions): Promise<CoreGroup> {
    const group = new CoreGroup(options);
    try {
      await group.#start();
    } catch (error) {
      await group.close();
      throw options.signal.aborted ? options.signal.reason : error;
    }
    return group;
  }

  /** What those that serve now have told of themselves. */
  get serving(): CoreReady[] {
    return this.#members.flatMap(({ running }) => running?.serving ?? []);
  }

  /** Resolves, with what ended the last of them, when none is left that serves. Never rejects. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** Stops all of them properly, for as long as that takes. Fine to call twice. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { again } of this.#members) again?.cancel();
    const [first, ...others] = this.#members;
    await Promise.all(others.map(({ running }) => running?.stop()));
    await first.running?.stop();
  }

  async #start(): Promise<void> {
    const { signal, clock } = this.#options;
    signal.throwIfAborted();
    for (const member of this.#members) this.#load(member); // all at once: it takes a while
    const [first, ...others] = this.#members;
    const isOver = new AbortController();
    const stopped = untilAborted(signal).then(() => signal.throwIfAborted());
    const isFirstReady = this.#begin(first);
    const hadTime = this.#firstBound.promise
      .then(() => clock.sleep(HEAD_START_MS, isOver.signal)).catch(() => {});
    try {
      await Promise.race([isFirstReady, hadTime, stopped]);
      const areReady = others.map((member) => this.#begin(member));
      await Promise.race([Promise.all([isFirstReady, ...areReady]), stopped]);
    } finally {
      isOver.abort();
    }
    this.#isStarted = true;
  }

  /** A thread that has been told nothing as yet. */
  #load(member: Member): void {
    const { threads, clock } = this.#options;
    const { id } = member.core;
    const onStory = (story: CoreStory) => this.#onStory(member, story);
    const running = new RunningCore({ name: `node ${id}`, threads, clock, onStory });
    member.running = running;
    void running.ended.then((error) => this.#onEnded(member, running, error));
  }

  async #begin(member: Member): Promise<void> {
    const { core: { dataFolders, metadataFolder }, settings, running } = member;
    const { logLevel, clock } = this.#options;
    const isFirst = member === this.#members[0];
    const ids = isFirst ? this.#members.map(({ core: { id } }) => id) : undefined;
    await running!.begin({ settings, dataFolders, metadataFolder, logLevel, ids });
    member.servesSince = clock.monotonic();
  }

  #onStory(member: Member, story: CoreStory): void {
    if (story.type === "bound") return this.#onBound(member, story.bound);
    if (story.type === "opening") return this.#onOpening(member, story.progress);
    this.#options.log(member.core.id)(story.level, story.event, story.fields);
  }

  /** Whoever is started again listens where it did: others know it by that. */
  #onBound(member: Member, { clients, controllers }: BoundPorts): void {
    member.settings = withRealPorts(member.settings, [...clients, ...controllers]);
    if (member !== this.#members[0] || this.#isStarted) return;
    for (const each of this.#members) {
      if (each.core.awaitsController) each.settings = withController(each.settings, controllers);
    }
    this.#firstBound.resolve();
  }

  #onOpening(member: Member, progress: OpeningProgress): void {
    member.opening = progress;
    const all = this.#members.flatMap(({ opening }) => opening ?? []);
    const sum = (of: (each: OpeningProgress) => number) =>
      all.reduce((total, each) => total + of(each), 0);
    this.#options.onOpening?.({
      path: progress.path,
      partitions: sum(({ partitions }) => partitions),
      ofPartitions: sum(({ ofPartitions }) => ofPartitions),
      bytes: sum(({ bytes }) => bytes),
      ofBytes: sum(({ ofBytes }) => ofBytes),
    });
  }

  /** @param error undefined when it was told to stop */
  #onEnded(member: Member, running: RunningCore, error: Error | undefined): void {
    if (member.running !== running || this.#isClosing || !this.#isStarted) return;
    member.running = undefined;
    const reason = error ?? new Error("it has stopped by itself");
    const log = this.#options.log(member.core.id);
    if (this.serving.length === 0) {
      log("error", "broker ended", { error: reason.message, then: "no other is left that serves" });
      return this.#failed.resolve(reason);
    }
    if (reason.name === "StorageError") {
      const then = "it stays down until the process is started again: its disk has failed";
      return log("error", "broker ended", { error: reason.message, then });
    }
    const isWell = this.#options.clock.monotonic() - member.servesSince > WELL_AFTER_MS;
    member.failures = isWell ? 1 : member.failures + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (member.failures - 1));
    log("error", "broker ended", { error: reason.message, then: "it is started again", pauseMs });
    member.again = this.#options.clock.after(pauseMs, () => this.#startAgain(member));
  }

  #startAgain(member: Member): void {
    this.#load(member);
    const serves = () => this.#options.log(member.core.id)("info", "broker serves again");
    this.#begin(member).then(serves, () => {}); // its end is told by `ended`
  }
}
