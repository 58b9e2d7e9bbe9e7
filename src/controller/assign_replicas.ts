/**
 * AssignReplicasToDirs (73): a broker with several log directories says in which of them its
 * replicas lie (KIP-858). It chooses by itself, and the controller has to know, since only by that
 * it can tell what is lost when one of them fails.
 */
import { topicId, type Uuid } from "../base/mod.ts";
import {
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  errorCode,
  type ErrorName,
  type MetadataRecord,
} from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { rulesOf } from "./elections.ts";
import { changePartition } from "./partition_change.ts";

export function assignReplicas(
  { brokerId, brokerEpoch, directories }: AssignReplicasToDirsRequest,
  context: DecisionContext,
): Decision<AssignReplicasToDirsResponse> {
  const { image } = context;
  const broker = image.brokers.get(brokerId);
  if (broker?.brokerEpoch !== brokerEpoch) {
    const response = { throttleTimeMs: 0, errorCode: errorCode("STALE_BROKER_EPOCH") };
    return { records: [], response: { ...response, directories: [] } };
  }
  const rules = rulesOf(context);
  const records: MetadataRecord[] = [];
  const assign = (id: string, partitionId: number, directory: Uuid): ErrorName => {
    const topic = image.topicById(topicId(id));
    const partition = topic?.partitions[partitionId];
    if (topic === undefined) return "UNKNOWN_TOPIC_ID";
    if (partition === undefined) return "UNKNOWN_TOPIC_OR_PARTITION";
    if (!partition.replicas.includes(brokerId)) return "NOT_LEADER_OR_FOLLOWER";
    const { replicas, directories } = partition;
    const moved = replicas.map((id, i) => id === brokerId ? directory : directories[i]);
    const record = changePartition(topic, partitionId, { directories: moved }, rules);
    if (record !== undefined) records.push(record);
    return "NONE";
  };
  const answered = directories.map(({ id, topics }) => ({
    id,
    topics: topics.map((topic) => ({
      topicId: topic.topicId,
      partitions: topic.partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: errorCode(assign(topic.topicId, partitionIndex, id)),
      })),
    })),
  }));
  return { records, response: { throttleTimeMs: 0, errorCode: 0, directories: answered } };
}
