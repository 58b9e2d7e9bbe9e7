/**
 * ElectLeaders (43): gives partitions to the replica that should lead them, or, for those that
 * nobody leads, to anyone alive at the price of records (KIP-460). Every partition is answered by
 * itself; asked for all of them, those that need nothing are left out.
 */
import type { TopicImage } from "../metadata/mod.ts";
import {
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  errorCode,
  KafkaError,
  type MetadataRecord,
} from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { rulesOf } from "./elections.ts";
import { changePartition } from "./partition_change.ts";

const PREFERRED = 0, UNCLEAN = 1;

type TopicResult = ElectLeadersResponse["replicaElectionResults"][number];
type Result = TopicResult["partitionResult"][number];

export function electLeaders(
  request: ElectLeadersRequest,
  context: DecisionContext,
): Decision<ElectLeadersResponse> {
  const { electionType, topicPartitions } = request;
  if (electionType !== PREFERRED && electionType !== UNCLEAN) {
    const error = new KafkaError("INVALID_REQUEST", `${electionType} is no type of election`);
    return { records: [], response: electionFailed(request, error) };
  }
  const records: MetadataRecord[] = [];
  const elect = (topic: string, partitionId: number): Result => {
    const { error, record } = electOne(topic, partitionId, electionType, context);
    if (record) records.push(record);
    return { partitionId, errorCode: error?.code ?? 0, errorMessage: error?.message ?? null };
  };
  const replicaElectionResults = topicPartitions === null
    ? [...context.image.topics.values()].map(({ name, partitions }) => ({
      topic: name,
      partitionResult: partitions.map((_, i) => elect(name, i)).filter((result) =>
        result.errorCode !== errorCode("ELECTION_NOT_NEEDED")
      ),
    }))
    : topicPartitions.map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partition) => elect(topic, partition)),
    }));
  return { records, response: { throttleTimeMs: 0, errorCode: 0, replicaElectionResults } };
}

/** The answer when the whole request went wrong: the error in every place that can hold one. */
export function electionFailed(
  { topicPartitions }: ElectLeadersRequest,
  { code, message }: { readonly code: number; readonly message: string | null },
): ElectLeadersResponse {
  return {
    throttleTimeMs: 0,
    errorCode: code,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({
        partitionId,
        errorCode: code,
        errorMessage: message,
      })),
    })),
  };
}

function electOne(
  name: string,
  partitionId: number,
  electionType: number,
  context: DecisionContext,
): { error?: KafkaError; record?: MetadataRecord } {
  const topic: TopicImage | undefined = context.image.topicByName(name);
  const partition = topic?.partitions[partitionId];
  if (topic === undefined || partition === undefined) {
    const what = topic === undefined ? `topic "${name}"` : `partition ${name}-${partitionId}`;
    return { error: new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `There is no ${what}`) };
  }
  const { leader, replicas: [preferred] } = partition;
  if (electionType === PREFERRED ? leader === preferred : leader >= 0) {
    return { error: new KafkaError("ELECTION_NOT_NEEDED") };
  }
  const election = electionType === PREFERRED ? "preferred" : "unclean";
  const record = changePartition(topic, partitionId, { election }, rulesOf(context));
  if (record !== undefined) return { record };
  const error = electionType === PREFERRED
    ? "PREFERRED_LEADER_NOT_AVAILABLE"
    : "ELIGIBLE_LEADERS_NOT_AVAILABLE";
  return { error: new KafkaError(error) };
}
