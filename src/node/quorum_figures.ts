/** The quorum as its leader knows it, from what its core keeps of the others. */
import type { QuorumDescription, QuorumReplica } from "../broker/mod.ts";
import type { Clock, NetworkAddress } from "../platform/mod.ts";
import type { MetadataLog } from "./metadata_log.ts";
import type { ReplicaKey } from "./quorum/replica_keys.ts";
import type { VoterEndpoint } from "./quorum_voters.ts";

export interface DescribingOptions {
  readonly metadata: MetadataLog;
  readonly nodeId: number;
  readonly clock: Clock;
  /** Where others find this node. */
  readonly endpoints: () => readonly VoterEndpoint[];
  readonly endpointOf: (nodeId: number) => NetworkAddress | undefined;
  /** Who a replica is that the core knows by its number. */
  readonly keyOf: (coreId: number) => ReplicaKey;
}

/** Only a leader can tell. */
export function describeQuorum(options: DescribingOptions): QuorumDescription {
  const { metadata, nodeId, clock, keyOf } = options;
  const { voterIds, quorum, epoch, highWatermark, endOffset, replicas } = metadata;
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const atWallClock = (at: number | undefined) =>
    at === undefined ? -1 : Math.round(now - (monotonic - at));
  const directoryOf = (id: number) =>
    quorum.voters.find(({ voterId }) => voterId === id)?.voterDirectoryId;
  const describe = (coreId: number): QuorumReplica => {
    const key = keyOf(coreId);
    const { id } = key;
    const directoryId = voterIds.includes(coreId) ? directoryOf(coreId) : key.directoryId;
    if (coreId === nodeId) { // who leads is always level with itself
      const times = { lastFetchTimestamp: now, lastCaughtUpTimestamp: now };
      return { id, directoryId, logEndOffset: endOffset, ...times };
    }
    const { endOffset: theirs = -1, lastFetchAt, lastCaughtUpAt } = replicas.get(coreId) ?? {};
    return {
      id,
      directoryId,
      logEndOffset: theirs,
      lastFetchTimestamp: atWallClock(lastFetchAt),
      lastCaughtUpTimestamp: atWallClock(lastCaughtUpAt),
    };
  };
  return {
    leaderId: nodeId,
    leaderEpoch: epoch,
    highWatermark,
    voters: voterIds.map(describe),
    observers: [...replicas.keys()].filter((id) => !voterIds.includes(id)).map(describe),
    nodes: nodesOf(options),
  };
}

function nodesOf({ metadata, nodeId, endpoints, endpointOf }: DescribingOptions) {
  const { voterIds, quorum: { voters } } = metadata;
  if (voters.length > 0) return voters.map(({ voterId: id, endpoints }) => ({ id, endpoints }));
  const name = endpoints()[0]?.name ?? "CONTROLLER";
  return voterIds.map((id) => {
    const at = endpointOf(id);
    return { id, endpoints: id === nodeId ? endpoints() : at ? [{ name, ...at }] : [] };
  });
}
