/**
 * DescribeQuorum, key 55: who leads and who votes on the metadata log, and how far each has it
 * (KIP-595).
 *
 * Served 0 to 2:
 *
 * | v | adds |
 * | --- | --- |
 * | 1 | when each replica fetched last, and was level last (KIP-836) |
 * | 2 | directories and addresses of the voters, error messages (KIP-853) |
 *
 * Only one partition has a quorum: a request for anything else beside it, or twice for it, is told
 * that nothing it names is there. The leader is always level with itself.
 */
import { ZERO_UUID } from "../../base/mod.ts";
import { METADATA_TOPIC } from "../../base/mod.ts";
import {
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  errorCode,
  type ErrorName,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import { errorFields } from "../errors.ts";
import type { QuorumNode, QuorumReplica } from "../quorum_description.ts";

export const describeQuorum = defineSharedApi({
  key: 55,
  name: "DescribeQuorum",
  request: DescribeQuorumRequest,
  response: DescribeQuorumResponse,
  versions: [0, 2],

  async handle(request, { version }, { controller }) {
    if (!isOfMetadata(request)) return refused(request, "UNKNOWN_TOPIC_OR_PARTITION");
    const { voters, observers, nodes, ...quorum } = await controller.describeQuorum();
    const stateOf = ({ id, directoryId = ZERO_UUID, ...progress }: QuorumReplica) => ({
      replicaId: id,
      ...(version >= 2 ? { replicaDirectoryId: directoryId } : {}),
      ...progress,
    });
    const partition = {
      partitionIndex: 0,
      errorMessage: "",
      ...quorum,
      currentVoters: voters.map(stateOf),
      observers: observers.map(stateOf),
    };
    return {
      errorMessage: "",
      topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }],
      ...(version >= 2 ? { nodes: nodes.map(nodeOf) } : {}),
    };
  },

  /** Whoever does not lead the quorum says so as any other partition's replica does. */
  failed: (request, error) =>
    error.error === "NOT_CONTROLLER"
      ? refused(request, "NOT_LEADER_OR_FOLLOWER")
      : errorFields(error),
});

const nodeOf = ({ id, endpoints }: QuorumNode) => ({ nodeId: id, listeners: [...endpoints] });

function isOfMetadata({ topics }: DescribeQuorumRequest): boolean {
  const [topic, ...others] = topics;
  if (topic === undefined || others.length > 0) return false;
  const [partition, ...more] = topic.partitions;
  return topic.topicName === METADATA_TOPIC && more.length === 0 && partition?.partitionIndex === 0;
}

function refused({ topics }: DescribeQuorumRequest, error: ErrorName) {
  const { message } = new KafkaError(error);
  return {
    errorMessage: "",
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: errorCode(error),
        errorMessage: message,
      })),
    })),
  };
}
