/** Of a topic's settings those that its replicas are asked about at every turn. */
import type { TopicPartition } from "../base/mod.ts";
import type { TopicConfig } from "../config/mod.ts";
import { isListed } from "./throttle.ts";

export interface ReplicaSettings {
  /** `durability=disk`: nothing counts before it is synced. */
  readonly isSynced: boolean;
  readonly minInSyncReplicas: number;
  /** What this broker sends of it is limited, or what it fetches. */
  readonly isThrottled: { readonly leader: boolean; readonly follower: boolean };
}

export function replicaSettings(
  config: TopicConfig,
  { partition }: TopicPartition,
  nodeId: number,
): ReplicaSettings {
  const isThrottled = (side: "leader" | "follower") =>
    isListed(config.get(`${side}.replication.throttled.replicas`), partition, nodeId);
  return {
    isSynced: config.get("durability") === "disk",
    minInSyncReplicas: config.get("min.insync.replicas"),
    isThrottled: { leader: isThrottled("leader"), follower: isThrottled("follower") },
  };
}
