/**
 * The controller as others see it: what clients ask of it, by way of any broker or on its own
 * listener, what a broker's own parts ask of it, and what brokers and controllers tell it of
 * themselves.
 *
 * For a broker each call resolves once what was decided is committed and this broker has applied
 * it. On the node that is the active controller these are calls; from others they travel, those of
 * clients in an envelope that says who asks (KIP-590).
 */
import type { MutationQuota } from "../controller/mod.ts";
import type {
  AddRaftVoterRequest,
  AddRaftVoterResponse,
  AllocateProducerIdsRequest,
  AllocateProducerIdsResponse,
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  AlterPartitionRequest,
  AlterPartitionResponse,
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
  ControllerRegistrationRequest,
  ControllerRegistrationResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  InputOf,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from "../protocol/mod.ts";
import type { ProducerIdBlock } from "./producer_ids.ts";
import type { QuorumDescription } from "./quorum_description.ts";

/** The client in whose name something is asked; whoever handles its request knows it. */
export interface Asker {
  /** Of the request that was sent. */
  readonly version: number;
  readonly user: string;
  readonly clientId: string;
  readonly connection: { readonly remoteHost: string };
}

/**
 * What clients may change. A quota is the asking client's on changes of topics; without one nobody
 * is limited.
 */
export interface AdminController {
  createTopics(
    request: CreateTopicsRequest,
    asker: Asker,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof CreateTopicsResponse>>;
  deleteTopics(
    request: DeleteTopicsRequest,
    asker: Asker,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof DeleteTopicsResponse>>;
  createPartitions(
    request: CreatePartitionsRequest,
    asker: Asker,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof CreatePartitionsResponse>>;
  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
    asker: Asker,
  ): Promise<InputOf<typeof IncrementalAlterConfigsResponse>>;
  alterConfigs(
    request: AlterConfigsRequest,
    asker: Asker,
  ): Promise<InputOf<typeof AlterConfigsResponse>>;
  alterClientQuotas(
    request: AlterClientQuotasRequest,
    asker: Asker,
  ): Promise<InputOf<typeof AlterClientQuotasResponse>>;
  alterUserScramCredentials(
    request: AlterUserScramCredentialsRequest,
    asker: Asker,
  ): Promise<InputOf<typeof AlterUserScramCredentialsResponse>>;
  updateFeatures(
    request: UpdateFeaturesRequest,
    asker: Asker,
  ): Promise<InputOf<typeof UpdateFeaturesResponse>>;
  electLeaders(
    request: ElectLeadersRequest,
    asker: Asker,
  ): Promise<InputOf<typeof ElectLeadersResponse>>;
  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
    asker: Asker,
  ): Promise<InputOf<typeof AlterPartitionReassignmentsResponse>>;
  unregisterBroker(
    request: UnregisterBrokerRequest,
    asker: Asker,
  ): Promise<InputOf<typeof UnregisterBrokerResponse>>;
  /** A controller is to vote in the quorum (KIP-853). */
  addRaftVoter(
    request: AddRaftVoterRequest,
    asker: Asker,
  ): Promise<InputOf<typeof AddRaftVoterResponse>>;
  /** A controller is to vote no more. */
  removeRaftVoter(
    request: RemoveRaftVoterRequest,
    asker: Asker,
  ): Promise<InputOf<typeof RemoveRaftVoterResponse>>;
  /** As the quorum's leader knows it. */
  describeQuorum(): Promise<QuorumDescription>;
  /** The quorum's level, as this node has applied it: from 1 on voters stand in its log (KIP-853). */
  readonly kraftVersion: number;
}

/** What a broker asks of the controller, for its clients and for itself. */
export interface ControllerClient extends AdminController {
  /**
   * Topics that were asked for and do not exist; internal ones get the counts that their settings
   * say. Without an asker it is the broker that wants them.
   */
  autoCreateTopics(
    names: readonly string[],
    asker?: Asker,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof CreateTopicsResponse>>;
  /** A block of producer ids that nobody else will ever get. */
  allocateProducerIds(): Promise<ProducerIdBlock>;
}

/** What nodes tell the active controller of themselves, and of what they lead. */
export interface NodesController {
  registerBroker(
    request: BrokerRegistrationRequest,
  ): Promise<InputOf<typeof BrokerRegistrationResponse>>;
  /**
   * @param connection by which it came; its end is taken for the broker's if that is not heard of
   * again soon
   */
  heartbeat(
    request: BrokerHeartbeatRequest,
    connection?: AbortSignal,
  ): Promise<InputOf<typeof BrokerHeartbeatResponse>>;
  alterPartition(
    request: AlterPartitionRequest,
    version: number,
  ): Promise<InputOf<typeof AlterPartitionResponse>>;
  assignReplicas(
    request: AssignReplicasToDirsRequest,
  ): Promise<InputOf<typeof AssignReplicasToDirsResponse>>;
  allocateIds(
    request: AllocateProducerIdsRequest,
  ): Promise<InputOf<typeof AllocateProducerIdsResponse>>;
  registerController(
    request: ControllerRegistrationRequest,
  ): Promise<InputOf<typeof ControllerRegistrationResponse>>;
}
