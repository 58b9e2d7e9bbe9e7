/**
 * The other side of `requests.ts`: what other nodes ask, as the core's messages, and the core's
 * answers as they go on the wire. A request that is not about the one partition there is, or comes
 * from another cluster, is refused before the core hears of it.
 */
import { METADATA_TOPIC, METADATA_TOPIC_ID, type Uuid, ZERO_UUID } from "../../base/mod.ts";
import {
  type BeginQuorumEpochRequest,
  type BeginQuorumEpochResponse,
  type EndQuorumEpochRequest,
  type EndQuorumEpochResponse,
  errorCode,
  type ErrorName,
  type FetchRequest,
  type FetchResponse,
  type FetchSnapshotRequest,
  type FetchSnapshotResponse,
  type InputOf,
  KafkaError,
  type VoteRequest,
  type VoteResponse,
} from "../../protocol/mod.ts";
import type { RaftMessage } from "../../raft/mod.ts";
import { NOBODY, type ToldNode } from "./requests.ts";

type Of<T extends RaftMessage["type"]> = Extract<RaftMessage, { type: T }>;

/** Who is asked. */
export interface Asked {
  readonly nodeId: number;
  readonly directoryId: Uuid;
  readonly clusterId: string | undefined;
}

/** Who leads, and where it is, for whoever asks. */
export interface KnownLeader {
  readonly leaderId: number | undefined;
  readonly epoch: number;
  readonly nodes: readonly ToldNode[];
}

/** Throws INCONSISTENT_CLUSTER_ID. Who does not know its cluster yet says nothing of it. */
export function checkCluster(theirs: string | null, { clusterId }: Asked): void {
  if (theirs === null || clusterId === undefined || theirs === clusterId) return;
  throw new KafkaError("INCONSISTENT_CLUSTER_ID", `This is cluster ${clusterId}, not "${theirs}"`);
}

/** The only partition of the only topic. Throws INVALID_REQUEST. */
function onlyPartition<P extends { partitionIndex?: number; partition?: number }>(
  topics: readonly { topicName?: string; name?: string; partitions: readonly P[] }[],
): P {
  const [topic, ...others] = topics;
  const [partition, ...more] = topic?.partitions ?? [];
  const isOne = partition !== undefined && others.length === 0 && more.length === 0;
  if (!isOne) throw new KafkaError("INVALID_REQUEST", "Not about one partition");
  const name = topic.topicName ?? topic.name;
  const index = partition.partitionIndex ?? partition.partition;
  if (name === METADATA_TOPIC && index === 0) return partition;
  throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
}

/** Throws INVALID_VOTER_KEY for what is meant for another node, or another directory of ours. */
function checkVoter(id: number, directoryId: Uuid, asked: Asked): void {
  const isUs = (id === NOBODY || id === asked.nodeId) &&
    (directoryId === ZERO_UUID || directoryId === asked.directoryId);
  if (!isUs) throw new KafkaError("INVALID_VOTER_KEY");
}

const invalid = () => new KafkaError("INVALID_REQUEST");

/** A candidate's request, and which directory it has. */
export function voteMessage(
  request: VoteRequest,
  asked: Asked,
): Of<"VoteRequest"> & { directoryId: Uuid } {
  checkCluster(request.clusterId, asked);
  const partition = onlyPartition(request.topics);
  const { replicaId, replicaEpoch, lastOffset, lastOffsetEpoch, preVote } = partition;
  const isSane = lastOffset >= 0 && lastOffsetEpoch >= 0 && replicaId >= 0 &&
    (preVote ? lastOffsetEpoch <= replicaEpoch : lastOffsetEpoch < replicaEpoch);
  if (!isSane) throw invalid();
  checkVoter(request.voterId, partition.voterDirectoryId, asked);
  return {
    type: "VoteRequest",
    from: replicaId,
    to: asked.nodeId,
    epoch: replicaEpoch,
    preVote,
    logEnd: { epoch: lastOffsetEpoch, endOffset: lastOffset },
    directoryId: partition.replicaDirectoryId,
  };
}

export function beginMessage(
  request: BeginQuorumEpochRequest,
  asked: Asked,
): Of<"BeginQuorumEpochRequest"> {
  checkCluster(request.clusterId, asked);
  const { leaderId, leaderEpoch, voterDirectoryId } = onlyPartition(request.topics);
  if (leaderId < 0 || leaderEpoch < 0) throw invalid();
  checkVoter(request.voterId, voterDirectoryId, asked);
  return { type: "BeginQuorumEpochRequest", from: leaderId, to: asked.nodeId, epoch: leaderEpoch };
}

export function endMessage(
  request: EndQuorumEpochRequest,
  asked: Asked,
): Of<"EndQuorumEpochRequest"> {
  checkCluster(request.clusterId, asked);
  const { leaderId, leaderEpoch, preferredCandidates, preferredSuccessors } = onlyPartition(
    request.topics,
  );
  if (leaderId < 0 || leaderEpoch < 0) throw invalid();
  return {
    type: "EndQuorumEpochRequest",
    from: leaderId,
    to: asked.nodeId,
    epoch: leaderEpoch,
    preferredSuccessors: preferredCandidates.length > 0
      ? preferredCandidates.map(({ candidateId }) => candidateId)
      : preferredSuccessors,
  };
}

/** A fetch, and which directory it is of. */
export function fetchMessage(
  request: FetchRequest,
  version: number,
  asked: Asked,
): Of<"FetchRequest"> & { directoryId: Uuid } {
  checkCluster(request.clusterId, asked);
  const [topic] = request.topics;
  if (version >= 13 && topic !== undefined && topic.topicId !== METADATA_TOPIC_ID) {
    throw new KafkaError("UNKNOWN_TOPIC_ID");
  }
  const partition = onlyPartition(
    request.topics.map(({ topic, partitions }) => ({
      topicName: version >= 13 ? METADATA_TOPIC : topic,
      partitions,
    })),
  );
  const { currentLeaderEpoch, fetchOffset, lastFetchedEpoch, replicaDirectoryId } = partition;
  const from = version >= 15 ? request.replicaState.replicaId : request.replicaId;
  const isSane = from >= 0 && request.maxWaitMs >= 0 && fetchOffset >= 0 &&
    lastFetchedEpoch >= 0 && lastFetchedEpoch <= currentLeaderEpoch;
  if (!isSane) throw invalid();
  return {
    type: "FetchRequest",
    from,
    to: asked.nodeId,
    epoch: currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    highWatermark: partition.highWatermark,
    directoryId: replicaDirectoryId,
  };
}

export function snapshotMessage(
  request: FetchSnapshotRequest,
  asked: Asked,
): Of<"FetchSnapshotRequest"> & { directoryId: Uuid } {
  checkCluster(request.clusterId, asked);
  const { currentLeaderEpoch, snapshotId, position, replicaDirectoryId } = onlyPartition(
    request.topics,
  );
  if (request.replicaId < 0) throw invalid();
  return {
    type: "FetchSnapshotRequest",
    from: request.replicaId,
    to: asked.nodeId,
    epoch: currentLeaderEpoch,
    snapshot: snapshotId,
    position,
    directoryId: replicaDirectoryId,
  };
}

const told = ({ leaderId, epoch }: Pick<KnownLeader, "leaderId" | "epoch">) => ({
  leaderId: leaderId ?? NOBODY,
  leaderEpoch: epoch,
});

/** Who asks in an epoch that is over is told so. */
const errorFor = (asked: { epoch: number }, answer: { epoch: number }) =>
  errorCode(asked.epoch < answer.epoch ? "FENCED_LEADER_EPOCH" : "NONE");

const onePartition = <P extends object>(partition: P) => [{
  topicName: METADATA_TOPIC,
  partitions: [{ partitionIndex: 0, ...partition }],
}];

export const voteAnswer = (
  asked: Of<"VoteRequest">,
  answer: Of<"VoteResponse">,
  { nodes }: KnownLeader,
): InputOf<typeof VoteResponse> => ({
  topics: onePartition({
    errorCode: errorFor(asked, answer),
    ...told(answer),
    voteGranted: answer.granted,
  }),
  nodeEndpoints: [...nodes],
});

/** Of BeginQuorumEpoch and EndQuorumEpoch: both say no more than who leads. */
export const epochAnswer = (
  asked: { epoch: number },
  leader: KnownLeader,
): InputOf<typeof BeginQuorumEpochResponse> & InputOf<typeof EndQuorumEpochResponse> => ({
  topics: onePartition({ errorCode: errorFor(asked, leader), ...told(leader) }),
  nodeEndpoints: [...leader.nodes],
});

/** As the protocol calls them. */
const FETCH_ERRORS: Record<Of<"FetchSnapshotResponse">["error"], ErrorName> = {
  NONE: "NONE",
  FENCED_LEADER_EPOCH: "FENCED_LEADER_EPOCH",
  UNKNOWN_LEADER_EPOCH: "UNKNOWN_LEADER_EPOCH",
  NOT_LEADER: "NOT_LEADER_OR_FOLLOWER",
  SNAPSHOT_NOT_FOUND: "SNAPSHOT_NOT_FOUND",
  POSITION_OUT_OF_RANGE: "POSITION_OUT_OF_RANGE",
};

export const fetchAnswer = (
  answer: Of<"FetchResponse">,
  { nodes, logStartOffset }: KnownLeader & { logStartOffset: number },
  version: number,
): InputOf<typeof FetchResponse> => ({
  responses: [{
    ...(version >= 13 ? { topicId: METADATA_TOPIC_ID } : { topic: METADATA_TOPIC }),
    partitions: [{
      partitionIndex: 0,
      errorCode: errorCode(FETCH_ERRORS[answer.error]),
      highWatermark: answer.highWatermark,
      logStartOffset,
      ...(answer.diverging === undefined ? {} : { divergingEpoch: { ...answer.diverging } }),
      currentLeader: told(answer),
      ...(answer.snapshot === undefined ? {} : { snapshotId: { ...answer.snapshot } }),
      abortedTransactions: null,
      records: answer.records ?? new Uint8Array(0),
    }],
  }],
  ...(version >= 16 ? { nodeEndpoints: nodes.map((node) => ({ ...node, rack: null })) } : {}),
});

export const snapshotAnswerOf = (
  answer: Of<"FetchSnapshotResponse">,
  { nodes }: KnownLeader,
  version: number,
): InputOf<typeof FetchSnapshotResponse> => ({
  topics: [{
    name: METADATA_TOPIC,
    partitions: [{
      index: 0,
      errorCode: errorCode(FETCH_ERRORS[answer.error]),
      snapshotId: { ...answer.snapshot },
      currentLeader: told(answer),
      size: answer.sizeInBytes ?? 0,
      position: answer.position,
      unalignedRecords: answer.bytes ?? new Uint8Array(0),
    }],
  }],
  ...(version >= 1 ? { nodeEndpoints: [...nodes] } : {}),
});
