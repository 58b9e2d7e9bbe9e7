/**
 * Data of a quorum whose voters are fixed by settings, started with other settings: what is wrong
 * with that, and what to type instead. Such data goes on with the voters that it had, and with no
 * others: two of them with different lists could each find a majority of its own.
 */

export interface Voters {
  /** As the data has them. */
  readonly kept: readonly number[];
  /** As the settings have them; none for a node that is to find its quorum at others. */
  readonly told: readonly number[];
  readonly nodeId: number;
}

/** Undefined when they are the same, or the data names none. */
export function whyOtherVoters({ kept, told, nodeId }: Voters): string | undefined {
  const isSame = kept.length === told.length && kept.every((voter) => told.includes(voter));
  if (isSame || kept.length === 0) return undefined;
  const wasAlone = isOnly(kept, nodeId);
  if (told.length === 0) {
    return wasAlone
      ? "this node has been a cluster of its own. To go on with that, start it without --join, or " +
        "with --new-cluster, and others join it; to join another cluster, give it an empty folder"
      : `${clusterOf(kept)}. To go on with that, start it with all of them (${asFlag(kept)}); to ` +
        "join another cluster, give it an empty folder";
  }
  if (wasAlone) {
    return `this node has been a cluster of its own, and is told to be one of ${
      list(told)
    }. Start ` +
      "it with --new-cluster, and let the others join it (--join); or give all an empty folder, " +
      "and they begin anew";
  }
  if (isOnly(told, nodeId)) {
    return `${clusterOf(kept)}. Start it with all of them (${asFlag(kept)}), or give it an empty ` +
      "folder, and it begins anew";
  }
  return `${clusterOf(kept)}, and it is told that they are ${
    list(told)
  }. Start it with those that ` +
    "it has; who votes can change once the cluster runs and has this, for good: streamer cluster " +
    "features --upgrade kraft.version=1";
}

const isOnly = (voters: readonly number[], nodeId: number): boolean =>
  voters.length === 1 && voters[0] === nodeId;

const list = (ids: readonly number[]): string => `voters ${ids.join(", ")}`;

const clusterOf = (kept: readonly number[]): string =>
  `this node's data is that of a cluster with the ${list(kept)}`;

const asFlag = (ids: readonly number[]): string =>
  `--voters ${ids.map((id) => `${id}@HOST:PORT`).join(",")}`;
