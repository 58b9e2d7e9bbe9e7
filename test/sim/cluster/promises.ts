/**
 * What the cluster has promised its users, beyond the records that {@link Ledger} knows of: topics
 * and what groups have committed.
 */
import { BrokenPromise, type Forgetting, Ledger } from "../ledger.ts";

interface SimTopicOptions {
  readonly id: string;
  readonly partitions: number;
  /** It is never deleted, and keeps what it has. */
  readonly isLasting?: boolean;
  readonly forgetting?: Forgetting;
}

/** A topic that was made, and what was sent to it. */
export class SimTopic {
  readonly partitions: Ledger[] = [];
  readonly id: string;
  readonly isLasting: boolean;
  readonly #forgetting: Forgetting;

  constructor(
    readonly name: string,
    { id, partitions, isLasting = true, forgetting }: SimTopicOptions,
  ) {
    this.id = id;
    this.isLasting = isLasting;
    this.#forgetting = forgetting ?? { compacts: false, deletes: false };
    this.grow(partitions);
  }

  grow(count: number): void {
    while (this.partitions.length < count) {
      const name = `${this.name}-${this.partitions.length}`;
      this.partitions.push(new Ledger(name, this.#forgetting));
    }
  }
}

/** A partition of it. */
export interface Target {
  readonly topic: string;
  readonly partition: number;
  readonly ledger: Ledger;
}

export const targetsIn = ({ name, partitions }: SimTopic): Target[] =>
  partitions.map((ledger, partition) => ({ topic: name, partition, ledger }));

/**
 * What one group has committed for one partition. What nobody answered may be written, or still be
 * on its way and be written later; what was answered stays until something later is. A node that
 * has not heard yet that another coordinates the group tells what it knows, which is of the past;
 * the one that has itself answered a later commit may not.
 */
export class Commits {
  /** What was answered, and by whom, in the order in which it was committed. */
  readonly #answered: { readonly offset: number; readonly nodeId: number }[] = [];
  readonly #unknown = new Set<number>();

  constructor(readonly name: string) {}

  send(offset: number): void {
    this.#unknown.add(offset);
  }

  answer(offset: number, nodeId: number): void {
    this.#unknown.delete(offset);
    this.#answered.push({ offset, nodeId });
  }

  /** Returns whether it is what is committed now, and not of the past. */
  check(found: number, by: number): boolean {
    if (this.#unknown.has(found)) return true;
    const place = found === -1 ? -1 : this.#answered.findIndex(({ offset }) => offset === found);
    const later = this.#answered.slice(place + 1);
    const isReal = found === -1 || place >= 0;
    if (isReal && !later.some(({ nodeId }) => nodeId === by)) return later.length === 0;
    const may = [this.#answered.at(-1)?.offset ?? -1, ...this.#unknown].join(" or ");
    const what = `${this.name} has committed ${found}, as node ${by} says`;
    throw new BrokenPromise(`${what}, and should have ${may}`);
  }
}

export class Promises {
  readonly topics = new Map<string, SimTopic>();
  /** Of topics that are no more, whatever becomes of their names. */
  readonly deletedIds = new Set<string>();
  readonly commits = new Map<string, Commits>();
  readonly #producerIds = new Set<number>();

  get targets(): Target[] {
    return [...this.topics.values()].flatMap(targetsIn);
  }

  /** Topics that are never deleted. */
  get lasting(): SimTopic[] {
    return [...this.topics.values()].filter(({ isLasting }) => isLasting);
  }

  commitsOf(group: string, { topic, partition }: { topic: string; partition: number }): Commits {
    const key = `${group} ${partition} ${topic}`;
    const known = this.commits.get(key) ?? new Commits(key);
    this.commits.set(key, known);
    return known;
  }

  onProducerId(id: number): void {
    if (this.#producerIds.has(id)) throw new BrokenPromise(`producer id ${id} was given twice`);
    this.#producerIds.add(id);
  }
}
