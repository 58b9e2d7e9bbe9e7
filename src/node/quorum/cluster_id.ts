/**
 * Of which cluster a node is that has never been in one. Nobody formats its disk beforehand, so it
 * learns that from the quorum that it finds:
 *
 * - It asks the quorum's leader (DescribeCluster), and keeps asking whoever leads.
 * - Where the leader has no id either, for the cluster has just been formed by a list of voters that
 *   all of them have, the leader derives one: from the first batch of the metadata log, once that is
 *   committed. The batch opens the first leader's epoch, and has its time in milliseconds, who it
 *   is and who elected it.
 *
 * So nobody proposes an id that could get lost. A majority has the batch, so whoever leads next,
 * should the first leader die before anybody asked it, derives the same one; and no node has an id
 * of a cluster that did not come to be. Two clusters have no first batch in common, also when the
 * same machines form a second one after their disks were wiped: a disk that was left out then, with
 * the first one's data, has the first one's id, and is refused (INCONSISTENT_CLUSTER_ID).
 *
 * Until it has learned the id a node says none, and nobody checks it: it has no data that could be
 * of another cluster.
 */
import type { LogEvent } from "../../base/mod.ts";
import { md5, uuidFromBytes } from "../../bytes/mod.ts";
import { reasonOf, WireConnection } from "../../client/mod.ts";
import type { Clock, Network, NetworkAddress } from "../../platform/mod.ts";
import {
  DescribeClusterRequest,
  DescribeClusterResponse,
  errorName,
  KafkaError,
} from "../../protocol/mod.ts";
import type { MetadataLog } from "../metadata_log.ts";
import type { QuorumAddresses } from "./addresses.ts";

const CONTROLLERS = 2;
/** The pause between two looks at who leads. */
const PAUSE_MS = 50;

export interface LearningOptions {
  readonly metadata: MetadataLog;
  readonly addresses: QuorumAddresses;
  readonly nodeId: number;
  readonly network: Network;
  readonly clock: Clock;
  readonly log: LogEvent;
}

/** Resolves once it is known; rejects with the signal's reason. */
export async function learnClusterId(
  options: LearningOptions,
  signal: AbortSignal,
): Promise<string> {
  const { metadata, addresses, nodeId, clock, log } = options;
  let lastReason = "";
  for (;;) {
    signal.throwIfAborted();
    const { isLeader, leaderId } = metadata;
    try {
      if (isLeader) return clusterIdOf(metadata.firstBatch());
      // Another one has our id, or else this one did before it lost its disk, and soon leads no more.
      if (leaderId === nodeId) {
        throw new Error(`node ${nodeId} leads, and that is this node's own id`);
      }
      const address = leaderId === undefined ? undefined : addresses.of(leaderId);
      if (address !== undefined) return await ask(address, options, signal);
    } catch (error) {
      signal.throwIfAborted();
      const reason = reasonOf(error);
      if (reason !== lastReason) log("info", "cluster id not learned yet", { reason });
      lastReason = reason;
    }
    await clock.sleep(PAUSE_MS, signal);
  }
}

/** A uuid that stands for the cluster whose metadata begins so. */
export function clusterIdOf(firstBatch: Uint8Array): string {
  const words = new Int32Array(4);
  md5(firstBatch, 0, firstBatch.length, words);
  const bytes = new Uint8Array(words.buffer);
  bytes[6] = bytes[6] & 0x0f | 0x40; // as random uuids are marked
  bytes[8] = bytes[8] & 0x3f | 0x80;
  bytes[0] &= 0x7f; // never a dash in front, which tools take for an option
  return uuidFromBytes(bytes);
}

async function ask(
  address: NetworkAddress,
  { network, clock, nodeId }: LearningOptions,
  signal: AbortSignal,
): Promise<string> {
  const clientId = `quorum-${nodeId}`;
  const wire = await WireConnection.open(address, { network, clock, clientId, signal });
  try {
    const body = { endpointType: CONTROLLERS };
    const answer = await wire.call(DescribeClusterRequest, DescribeClusterResponse, body);
    if (answer.errorCode !== 0) {
      throw new KafkaError(errorName(answer.errorCode), answer.errorMessage ?? undefined);
    }
    if (answer.clusterId === "") throw new Error("the leader tells no cluster id");
    return answer.clusterId;
  } finally {
    wire.close();
  }
}
