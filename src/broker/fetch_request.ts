/** What a Fetch asks for, and who asks. */
import { type FetchRequest, KafkaError } from "../protocol/mod.ts";
import type { Replica } from "../replication/mod.ts";
import type { WantedPartition } from "./fetch_sessions.ts";

/** A broker that fetches what it follows. */
export interface Follower {
  readonly brokerId: number;
  /** -1 when it does not say. */
  readonly brokerEpoch: number;
}

/** Undefined for a consumer. */
export function followerOf({ replicaId, replicaState }: FetchRequest): Follower | undefined {
  if (replicaState.replicaId >= 0) {
    return { brokerId: replicaState.replicaId, brokerEpoch: replicaState.replicaEpoch };
  }
  return replicaId >= 0 ? { brokerId: replicaId, brokerEpoch: -1 } : undefined;
}

export function wantedOf({ topics }: FetchRequest): WantedPartition[] {
  const wanted: WantedPartition[] = [];
  for (const { topic, topicId, partitions } of topics) {
    for (const each of partitions) {
      wanted.push({
        topic,
        topicId,
        partition: each.partition,
        currentLeaderEpoch: each.currentLeaderEpoch,
        fetchOffset: each.fetchOffset,
        lastFetchedEpoch: each.lastFetchedEpoch,
        logStartOffset: each.logStartOffset,
        maxBytes: each.partitionMaxBytes,
      });
    }
  }
  return wanted;
}

/** Where the client's history leaves ours (KIP-595): it has to go back there before it reads on. */
export function divergenceOf(replica: Replica, { lastFetchedEpoch, fetchOffset }: WantedPartition) {
  if (lastFetchedEpoch < 0) return undefined;
  const ours = replica.endOffsetFor(lastFetchedEpoch);
  if (ours === undefined) {
    throw new KafkaError("OFFSET_OUT_OF_RANGE", `Leader epoch ${lastFetchedEpoch} never was`);
  }
  const diverges = ours.epoch < lastFetchedEpoch || ours.endOffset < fetchOffset;
  return diverges ? { epoch: ours.epoch, endOffset: ours.endOffset } : undefined;
}
