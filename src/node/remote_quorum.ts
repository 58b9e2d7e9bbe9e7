/** What the quorum's leader says of the quorum, asked by another node (DescribeQuorum). */
import { METADATA_TOPIC, ZERO_UUID } from "../base/mod.ts";
import type { QuorumDescription, QuorumReplica } from "../broker/mod.ts";
import type { WireConnection } from "../client/mod.ts";
import {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  errorName,
  KafkaError,
} from "../protocol/mod.ts";

type Told = DescribeQuorumResponse["topics"][number]["partitions"][number]["currentVoters"][number];

/** Throws KafkaError with what the node answers instead. */
export async function describeQuorumOf(
  connection: WireConnection,
  timeoutMs: number,
): Promise<QuorumDescription> {
  const { errorCode, topics: [topic], nodes } = await connection.call(
    DescribeQuorumRequest,
    DescribeQuorumResponse,
    { topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }] },
    { timeoutMs },
  );
  const partition = topic?.partitions[0];
  const error = errorCode || partition?.errorCode;
  // Of the metadata log's partition that one says the same: somebody else leads the quorum.
  if (errorName(error ?? 0) === "NOT_LEADER_OR_FOLLOWER") throw new KafkaError("NOT_CONTROLLER");
  if (error) throw new KafkaError(errorName(error));
  if (partition === undefined) throw new KafkaError("UNKNOWN_SERVER_ERROR");
  const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition;
  return {
    leaderId,
    leaderEpoch,
    highWatermark,
    voters: currentVoters.map(replicaOf),
    observers: observers.map(replicaOf),
    nodes: nodes.map(({ nodeId, listeners }) => ({ id: nodeId, endpoints: listeners })),
  };
}

const replicaOf = (told: Told): QuorumReplica => ({
  id: told.replicaId,
  directoryId: told.replicaDirectoryId === ZERO_UUID ? undefined : told.replicaDirectoryId,
  logEndOffset: told.logEndOffset,
  lastFetchTimestamp: told.lastFetchTimestamp,
  lastCaughtUpTimestamp: told.lastCaughtUpTimestamp,
});
