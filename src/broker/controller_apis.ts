/**
 * The APIs that are served on the controllers' listener: one table, from which requests are
 * dispatched and ApiVersions answers. What is not in it ends the connection that asks for it.
 */
import type { LogEvent } from "../base/mod.ts";
import type { RequestHandler } from "../net/mod.ts";
import type { Message } from "../protocol/mod.ts";
import { advertisedOf } from "./advertised_apis.ts";
import type { Api } from "./api.ts";
import { addRaftVoter } from "./apis/add_raft_voter.ts";
import { alterClientQuotas } from "./apis/alter_client_quotas.ts";
import { alterConfigs } from "./apis/alter_configs.ts";
import { alterPartitionReassignments } from "./apis/alter_partition_reassignments.ts";
import { alterUserScramCredentials } from "./apis/alter_user_scram_credentials.ts";
import { apiVersions } from "./apis/api_versions.ts";
import { createAcls } from "./apis/create_acls.ts";
import { createDelegationToken } from "./apis/create_delegation_token.ts";
import { createPartitions } from "./apis/create_partitions.ts";
import { createTopics } from "./apis/create_topics.ts";
import { deleteAcls } from "./apis/delete_acls.ts";
import { deleteTopics } from "./apis/delete_topics.ts";
import { describeAcls } from "./apis/describe_acls.ts";
import { describeConfigs } from "./apis/describe_configs.ts";
import { describeDelegationToken } from "./apis/describe_delegation_token.ts";
import { describeQuorum } from "./apis/describe_quorum.ts";
import { describeUserScramCredentials } from "./apis/describe_user_scram_credentials.ts";
import { electLeaders } from "./apis/elect_leaders.ts";
import { expireDelegationToken } from "./apis/expire_delegation_token.ts";
import { incrementalAlterConfigs } from "./apis/incremental_alter_configs.ts";
import { listPartitionReassignments } from "./apis/list_partition_reassignments.ts";
import { removeRaftVoter } from "./apis/remove_raft_voter.ts";
import { renewDelegationToken } from "./apis/renew_delegation_token.ts";
import { unregisterBroker } from "./apis/unregister_broker.ts";
import { updateFeatures } from "./apis/update_features.ts";
import { allocateProducerIds } from "./controller_apis/allocate_producer_ids.ts";
import { alterPartition } from "./controller_apis/alter_partition.ts";
import { assignReplicasToDirs } from "./controller_apis/assign_replicas_to_dirs.ts";
import { brokerHeartbeat } from "./controller_apis/broker_heartbeat.ts";
import { brokerRegistration } from "./controller_apis/broker_registration.ts";
import type { ControllerNode } from "./controller_apis/controller_node.ts";
import { controllerRegistration } from "./controller_apis/controller_registration.ts";
import { envelopeApi } from "./controller_apis/envelope.ts";
import { beginQuorumEpoch } from "./controller_apis/begin_quorum_epoch.ts";
import { describeControllers } from "./controller_apis/describe_cluster.ts";
import { endQuorumEpoch } from "./controller_apis/end_quorum_epoch.ts";
import { fetchMetadata } from "./controller_apis/fetch.ts";
import { fetchSnapshot } from "./controller_apis/fetch_snapshot.ts";
import { updateRaftVoter } from "./controller_apis/update_raft_voter.ts";
import { vote } from "./controller_apis/vote.ts";
import { Dispatcher } from "./dispatch.ts";

export const CONTROLLER_APIS: readonly Api<Message, Message, ControllerNode>[] = [
  fetchMetadata,
  apiVersions,
  createTopics,
  deleteTopics,
  describeAcls,
  createAcls,
  deleteAcls,
  describeConfigs,
  alterConfigs,
  createPartitions,
  createDelegationToken,
  renewDelegationToken,
  expireDelegationToken,
  describeDelegationToken,
  electLeaders,
  incrementalAlterConfigs,
  alterPartitionReassignments,
  listPartitionReassignments,
  alterClientQuotas,
  describeUserScramCredentials,
  alterUserScramCredentials,
  describeQuorum,
  describeControllers,
  alterPartition,
  updateFeatures,
  envelopeApi((key) => CONTROLLER_APIS.find((api) => api.key === key)),
  brokerRegistration,
  brokerHeartbeat,
  unregisterBroker,
  allocateProducerIds,
  controllerRegistration,
  assignReplicasToDirs,
  vote,
  beginQuorumEpoch,
  endQuorumEpoch,
  fetchSnapshot,
  addRaftVoter,
  removeRaftVoter,
  updateRaftVoter,
];

/** As ApiVersions lists them. */
export const advertisedControllerApis = (node: ControllerNode) =>
  advertisedOf(CONTROLLER_APIS, node);

/** Answers what comes by a controllers' listener. */
export const controllerHandler = (node: ControllerNode, log: LogEvent): RequestHandler =>
  new Dispatcher(CONTROLLER_APIS, node, log);
