/**
 * The controller as a broker sees it. Each call resolves once what was decided is committed and
 * this broker has applied it. On a node that is the controller these are calls; on others they will
 * travel. A quota is the asking client's on changes of topics; without one nobody is limited.
 */
import type { MutationQuota } from "../controller/mod.ts";
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
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
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
} from "../protocol/mod.ts";
import type { ProducerIdBlock } from "./producer_ids.ts";
import type { QuorumDescription } from "./quorum_description.ts";

export interface ControllerClient {
  createTopics(
    request: CreateTopicsRequest,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof CreateTopicsResponse>>;
  /**
   * Topics that were asked for and do not exist; internal ones get the counts that their settings
   * say.
   */
  autoCreateTopics(
    names: readonly string[],
    quota?: MutationQuota,
  ): Promise<InputOf<typeof CreateTopicsResponse>>;
  deleteTopics(
    request: DeleteTopicsRequest,
    version: number,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof DeleteTopicsResponse>>;
  createPartitions(
    request: CreatePartitionsRequest,
    quota?: MutationQuota,
  ): Promise<InputOf<typeof CreatePartitionsResponse>>;
  incrementalAlterConfigs(
    request: IncrementalAlterConfigsRequest,
  ): Promise<InputOf<typeof IncrementalAlterConfigsResponse>>;
  alterConfigs(request: AlterConfigsRequest): Promise<InputOf<typeof AlterConfigsResponse>>;
  alterClientQuotas(
    request: AlterClientQuotasRequest,
  ): Promise<InputOf<typeof AlterClientQuotasResponse>>;
  alterUserScramCredentials(
    request: AlterUserScramCredentialsRequest,
  ): Promise<InputOf<typeof AlterUserScramCredentialsResponse>>;
  /** A block of producer ids that nobody else will ever get. */
  allocateProducerIds(): Promise<ProducerIdBlock>;
  updateFeatures(
    request: UpdateFeaturesRequest,
    version: number,
  ): Promise<InputOf<typeof UpdateFeaturesResponse>>;
  electLeaders(request: ElectLeadersRequest): Promise<InputOf<typeof ElectLeadersResponse>>;
  alterPartitionReassignments(
    request: AlterPartitionReassignmentsRequest,
  ): Promise<InputOf<typeof AlterPartitionReassignmentsResponse>>;
  unregisterBroker(
    request: UnregisterBrokerRequest,
  ): Promise<InputOf<typeof UnregisterBrokerResponse>>;
  /** As the quorum's leader knows it. */
  describeQuorum(): Promise<QuorumDescription>;
  /** The quorum's level, as this node has applied it: from 1 on voters stand in its log (KIP-853). */
  readonly kraftVersion: number;
}
