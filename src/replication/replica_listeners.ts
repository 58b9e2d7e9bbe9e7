/** Those who wait for something about a replica to change. */
import type { Replica } from "./replica.ts";

/**
 * Told when something a waiting fetch could care about has changed: offsets, leadership, existence.
 */
export interface ReplicaListener {
  onReplicaChange(replica: Replica): void;
}

export class ReplicaListeners {
  readonly #all = new Set<ReplicaListener>();
  /** Of them those who also want to know what is not committed yet. */
  readonly #ofAppends = new Set<ReplicaListener>();

  get size(): number {
    return this.#all.size;
  }

  add(listener: ReplicaListener, { hearsAppends }: { hearsAppends: boolean }): void {
    this.#all.add(listener);
    if (hearsAppends) this.#ofAppends.add(listener);
  }

  delete(listener: ReplicaListener): void {
    this.#all.delete(listener);
    this.#ofAppends.delete(listener);
  }

  tell(replica: Replica): void {
    if (this.#all.size === 0) return;
    for (const listener of [...this.#all]) listener.onReplicaChange(replica);
  }

  tellAppended(replica: Replica): void {
    if (this.#ofAppends.size === 0) return;
    for (const listener of [...this.#ofAppends]) listener.onReplicaChange(replica);
  }
}
