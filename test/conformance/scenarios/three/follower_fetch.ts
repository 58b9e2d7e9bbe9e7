/**
 * Who else reads than consumers at leaders: consumers sent to the replica in their own rack
 * (KIP-392), and followers.
 */
import { fetchOf } from "../../replicas.ts";
import type { Scenario } from "../../side.ts";
import { FOLLOWED, PRETENDED } from "../../stages/three.ts";
import { fromEach, NODES, onThree } from "./scenario.ts";

/** A consumer of a rack, at each node. */
const consumer = (name: string, fetchOffset: number, more: object = {}): Scenario =>
  onThree(
    "Fetch",
    `by consumers in racks ${name}`,
    async (side, version) => {
      const answers: Record<string, unknown> = {};
      for (const rackId of ["rack-1", "rack-2", "rack-3", "rack-of-nobody", ""]) {
        const body = { ...fetchOf(side, version, FOLLOWED, { fetchOffset }), rackId, ...more };
        answers[`in "${rackId}"`] = await fromEach(side, "Fetch", version, body);
      }
      return answers;
    },
    { since: 11, together: true },
  );

/** As a replica's fetcher asks; the epoch of its broker is unknown, and so not looked at. */
const replica = (
  name: string,
  replicaId: number,
  fields: object,
  { since }: { since?: number } = {},
): Scenario =>
  onThree("Fetch", name, async (side, version) => {
    const body = {
      ...fetchOf(side, version, PRETENDED, fields),
      ...(version >= 15 ? { replicaState: { replicaId, replicaEpoch: -1 } } : { replicaId }),
    };
    return await fromEach(side, "Fetch", version, body);
  }, { since });

/** Whoever asks as a replica sees what is written, not just what is committed. */
const offsets = (replicaId: number, timestamp: number): Scenario =>
  onThree(
    "ListOffsets",
    `timestamp ${timestamp} as replica ${replicaId}`,
    async (side, version) => {
      return await fromEach(side, "ListOffsets", version, {
        replicaId,
        topics: [{ name: FOLLOWED, partitions: [{ partitionIndex: 0, timestamp }] }],
      });
    },
    { together: true },
  );

export const FOLLOWER_FETCH: Scenario[] = [
  consumer("from the start", 0),
  consumer("from the end", 3),
  consumer("from beyond the end", 9),
  consumer("from below the start", -1),
  consumer("who want committed transactions", 0, { isolationLevel: 1 }),
  replica("as follower 2 at the end", 2, { fetchOffset: 3 }),
  replica("as follower 2 at the start", 2, { fetchOffset: 0 }),
  replica("as follower 2 beyond the end", 2, { fetchOffset: 9 }),
  replica("as follower 2 who diverged", 2, { fetchOffset: 3, lastFetchedEpoch: 4 }, { since: 12 }),
  replica("as follower 2 in an epoch to come", 2, { fetchOffset: 3, currentLeaderEpoch: 5 }, {
    since: 9,
  }),
  replica("as 3, which is no replica", 3, { fetchOffset: 0 }),
  replica(
    "as 3, which is no replica, in this epoch",
    3,
    { fetchOffset: 0, currentLeaderEpoch: 0 },
    {
      since: 9,
    },
  ),
  replica("as 7, which is nobody", 7, { fetchOffset: 0 }),
  replica("as a debugging replica", -2, { fetchOffset: 0 }),
  ...NODES.concat(7, -2).flatMap((id) => [-1, -2].map((timestamp) => offsets(id, timestamp))),
  ...[2, 3].map((replicaId) =>
    onThree("OffsetForLeaderEpoch", `as replica ${replicaId}`, async (side, version) => {
      return await fromEach(side, "OffsetForLeaderEpoch", version, {
        replicaId,
        topics: [{ topic: FOLLOWED, partitions: [{ partition: 0, leaderEpoch: 0 }] }],
      });
    }, { together: true })
  ),
];
