/**
 * A follower whose log ends where its leader's has nothing: behind its end, after an election of
 * somebody who had less, or before its beginning, after a long absence.
 */
import { keyOf, type Offset } from "../../base/mod.ts";
import { errorName, KafkaError } from "../../protocol/mod.ts";
import type { ReplicaPeer } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { type Cutting, truncate } from "./truncation.ts";

const LATEST = -1;
const EARLIEST_LOCAL = -4;

export interface LeaderToMeet extends Cutting {
  readonly peer: ReplicaPeer;
  readonly nodeId: number;
  /** False once the replica has gone on to another leader or epoch. */
  readonly isCurrent: () => boolean;
}

/** Asks the leader where its log ends and begins, and goes there. Rejects with what is in the way. */
export async function meetLeader(replica: Replica, leader: LeaderToMeet): Promise<void> {
  const leaderEnd = await ask(replica, leader, LATEST);
  if (!leader.isCurrent()) return;
  if (leaderEnd < replica.logEndOffset) return truncate(replica, leaderEnd, leader);
  const leaderStart = await ask(replica, leader, EARLIEST_LOCAL);
  if (!leader.isCurrent() || leaderStart <= replica.logEndOffset) return;
  const { logEndOffset, topicPartition } = replica;
  leader.log("info", "log begins anew where the leader's begins", {
    partition: keyOf(topicPartition),
    offset: leaderStart,
    logEndOffset,
  });
  replica.restartAt(leaderStart);
}

async function ask(
  replica: Replica,
  { peer, nodeId }: LeaderToMeet,
  timestamp: number,
): Promise<Offset> {
  const { topicPartition: { topic, partition }, leaderEpoch: currentLeaderEpoch } = replica;
  const { topics } = await peer.listOffsets({
    replicaId: nodeId,
    isolationLevel: 0,
    topics: [{
      name: topic,
      partitions: [{ partitionIndex: partition, currentLeaderEpoch, timestamp }],
    }],
  });
  const answer = topics[0]?.partitions[0];
  if (answer === undefined) throw new KafkaError("UNKNOWN_SERVER_ERROR", "no answer");
  if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode));
  return answer.offset;
}
