/**
 * Which fetcher copies which partition: `num.replica.fetchers` of them for each broker that leads
 * something that is followed here, each with a connection of its own. A partition stays with one of
 * them, by its name, so that they all have about as much to do.
 */
import { keyOf } from "../../base/mod.ts";
import type { ReplicaPeers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { Fetcher, type FetcherOptions } from "./fetcher.ts";

/** What each of them is made with, and the way to whoever leads. */
export interface FetchersOptions extends Omit<FetcherOptions, "leader" | "peer"> {
  readonly peers: ReplicaPeers;
}

export class Fetchers {
  readonly #options: FetchersOptions;
  /** By leader and number. */
  readonly #fetchers = new Map<string, Fetcher>();
  readonly #followed = new Map<Replica, Fetcher>();
  #perLeader: number;

  constructor(options: FetchersOptions) {
    this.#options = options;
    this.#perLeader = options.config().get("num.replica.fetchers");
  }

  /** How many there are. */
  get size(): number {
    return this.#fetchers.size;
  }

  /** Fetches from the leader that the replica has now, if it has one; from no other any more. */
  follow(replica: Replica): void {
    const { state: { leader } } = replica;
    const fetcher = leader < 0 ? undefined : this.#fetcherFor(replica, leader);
    if (this.#followed.get(replica) !== fetcher) this.stop(replica);
    if (fetcher === undefined) return;
    this.#followed.set(replica, fetcher);
    fetcher.add(replica);
  }

  /** Fine when it was not fetched. */
  stop(replica: Replica): void {
    const fetcher = this.#followed.get(replica);
    if (fetcher === undefined) return;
    this.#followed.delete(replica);
    fetcher.remove(replica);
    if (fetcher.size > 0) return;
    for (const [name, other] of this.#fetchers) if (other === fetcher) this.#fetchers.delete(name);
    fetcher.close();
  }

  /** The settings have changed. */
  reconfigure(): void {
    const perLeader = this.#options.config().get("num.replica.fetchers");
    if (perLeader === this.#perLeader) return;
    this.#perLeader = perLeader;
    for (const replica of [...this.#followed.keys()]) this.follow(replica);
  }

  close(): void {
    for (const fetcher of this.#fetchers.values()) fetcher.close();
    this.#fetchers.clear();
    this.#followed.clear();
  }

  #fetcherFor(replica: Replica, leader: number): Fetcher {
    const name = `${leader}/${hashOf(keyOf(replica.topicPartition)) % this.#perLeader}`;
    let fetcher = this.#fetchers.get(name);
    if (fetcher === undefined) {
      const { peers, ...options } = this.#options;
      fetcher = new Fetcher({ ...options, leader, peer: peers.open(leader) });
      this.#fetchers.set(name, fetcher);
    }
    return fetcher;
  }
}

function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash;
}
