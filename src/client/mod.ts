/**
 * client: any Kafka, from the outside. {@link connect} gives a {@link Client}: produce, read from
 * any point without a group, consume in a group, look up offsets. What operators ask is beside it:
 * topics and groups (`admin.ts`, `group_admin.ts`), the cluster and its quorum (`cluster_status.ts`,
 * `quorum_admin.ts`), and the moving of replicas, whose plans are pure (`reassignment_plan.ts`).
 *
 * Producing and groups go over kafkajs, which is loaded by the first call that needs it. Reading
 * without a group, which kafkajs cannot, and the admin calls go over connections of our own ({@link
 * Cluster}) with the messages of `protocol`.
 *
 * What holds: memory is bounded whoever is slow; brokers that go away are waited for by all that
 * reads, and told of by all that is asked once; records of aborted transactions are never seen. An
 * error says what could not be done, as {@link BrokersUnreachable}, {@link ClientError} or
 * protocol's `KafkaError`.
 */
export * from "./acknowledgement.ts";
export { parseAddresses } from "./addresses.ts";
export * from "./admin.ts";
export { Client, connect, type ConnectOptions } from "./client.ts";
export { Cluster } from "./cluster.ts";
export * from "./cluster_admin.ts";
export { type Health, healthOf, voterStates } from "./cluster_health.ts";
export * from "./cluster_status.ts";
export {
  addressText,
  BrokersUnreachable,
  ClientError,
  ConnectionLost,
  reasonOf,
} from "./errors.ts";
export * from "./group_admin.ts";
export { levelOf, releaseOf } from "./metadata_releases.ts";
export * from "./quorum_admin.ts";
export * from "./quota_admin.ts";
export * from "./reassignment_json.ts";
export * from "./reassignment_plan.ts";
export * from "./reassignment_run.ts";
export * from "./reassignments.ts";
export * from "./group_offsets.ts";
export * from "./replication_throttle.ts";
export type { ConsumeOptions } from "./group_consumer.ts";
export type { Acks, SendOptions, Sent } from "./producer.ts";
export type * from "./types.ts";
export { type DialOptions, WireConnection } from "./wire_connection.ts";
