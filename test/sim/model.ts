/**
 * All that the node has promised, beyond the records: topics, their settings, what groups have
 * committed, producer ids. One change of the metadata is under way at a time, so that after the end
 * of a life at most one may be there or not.
 */
import { BrokenPromise, type Ending, Ledger } from "./ledger.ts";

export class Topic {
  readonly partitions: Ledger[] = [];
  readonly configs: Map<string, string>;
  /** Undefined until the node has told. */
  id: string | undefined;
  /** What an acknowledgement survives is being changed. */
  isUnsure = false;
  /** Acknowledgements and what is read survive a power cut, and always did. */
  wasAlwaysStrong = true;
  readonly #isStrongByDefault: boolean;

  constructor(
    readonly name: string,
    { count, configs, isStrong }: {
      count: number;
      configs: Record<string, string>;
      /** Where it does not say, an acknowledgement survives a power cut. */
      isStrong: boolean;
    },
  ) {
    this.configs = new Map(Object.entries(configs));
    this.#isStrongByDefault = isStrong;
    this.wasAlwaysStrong = this.isStrong;
    this.grow(count);
  }

  /** An acknowledgement survives a power cut. */
  get isStrong(): boolean {
    if (this.isUnsure) return false;
    const durability = this.configs.get("durability");
    return durability === undefined ? this.#isStrongByDefault : durability === "disk";
  }

  grow(count: number): void {
    const forgets = this.#forgetting();
    while (this.partitions.length < count) {
      this.partitions.push(new Ledger(`${this.name}-${this.partitions.length}`, { ...forgets }));
    }
  }

  set(name: string, value: string): void {
    this.configs.set(name, value);
    this.isUnsure = false;
    this.wasAlwaysStrong &&= this.isStrong;
    const { compacts, deletes } = this.#forgetting();
    for (const { forgetting } of this.partitions) {
      forgetting.compacts ||= compacts;
      forgetting.deletes ||= deletes;
    }
  }

  get isCompacted(): boolean {
    return this.configs.get("cleanup.policy")?.includes("compact") ?? false;
  }

  #forgetting() {
    const limits = ["retention.ms", "retention.bytes"].map((name) => this.configs.get(name));
    return {
      compacts: this.isCompacted,
      deletes: limits.some((value) => value !== undefined && value !== "-1"),
    };
  }
}

/** What a group may have committed for one partition of a topic; -1 for nothing. */
interface Committed {
  /** After the process has died. */
  afterCrash: Set<number>;
  afterPowerCut: Set<number>;
  /** The topic was deleted since: what was committed for it goes, sooner or later. */
  mayBeGone: boolean;
}

/** A change of the metadata that was sent and not answered. */
export interface Change {
  readonly what: string;
  /** Whether the node shows it. */
  isThere(seen: SeenMetadata): boolean;
  apply(): void;
}

export interface SeenMetadata {
  /** By name: id and number of partitions. */
  readonly topics: ReadonlyMap<string, { id: string; partitions: number }>;
  /** By topic: what is set on it. */
  readonly configs: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export class Model {
  readonly topics = new Map<string, Topic>();
  readonly #committed = new Map<string, Committed>();
  readonly #producerIds = new Set<number>();
  change: Change | undefined;

  /** @param isStrong what the node's own topics survive, a power cut too. */
  constructor(readonly isStrong: boolean) {}

  /** Sends a change by `ask`, which tells whether it was done. */
  async during(change: Change, ask: () => Promise<boolean>): Promise<void> {
    this.change = change;
    const isDone = await ask();
    this.change = undefined;
    if (isDone) change.apply();
  }

  checkMetadata(seen: SeenMetadata): void {
    const { change } = this;
    this.change = undefined;
    if (change?.isThere(seen)) change.apply();
    const [ours, theirs] = [[...this.topics.keys()].sort(), [...seen.topics.keys()].sort()];
    if (ours.join() !== theirs.join()) {
      throw new BrokenPromise(`there are the topics ${theirs}, and should be ${ours}`);
    }
    for (const topic of this.topics.values()) {
      const { id, partitions } = seen.topics.get(topic.name)!;
      topic.id ??= id;
      topic.isUnsure = false;
      const told = `${id} with ${partitions} partitions`;
      const wanted = `${topic.id} with ${topic.partitions.length} partitions`;
      if (told !== wanted) throw new BrokenPromise(`${topic.name} is ${told}, was ${wanted}`);
      const text = (configs: ReadonlyMap<string, string>) => [...configs].map(String).sort().join();
      const [set, found] = [text(topic.configs), text(seen.configs.get(topic.name)!)];
      if (set !== found) throw new BrokenPromise(`${topic.name} has ${found}, was given ${set}`);
    }
  }

  onProducerId(id: number): void {
    if (this.#producerIds.has(id)) throw new BrokenPromise(`producer id ${id} was given twice`);
    this.#producerIds.add(id);
  }

  #commitsOf(place: string): Committed {
    const known = this.#committed.get(place) ??
      { afterCrash: new Set([-1]), afterPowerCut: new Set([-1]), mayBeGone: false };
    this.#committed.set(place, known);
    return known;
  }

  onCommitSent(place: string, offset: number): void {
    const commits = this.#commitsOf(place);
    commits.afterCrash.add(offset);
    commits.afterPowerCut.add(offset);
  }

  onCommitted(place: string, offset: number): void {
    const commits = this.#commitsOf(place);
    commits.afterCrash = new Set([offset]);
    if (this.isStrong) commits.afterPowerCut = new Set([offset]);
    if (this.isStrong) commits.mayBeGone = false;
  }

  onTopicDeleted(name: string): void {
    for (const [place, commits] of this.#committed) {
      if (place.endsWith(` ${name}`)) commits.mayBeGone = true;
    }
  }

  get committedPlaces(): Iterable<string> {
    return this.#committed.keys();
  }

  checkCommitted(place: string, offset: number, ending: Ending): void {
    const commits = this.#commitsOf(place);
    const allowed = ending === "power" ? commits.afterPowerCut : commits.afterCrash;
    if (commits.mayBeGone && offset === -1) {
      commits.afterCrash = new Set(allowed); // what a power cut has left of it was not seen yet
      return;
    }
    if (!allowed.has(offset)) {
      throw new BrokenPromise(`${place} has committed ${offset}, and should have ${[...allowed]}`);
    }
    commits.afterCrash = new Set([offset]);
    commits.afterPowerCut = new Set([offset]);
  }
}
