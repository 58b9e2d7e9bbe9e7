/**
 * What the controller does about leaders by itself from time to time: gives leadership back to the
 * replicas that were meant to have it (`auto.leader.rebalance.enable`), and tries again where nobody
 * leads though somebody may, since a topic's settings now allow it. Both are done in rounds, so that
 * a cluster of many partitions is not held up by one of them.
 */
import { NO_LEADER } from "../metadata/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";
import type { DecisionContext } from "./decision.ts";
import { rulesOf } from "./elections.ts";
import { changePartition, type PartitionTarget } from "./partition_change.ts";

/** Partitions that are changed in one round, as in Kafka. */
export const ELECTIONS_A_ROUND = 1000;

export interface ElectionRound {
  readonly records: MetadataRecord[];
  /** There may be more to do at once. */
  readonly isFull: boolean;
}

/** Gives partitions to their first replica where it may lead. */
export const balanceLeaders = (context: DecisionContext): ElectionRound =>
  electWhere(
    ({ leader, replicas }) => leader !== replicas[0] && leader !== NO_LEADER,
    { election: "preferred" },
    context,
  );

/** Elects where nobody leads, by the rules as they are now. */
export const electLeaderless = (context: DecisionContext): ElectionRound =>
  electWhere(({ leader }) => leader === NO_LEADER, {}, context);

function electWhere(
  isConcerned: (partition: { leader: number; replicas: readonly number[] }) => boolean,
  target: PartitionTarget,
  context: DecisionContext,
): ElectionRound {
  const rules = rulesOf(context);
  const records: MetadataRecord[] = [];
  for (const topic of context.image.topics.values()) {
    for (const [id, partition] of topic.partitions.entries()) {
      if (!isConcerned(partition)) continue;
      const record = changePartition(topic, id, target, rules);
      if (record === undefined) continue;
      records.push(record);
      if (records.length === ELECTIONS_A_ROUND) return { records, isFull: true };
    }
  }
  return { records, isFull: false };
}
