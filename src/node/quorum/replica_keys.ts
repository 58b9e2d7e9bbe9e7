/**
 * Who a replica is: its node's id and the directory that it has its log in (KIP-853). The core knows
 * ids only. A node that comes with another directory than the voter of its id, for its disk was
 * replaced, is not that voter, and nothing that it has counts for it: to the core it has an id of
 * its own, below zero.
 */
import { type Uuid, ZERO_UUID } from "../../base/mod.ts";
import type { QuorumVoters } from "../quorum_voters.ts";

/** Below those that stand for bootstrap servers. */
const FIRST_ALIAS = -100_000;
/** Of more than that, those that came first are forgotten. */
const MAX_REMEMBERED = 1000;

export interface ReplicaKey {
  readonly id: number;
  /** Undefined where it was never told. */
  readonly directoryId: Uuid | undefined;
}

export class ReplicaKeys {
  readonly #voters: () => QuorumVoters;
  /** By node and directory. */
  readonly #aliases = new Map<string, number>();
  /** By the core's id. */
  readonly #keys = new Map<number, ReplicaKey>();
  #lastAlias = FIRST_ALIAS;

  constructor(voters: () => QuorumVoters) {
    this.#voters = voters;
  }

  /** The core's id of a replica, which is the node's unless that is a voter with another disk. */
  idOf(id: number, directoryId: Uuid): number {
    const voter = this.#voters().voters.find(({ voterId }) => voterId === id);
    const isOther = voter !== undefined && directoryId !== ZERO_UUID &&
      voter.voterDirectoryId !== directoryId;
    const coreId = isOther ? this.#aliasOf(id, directoryId) : id;
    this.#remember(coreId, {
      id,
      directoryId: directoryId === ZERO_UUID ? undefined : directoryId,
    });
    return coreId;
  }

  /** The other way round. */
  keyOf(coreId: number): ReplicaKey {
    return this.#keys.get(coreId) ?? { id: coreId, directoryId: undefined };
  }

  #aliasOf(id: number, directoryId: Uuid): number {
    const name = `${id}:${directoryId}`;
    const known = this.#aliases.get(name);
    if (known !== undefined) return known;
    forgetFirst(this.#aliases);
    this.#aliases.set(name, --this.#lastAlias);
    return this.#lastAlias;
  }

  #remember(coreId: number, key: ReplicaKey): void {
    if (!this.#keys.has(coreId)) forgetFirst(this.#keys);
    this.#keys.set(coreId, key);
  }
}

function forgetFirst<K>(map: Map<K, unknown>): void {
  if (map.size >= MAX_REMEMBERED) map.delete(map.keys().next().value!);
}
