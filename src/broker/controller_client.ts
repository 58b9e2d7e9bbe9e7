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

/** One who votes in the quorum, and where it is to be found. */
export interface QuorumVoter {
  readonly id: number;
  /** undefined where voters are known by their ids alone: at kraft.version 0. */
  readonly directoryId: string | undefined;
  readonly endpoints: readonly {
    readonly name: string;
    readonly host: string;
    readonly port: number;
  }[];
  readonly logEndOffset: number;
}

/** What the quorum's leader knows of it. */
export interface QuorumDescription {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  /** 1: the voters stand in the quorum's log (KIP-853). */
  readonly kraftVersion: number;
  readonly voters: readonly QuorumVoter[];
}

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
  describeQuorum(): QuorumDescription;
}
