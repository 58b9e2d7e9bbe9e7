/**
 * The controller as a broker sees it. Each call resolves once what was decided is committed and
 * this broker has applied it. On a node that is the controller these are calls; on others they will
 * travel.
 */
import type {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  AlterConfigsRequest,
  AlterConfigsResponse,
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  InputOf,
} from "../protocol/mod.ts";
import type { ProducerIdBlock } from "./producer_ids.ts";

export interface ControllerClient {
  createTopics(request: CreateTopicsRequest): Promise<InputOf<typeof CreateTopicsResponse>>;
  /**
   * Topics that were asked for and do not exist; internal ones get the counts that their settings
   * say.
   */
  autoCreateTopics(names: readonly string[]): Promise<InputOf<typeof CreateTopicsResponse>>;
  deleteTopics(
    request: DeleteTopicsRequest,
    version: number,
  ): Promise<InputOf<typeof DeleteTopicsResponse>>;
  createPartitions(
    request: CreatePartitionsRequest,
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
}
