/**
 * broker: what clients ask of one node. One file an API in `apis/`, each with its versions, its
 * history and where we differ; one table of them ({@link SERVED_APIS}), from which requests are
 * dispatched and ApiVersions answers.
 *
 * A {@link Broker} is made from what it works with (the metadata image, the replicas, a controller,
 * a clock) and gives `net` its `handler`. It owns what only concerns answering: fetch sessions,
 * fetches that wait, producer ids, the figures that clients push (KIP-714), and the shards that
 * drive the group coordinators over `__consumer_offsets`. `quotas/` counts what clients use; each
 * request carries its bill (`broker_request.ts`), and `net` makes its client wait.
 *
 * Invariants: what is served is advertised (telemetry while somebody wants it); an answer about
 * something written leaves when it is committed; who exceeds a quota is answered, and muted; a
 * failure is a code in the answer's field, and one nobody foresaw leaves a line in the log as well;
 * whoever waits stops when its client has gone; records of what is not served yet stay as they are.
 */
export { MAX_ELEMENTS } from "./api.ts";
export { Broker, type BrokerOptions } from "./broker.ts";
export { ClientQuotas } from "./quotas/client_quotas.ts";
export type {
  AdminController,
  Asker,
  ControllerClient,
  NodesController,
} from "./controller_client.ts";
export { advertisedControllerApis, controllerHandler } from "./controller_apis.ts";
export type { ControllerNode, QuorumPart } from "./controller_apis/controller_node.ts";
export { OFFSETS_TOPIC } from "./groups.ts";
export { listApis, type ListedApi } from "./listed_apis.ts";
export type { ProducerIdBlock } from "./producer_ids.ts";
export type { QuorumDescription, QuorumNode, QuorumReplica } from "./quorum_description.ts";
export { SERVED_APIS } from "./served_apis.ts";
