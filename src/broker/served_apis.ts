/**
 * The APIs that this broker serves: one table, from which requests are dispatched and ApiVersions
 * answers. What is not in it ends the connection that asks for it.
 */
import type { Api } from "./api.ts";
import { addRaftVoter } from "./apis/add_raft_voter.ts";
import { alterClientQuotas } from "./apis/alter_client_quotas.ts";
import { alterConfigs } from "./apis/alter_configs.ts";
import { alterPartitionReassignments } from "./apis/alter_partition_reassignments.ts";
import { alterReplicaLogDirs } from "./apis/alter_replica_log_dirs.ts";
import { alterUserScramCredentials } from "./apis/alter_user_scram_credentials.ts";
import { apiVersions } from "./apis/api_versions.ts";
import { createAcls } from "./apis/create_acls.ts";
import { createDelegationToken } from "./apis/create_delegation_token.ts";
import { createPartitions } from "./apis/create_partitions.ts";
import { createTopics } from "./apis/create_topics.ts";
import { deleteAcls } from "./apis/delete_acls.ts";
import { deleteGroups } from "./apis/delete_groups.ts";
import { deleteRecords } from "./apis/delete_records.ts";
import { deleteTopics } from "./apis/delete_topics.ts";
import { describeAcls } from "./apis/describe_acls.ts";
import { describeClientQuotas } from "./apis/describe_client_quotas.ts";
import { describeCluster } from "./apis/describe_cluster.ts";
import { describeConfigs } from "./apis/describe_configs.ts";
import { describeDelegationToken } from "./apis/describe_delegation_token.ts";
import { describeGroups } from "./apis/describe_groups.ts";
import { describeLogDirs } from "./apis/describe_log_dirs.ts";
import { describeProducers } from "./apis/describe_producers.ts";
import { describeQuorum } from "./apis/describe_quorum.ts";
import { describeTopicPartitions } from "./apis/describe_topic_partitions.ts";
import { describeTransactions } from "./apis/describe_transactions.ts";
import { describeUserScramCredentials } from "./apis/describe_user_scram_credentials.ts";
import { electLeaders } from "./apis/elect_leaders.ts";
import { expireDelegationToken } from "./apis/expire_delegation_token.ts";
import { fetch } from "./apis/fetch.ts";
import { findCoordinator } from "./apis/find_coordinator.ts";
import { getTelemetrySubscriptions } from "./apis/get_telemetry_subscriptions.ts";
import { heartbeat } from "./apis/heartbeat.ts";
import { incrementalAlterConfigs } from "./apis/incremental_alter_configs.ts";
import { initProducerId } from "./apis/init_producer_id.ts";
import { joinGroup } from "./apis/join_group.ts";
import { leaveGroup } from "./apis/leave_group.ts";
import { listConfigResources } from "./apis/list_config_resources.ts";
import { listGroups } from "./apis/list_groups.ts";
import { listOffsets } from "./apis/list_offsets.ts";
import { listPartitionReassignments } from "./apis/list_partition_reassignments.ts";
import { listTransactions } from "./apis/list_transactions.ts";
import { metadata } from "./apis/metadata.ts";
import { offsetCommit } from "./apis/offset_commit.ts";
import { offsetDelete } from "./apis/offset_delete.ts";
import { offsetFetch } from "./apis/offset_fetch.ts";
import { offsetForLeaderEpoch } from "./apis/offset_for_leader_epoch.ts";
import { produce } from "./apis/produce.ts";
import { pushTelemetry } from "./apis/push_telemetry.ts";
import { removeRaftVoter } from "./apis/remove_raft_voter.ts";
import { renewDelegationToken } from "./apis/renew_delegation_token.ts";
import { syncGroup } from "./apis/sync_group.ts";
import { unregisterBroker } from "./apis/unregister_broker.ts";
import { updateFeatures } from "./apis/update_features.ts";

export const SERVED_APIS: readonly Api[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  findCoordinator,
  joinGroup,
  heartbeat,
  leaveGroup,
  syncGroup,
  describeGroups,
  listGroups,
  apiVersions,
  createTopics,
  deleteTopics,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
  describeAcls,
  createAcls,
  deleteAcls,
  describeConfigs,
  alterConfigs,
  alterReplicaLogDirs,
  describeLogDirs,
  createPartitions,
  createDelegationToken,
  renewDelegationToken,
  expireDelegationToken,
  describeDelegationToken,
  deleteGroups,
  electLeaders,
  incrementalAlterConfigs,
  alterPartitionReassignments,
  listPartitionReassignments,
  offsetDelete,
  describeClientQuotas,
  alterClientQuotas,
  describeUserScramCredentials,
  alterUserScramCredentials,
  describeQuorum,
  updateFeatures,
  describeCluster,
  describeProducers,
  unregisterBroker,
  describeTransactions,
  listTransactions,
  getTelemetrySubscriptions,
  pushTelemetry,
  describeTopicPartitions,
  listConfigResources,
  addRaftVoter,
  removeRaftVoter,
];
