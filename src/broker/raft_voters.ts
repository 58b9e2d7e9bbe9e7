/**
 * What requests about single voters of the quorum (KIP-853) are refused for before anything is
 * done: the wrong cluster, no such voter, a quorum whose voters stand in everybody's settings.
 */
import { ZERO_UUID } from "../base/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import type { Broker } from "./broker.ts";
import type { ControllerClient } from "./controller_client.ts";

export interface VoterRequest {
  readonly clusterId: string | null;
  readonly voterId: number;
  readonly voterDirectoryId: string;
}

/** Throws INCONSISTENT_CLUSTER_ID or INVALID_REQUEST. */
export function checkVoter(request: VoterRequest, { clusterId }: Broker): void {
  const { clusterId: asked, voterId, voterDirectoryId } = request;
  if (asked !== null && asked !== clusterId) {
    throw new KafkaError("INCONSISTENT_CLUSTER_ID", `This is cluster ${clusterId}, not "${asked}"`);
  }
  if (voterId >= 0 && voterDirectoryId !== ZERO_UUID) return;
  throw new KafkaError("INVALID_REQUEST", "A voter has an id and a directory");
}

/** Throws UNSUPPORTED_VERSION at kraft.version 0. */
export function checkMayChange({ kraftVersion }: ControllerClient): void {
  if (kraftVersion > 0) return;
  const why = "Cannot change the voters: at kraft.version 0 they stand in each node's settings";
  throw new KafkaError("UNSUPPORTED_VERSION", why);
}
