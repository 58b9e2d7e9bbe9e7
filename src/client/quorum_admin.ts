/**
 * The quorum of controllers as operators see it: who leads, how far the others are, who may vote,
 * and changes of that (KIP-595, KIP-836, KIP-853). Brokers pass all of it on to the leader; only
 * who the controllers are has to be asked at a controller's own address.
 */
import { METADATA_TOPIC, type Offset, type Uuid, ZERO_UUID } from "../base/mod.ts";
import type { NetworkAddress } from "../platform/mod.ts";
import {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  DescribeClusterRequest,
  DescribeClusterResponse,
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  DescribeQuorumRequest,
  DescribeQuorumResponse,
  errorName,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  RESOURCE,
} from "../protocol/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";

export interface QuorumMember {
  id: number;
  /** undefined where the quorum does not know them by it (kraft.version 0), or does not tell. */
  directoryId?: Uuid;
  isVoter: boolean;
  logEndOffset: Offset;
  /** Records that it has not got yet; null where the leader has not heard of it. */
  lag: number | null;
  /** How long ago it had all that the leader had; null where that is not known. */
  lagMs: number | null;
  /** How long ago it last asked for more; null where that is not known. */
  silentMs: number | null;
  /** Where other controllers find it, by the listener's name; of voters only. */
  endpoints: QuorumEndpoint[];
}

export interface QuorumEndpoint extends NetworkAddress {
  name: string;
}

export interface Quorum {
  leaderId: number;
  leaderEpoch: number;
  highWatermark: Offset;
  /** Voters, then observers, each in order of their ids. */
  members: QuorumMember[];
}

const CONTROLLERS = 2;
const TIMEOUT_MS = 30_000;
const CALL = { timeoutMs: TIMEOUT_MS + 5000 };

/** As the leader sees it; undefined where the cluster has no such quorum (ZooKeeper's). */
export async function describeQuorum(
  cluster: Cluster,
  { forMs, timeoutMs }: { forMs?: number; timeoutMs?: number } = {},
): Promise<Quorum | undefined> {
  return await cluster.retrying(async () => {
    const connection = await cluster.any();
    if (!connection.serves(DescribeQuorumRequest)) return undefined;
    const answer = await connection.call(DescribeQuorumRequest, DescribeQuorumResponse, {
      topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }],
    }, { timeoutMs });
    const what = "Cannot describe the quorum";
    throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
    const partition = answer.topics[0].partitions[0];
    throwIfError(errorName(partition.errorCode), partition.errorMessage, what);
    return quorumOf(partition, answer.nodes);
  }, { forMs });
}

type Partition = DescribeQuorumResponse["topics"][0]["partitions"][0];

/** Times are told by the leader's clock, so they are counted from what it says of itself. */
function quorumOf(partition: Partition, nodes: DescribeQuorumResponse["nodes"]): Quorum {
  const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition;
  const leader = [...currentVoters, ...observers].find(({ replicaId }) => replicaId === leaderId);
  const now = Math.max(leader?.lastFetchTimestamp ?? -1, leader?.lastCaughtUpTimestamp ?? -1);
  const ago = (time: number) => time < 0 || now < 0 ? null : Math.max(0, now - time);
  const memberOf = (isVoter: boolean) => (state: Partition["currentVoters"][0]): QuorumMember => {
    const { replicaId: id, replicaDirectoryId, logEndOffset } = state;
    const isKnown = logEndOffset >= 0 && leader !== undefined;
    return {
      id,
      directoryId: replicaDirectoryId === ZERO_UUID ? undefined : replicaDirectoryId,
      isVoter,
      logEndOffset,
      lag: isKnown ? Math.max(0, leader.logEndOffset - logEndOffset) : null,
      lagMs: ago(state.lastCaughtUpTimestamp),
      silentMs: ago(state.lastFetchTimestamp),
      endpoints: isVoter ? endpointsOf(nodes, id) : [],
    };
  };
  const byId = (one: QuorumMember, other: QuorumMember) => one.id - other.id;
  return {
    leaderId,
    leaderEpoch,
    highWatermark,
    members: [
      ...currentVoters.map(memberOf(true)).sort(byId),
      ...observers.map(memberOf(false)).sort(byId),
    ],
  };
}

const endpointsOf = (nodes: DescribeQuorumResponse["nodes"], id: number): QuorumEndpoint[] =>
  nodes.find(({ nodeId }) => nodeId === id)?.listeners
    .map(({ name, host, port }) => ({ name, host, port })) ?? [];

/**
 * Where all registered controllers are, voters and others, by their ids: asked at the leader's own
 * listener, since a broker does not tell of them (KIP-919).
 */
export async function listControllers(
  cluster: Cluster,
  at: NetworkAddress,
): Promise<Map<number, NetworkAddress>> {
  const connection = await cluster.open(at);
  try {
    const answer = await connection.call(DescribeClusterRequest, DescribeClusterResponse, {
      endpointType: CONTROLLERS,
    });
    const what = "Cannot list the controllers";
    throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
    return new Map(answer.brokers.map(({ brokerId, host, port }) => [brokerId, { host, port }]));
  } finally {
    connection.close();
  }
}

const AUTO_JOIN = "controller.quorum.auto.join.enable";
const ASKING_MS = 5000;

/**
 * Whether a controller would vote again soon after its vote was taken, as it says itself; undefined
 * where it can't be asked, or does not tell.
 */
export async function joinsByItself(
  cluster: Cluster,
  id: number,
  at: NetworkAddress,
): Promise<boolean | undefined> {
  try {
    const connection = await cluster.open(at);
    try {
      const answer = await connection.call(DescribeConfigsRequest, DescribeConfigsResponse, {
        resources: [{
          resourceType: RESOURCE.broker,
          resourceName: `${id}`,
          configurationKeys: [AUTO_JOIN],
        }],
      }, { timeoutMs: ASKING_MS });
      const told = answer.results[0]?.configs.find(({ name }) => name === AUTO_JOIN);
      return told === undefined ? undefined : told.value === "true";
    } finally {
      connection.close();
    }
  } catch {
    return undefined; // an older one, or one that is out of reach from here
  }
}

export interface VoterKey {
  id: number;
  directoryId: Uuid;
}

/** Lets a controller vote that has all that the leader has; resolves once it is committed. */
export async function addVoter(
  cluster: Cluster,
  { id, directoryId, endpoints }: VoterKey & { endpoints: readonly QuorumEndpoint[] },
): Promise<void> {
  const answer = await cluster.call(AddRaftVoterRequest, AddRaftVoterResponse, {
    clusterId: null,
    timeoutMs: TIMEOUT_MS,
    voterId: id,
    voterDirectoryId: directoryId,
    listeners: [...endpoints],
  }, CALL);
  const what = `Cannot make controller ${id} a voter`;
  throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
}

/** A voter is none any more; resolves once it is committed. */
export async function removeVoter(cluster: Cluster, { id, directoryId }: VoterKey): Promise<void> {
  const answer = await cluster.call(RemoveRaftVoterRequest, RemoveRaftVoterResponse, {
    clusterId: null,
    voterId: id,
    voterDirectoryId: directoryId,
  }, CALL);
  const what = `Cannot remove controller ${id} from the voters`;
  throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
}
