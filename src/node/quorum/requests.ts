/**
 * What the nodes of a quorum say to one another, on the wire: from the core's messages to requests
 * and answers of Vote, BeginQuorumEpoch, EndQuorumEpoch, Fetch and FetchSnapshot, and back. Each is
 * about one topic and one partition, `__cluster_metadata`-0; Fetch names it by its id.
 *
 * The core does not know clusters, directories and addresses. They are added here, and what comes
 * from another cluster, or is meant for another incarnation of this node (KIP-853), goes no further.
 */
import { METADATA_TOPIC, METADATA_TOPIC_ID, type Uuid, ZERO_UUID } from "../../base/mod.ts";
import {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
  errorName,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  type InputOf,
  type Message,
  type ValueOf,
  VoteRequest,
  VoteResponse,
} from "../../protocol/mod.ts";
import type { RaftMessage } from "../../raft/mod.ts";
import type { VoterEndpoint } from "../quorum_voters.ts";

/** What the core leaves out. */
export interface Sender {
  /** Undefined for a node that has not learned it yet: then nobody checks it. */
  readonly clusterId: string | undefined;
  readonly directoryId: Uuid;
  /** Where this node is to be found. */
  readonly endpoints: readonly VoterEndpoint[];
  /** Under which directory a voter is known; none at kraft.version 0. */
  directoryOf(voterId: number): Uuid | undefined;
  readonly fetchMaxBytes: number;
  readonly snapshotMaxBytes: number;
}

/** Where a node of the quorum is, as an answer tells it. */
export interface ToldNode {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** A request on its way, and how its answer is read. */
export interface Outgoing {
  readonly request: Message;
  readonly response: Message;
  readonly body: unknown;
  /** What the core is told of the answer. */
  read(answer: any): Reply;
}

export interface Reply {
  /** Undefined when the core can do nothing with it. */
  readonly message: RaftMessage | undefined;
  readonly error: string;
  readonly nodes: readonly ToldNode[];
}

type Asking = Extract<RaftMessage, { type: `${string}Request` }>;

export const isRequest = (message: RaftMessage): message is Asking =>
  message.type.endsWith("Request");

/** The wait of a fetch for news, as Kafka's replicas ask for it. */
const FETCH_WAIT_MS = 500;
/** No node, where an id is sent. */
export const NOBODY = -1;

const orNobody = (id: number): number | undefined => id < 0 ? undefined : id;

export function requestOf(message: Asking, sender: Sender): Outgoing {
  switch (message.type) {
    case "VoteRequest":
      return voteRequest(message, sender);
    case "BeginQuorumEpochRequest":
      return beginRequest(message, sender);
    case "EndQuorumEpochRequest":
      return endRequest(message, sender);
    case "FetchRequest":
      return fetchRequest(message, sender);
    case "FetchSnapshotRequest":
      return snapshotRequest(message, sender);
  }
}

/** Lets the compiler check a body against its message. */
function outgoing<Q extends Message, R extends Message>(
  request: Q,
  response: R,
  body: InputOf<Q>,
  read: (answer: ValueOf<R>) => Reply,
): Outgoing {
  return { request, response, body, read };
}

type Of<T extends RaftMessage["type"]> = Extract<RaftMessage, { type: T }>;

function voteRequest(asked: Of<"VoteRequest">, sender: Sender): Outgoing {
  const { from, to, epoch, logEnd, preVote } = asked;
  return outgoing(VoteRequest, VoteResponse, {
    clusterId: sender.clusterId ?? null,
    voterId: to,
    topics: [{
      topicName: METADATA_TOPIC,
      partitions: [{
        partitionIndex: 0,
        replicaEpoch: epoch,
        replicaId: from,
        replicaDirectoryId: sender.directoryId,
        voterDirectoryId: sender.directoryOf(to) ?? ZERO_UUID,
        lastOffsetEpoch: logEnd.epoch,
        lastOffset: logEnd.endOffset,
        preVote,
      }],
    }],
  }, (answer) =>
    reply(answer, (partition) => ({
      type: "VoteResponse",
      ...backTo(asked, partition),
      preVote,
      granted: partition.voteGranted,
    })));
}

function beginRequest(asked: Of<"BeginQuorumEpochRequest">, sender: Sender): Outgoing {
  const { from, to, epoch } = asked;
  return outgoing(BeginQuorumEpochRequest, BeginQuorumEpochResponse, {
    clusterId: sender.clusterId ?? null,
    voterId: to,
    topics: [{
      topicName: METADATA_TOPIC,
      partitions: [{
        partitionIndex: 0,
        voterDirectoryId: sender.directoryOf(to) ?? ZERO_UUID,
        leaderId: from,
        leaderEpoch: epoch,
      }],
    }],
    leaderEndpoints: [...sender.endpoints],
  }, (answer) =>
    reply(answer, (partition) => ({
      type: "BeginQuorumEpochResponse",
      ...backTo(asked, partition),
    })));
}

function endRequest(asked: Of<"EndQuorumEpochRequest">, sender: Sender): Outgoing {
  const { from, epoch, preferredSuccessors } = asked;
  return outgoing(EndQuorumEpochRequest, EndQuorumEpochResponse, {
    clusterId: sender.clusterId ?? null,
    topics: [{
      topicName: METADATA_TOPIC,
      partitions: [{
        partitionIndex: 0,
        leaderId: from,
        leaderEpoch: epoch,
        preferredSuccessors: [...preferredSuccessors],
        preferredCandidates: preferredSuccessors.map((candidateId) => ({
          candidateId,
          candidateDirectoryId: sender.directoryOf(candidateId) ?? ZERO_UUID,
        })),
      }],
    }],
    leaderEndpoints: [...sender.endpoints],
  }, (answer) => reply(answer, () => undefined));
}

function fetchRequest(asked: Of<"FetchRequest">, sender: Sender): Outgoing {
  const { from, epoch, fetchOffset, lastFetchedEpoch, highWatermark } = asked;
  return outgoing(FetchRequest, FetchResponse, {
    clusterId: sender.clusterId ?? null,
    replicaState: { replicaId: from },
    maxWaitMs: FETCH_WAIT_MS,
    minBytes: 0,
    maxBytes: sender.fetchMaxBytes,
    topics: [{
      topicId: METADATA_TOPIC_ID,
      topic: METADATA_TOPIC,
      partitions: [{
        partition: 0,
        currentLeaderEpoch: epoch,
        fetchOffset,
        lastFetchedEpoch,
        partitionMaxBytes: sender.fetchMaxBytes,
        replicaDirectoryId: sender.directoryId,
        highWatermark,
      }],
    }],
  }, (answer) => fetchReply(asked, answer));
}

function fetchReply(asked: Of<"FetchRequest">, answer: FetchResponse): Reply {
  const error = errorName(answer.errorCode);
  const partition = answer.responses[0]?.partitions[0];
  const nodes = answer.nodeEndpoints;
  if (error !== "NONE" || partition === undefined) return { message: undefined, error, nodes };
  const said = errorName(partition.errorCode);
  const why = FETCH_ERRORS[said];
  if (why === undefined) return { message: undefined, error: said, nodes };
  const { currentLeader, divergingEpoch, snapshotId, records, highWatermark } = partition;
  const message: RaftMessage = {
    type: "FetchResponse",
    ...backTo(asked, currentLeader),
    error: why,
    highWatermark,
    asked: { epoch: asked.lastFetchedEpoch, endOffset: asked.fetchOffset },
    ...(divergingEpoch.epoch >= 0 ? { diverging: divergingEpoch } : {}),
    ...(snapshotId.epoch >= 0 ? { snapshot: snapshotId } : {}),
    ...(records !== null && records.length > 0 ? { records } : {}),
  };
  return { message, error: said, nodes };
}

/** What a follower acts on, in the core's words. */
const FETCH_ERRORS: Partial<Record<string, Of<"FetchResponse">["error"]>> = {
  NONE: "NONE",
  FENCED_LEADER_EPOCH: "FENCED_LEADER_EPOCH",
  UNKNOWN_LEADER_EPOCH: "UNKNOWN_LEADER_EPOCH",
  NOT_LEADER_OR_FOLLOWER: "NOT_LEADER",
};

function snapshotRequest(asked: Of<"FetchSnapshotRequest">, sender: Sender): Outgoing {
  const { from, epoch, snapshot, position } = asked;
  return outgoing(FetchSnapshotRequest, FetchSnapshotResponse, {
    clusterId: sender.clusterId ?? null,
    replicaId: from,
    maxBytes: sender.snapshotMaxBytes,
    topics: [{
      name: METADATA_TOPIC,
      partitions: [{
        partition: 0,
        currentLeaderEpoch: epoch,
        snapshotId: { ...snapshot },
        position,
        replicaDirectoryId: sender.directoryId,
      }],
    }],
  }, (answer) => snapshotReply(asked, answer));
}

function snapshotReply(asked: Of<"FetchSnapshotRequest">, answer: FetchSnapshotResponse): Reply {
  const error = errorName(answer.errorCode);
  const partition = answer.topics[0]?.partitions[0];
  const nodes = answer.nodeEndpoints;
  if (error !== "NONE" || partition === undefined) return { message: undefined, error, nodes };
  const said = errorName(partition.errorCode);
  const why = said === "SNAPSHOT_NOT_FOUND" || said === "POSITION_OUT_OF_RANGE"
    ? said
    : FETCH_ERRORS[said];
  if (why === undefined) return { message: undefined, error: said, nodes };
  const { snapshot, position } = asked;
  const message: RaftMessage = {
    type: "FetchSnapshotResponse",
    ...backTo(asked, partition.currentLeader),
    error: why,
    snapshot,
    position,
    sizeInBytes: partition.size,
    bytes: partition.unalignedRecords ?? new Uint8Array(0),
  };
  return { message, error: said, nodes };
}

interface Told {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** The head of an answer: who leads, as who was asked has it. */
const backTo = ({ from, to }: Asking, { leaderId, leaderEpoch }: Told) => ({
  from: to,
  to: from,
  epoch: leaderEpoch,
  leaderId: orNobody(leaderId),
});

/** Errors with which a node still says who leads, and when. */
const TELLING = new Set(["NONE", "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH"]);

function reply<P extends Told & { errorCode: number }>(
  { errorCode, topics, nodeEndpoints: nodes }: {
    errorCode: number;
    topics: { partitions: P[] }[];
    nodeEndpoints: ToldNode[];
  },
  messageOf: (partition: P) => RaftMessage | undefined,
): Reply {
  const partition = topics[0]?.partitions[0];
  const whole = errorName(errorCode);
  if (whole !== "NONE" || partition === undefined) {
    return { message: undefined, error: whole, nodes };
  }
  const error = errorName(partition.errorCode);
  return { message: TELLING.has(error) ? messageOf(partition) : undefined, error, nodes };
}
