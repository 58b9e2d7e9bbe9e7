/**
 * The controller as the broker of this node has it, wherever the active one is. What clients ask for
 * travels in an envelope, with who asks (KIP-590); what the broker wants for itself travels as it is.
 *
 * An answer from another node comes before its records have come here. So that a client that is told
 * "done" finds it done at the broker that told it, the answer waits until this node has applied all
 * that was committed when it was given: the leader is asked for its high watermark, behind the
 * answer, and the image awaited up to there, for a bounded time.
 */
import { hostBytes } from "../base/mod.ts";
import type { Asker, ControllerClient, ProducerIdBlock, QuorumDescription } from "../broker/mod.ts";
import { ByteReader, ByteWriter } from "../bytes/mod.ts";
import type { WireConnection } from "../client/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import { autoCreation, type MutationQuota } from "../controller/mod.ts";
import type { Clock } from "../platform/mod.ts";
import {
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
  CreatePartitionsRequest,
  CreatePartitionsResponse,
  CreateTopicsRequest,
  CreateTopicsResponse,
  decodeMessage,
  decodeResponseHeader,
  DefaultPrincipalData,
  DeleteTopicsRequest,
  DeleteTopicsResponse,
  ElectLeadersRequest,
  ElectLeadersResponse,
  encodeMessage,
  encodeRequestHeader,
  EnvelopeRequest,
  EnvelopeResponse,
  errorName,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  type InputOf,
  KafkaError,
  type Message,
  RemoveRaftVoterRequest,
  RemoveRaftVoterResponse,
  UnregisterBrokerRequest,
  UnregisterBrokerResponse,
  UpdateFeaturesRequest,
  UpdateFeaturesResponse,
  type ValueOf,
} from "../protocol/mod.ts";
import type { ActiveController } from "./active_controller.ts";
import { callController, type ControllerChannel } from "./controller_channel.ts";
import type { MetadataLog } from "./metadata_log.ts";
import { describeQuorumOf } from "./remote_quorum.ts";

export interface ControllerProxyOptions {
  /** For what clients ask for. */
  readonly forwarding: ControllerChannel;
  /** For what the broker asks for itself. */
  readonly own: ControllerChannel;
  readonly metadata: Pick<MetadataLog, "image" | "quorum" | "whenCommitted">;
  readonly config: () => BrokerConfig;
  readonly clock: Clock;
  readonly nodeId: number;
  readonly brokerEpoch: () => number;
}

/** For how long an answer is kept back until this node has what it tells of. */
const APPLY_TIMEOUT_MS = 5000;
/** Our version of a request that the broker makes up for a client. */
const CREATE_TOPICS_VERSION = 7;

type Api<Q extends Message, R extends Message> = readonly [request: Q, response: R];

export class ControllerProxy implements ControllerClient {
  readonly #options: ControllerProxyOptions;

  constructor(options: ControllerProxyOptions) {
    this.#options = options;
  }

  createTopics(request: CreateTopicsRequest, asker: Asker, quota?: MutationQuota) {
    return this.#forward(
      [CreateTopicsRequest, CreateTopicsResponse],
      request,
      asker,
      (local) => local.createTopics(request, asker, quota),
    );
  }

  autoCreateTopics(names: readonly string[], asker?: Asker, quota?: MutationQuota) {
    const { config, metadata } = this.#options;
    const request = autoCreation(names, config(), metadata.image);
    const api = [CreateTopicsRequest, CreateTopicsResponse] as const;
    const local = (controller: ActiveController) => controller.autoCreateTopics(names, quota);
    if (asker === undefined) return this.#askAsBroker(api, request, local);
    const { user, clientId, connection } = asker;
    const version = CREATE_TOPICS_VERSION;
    return this.#forward(api, request, { version, user, clientId, connection }, local);
  }

  deleteTopics(request: DeleteTopicsRequest, asker: Asker, quota?: MutationQuota) {
    return this.#forward(
      [DeleteTopicsRequest, DeleteTopicsResponse],
      request,
      asker,
      (local) => local.deleteTopics(request, asker, quota),
    );
  }

  createPartitions(request: CreatePartitionsRequest, asker: Asker, quota?: MutationQuota) {
    const api = [CreatePartitionsRequest, CreatePartitionsResponse] as const;
    return this.#forward(
      api,
      request,
      asker,
      (local) => local.createPartitions(request, asker, quota),
    );
  }

  incrementalAlterConfigs(request: IncrementalAlterConfigsRequest, asker: Asker) {
    const api = [IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse] as const;
    return this.#forward(api, request, asker, (local) => local.incrementalAlterConfigs(request));
  }

  alterConfigs(request: AlterConfigsRequest, asker: Asker) {
    return this.#forward(
      [AlterConfigsRequest, AlterConfigsResponse],
      request,
      asker,
      (local) => local.alterConfigs(request),
    );
  }

  alterClientQuotas(request: AlterClientQuotasRequest, asker: Asker) {
    const api = [AlterClientQuotasRequest, AlterClientQuotasResponse] as const;
    return this.#forward(api, request, asker, (local) => local.alterClientQuotas(request));
  }

  alterUserScramCredentials(request: AlterUserScramCredentialsRequest, asker: Asker) {
    const api = [AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse] as const;
    return this.#forward(api, request, asker, (local) => local.alterUserScramCredentials(request));
  }

  updateFeatures(request: UpdateFeaturesRequest, asker: Asker) {
    const api = [UpdateFeaturesRequest, UpdateFeaturesResponse] as const;
    return this.#forward(api, request, asker, (local) => local.updateFeatures(request, asker));
  }

  electLeaders(request: ElectLeadersRequest, asker: Asker) {
    return this.#forward(
      [ElectLeadersRequest, ElectLeadersResponse],
      request,
      asker,
      (local) => local.electLeaders(request),
    );
  }

  alterPartitionReassignments(request: AlterPartitionReassignmentsRequest, asker: Asker) {
    const api = [AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse] as const;
    return this.#forward(
      api,
      request,
      asker,
      (local) => local.alterPartitionReassignments(request),
    );
  }

  unregisterBroker(request: UnregisterBrokerRequest, asker: Asker) {
    const api = [UnregisterBrokerRequest, UnregisterBrokerResponse] as const;
    return this.#forward(api, request, asker, (local) => local.unregisterBroker(request));
  }

  addRaftVoter(request: AddRaftVoterRequest, asker: Asker) {
    const api = [AddRaftVoterRequest, AddRaftVoterResponse] as const;
    return this.#forward(api, request, asker, (local) => local.addRaftVoter(request));
  }

  removeRaftVoter(request: RemoveRaftVoterRequest, asker: Asker) {
    const api = [RemoveRaftVoterRequest, RemoveRaftVoterResponse] as const;
    return this.#forward(api, request, asker, (local) => local.removeRaftVoter(request));
  }

  async allocateProducerIds(): Promise<ProducerIdBlock> {
    const { nodeId, brokerEpoch, own } = this.#options;
    const api = [AllocateProducerIdsRequest, AllocateProducerIdsResponse] as const;
    const { errorCode, producerIdStart, producerIdLen } = await own.ask({
      local: async (controller): Promise<InputOf<typeof AllocateProducerIdsResponse>> =>
        await controller.allocateIds({ brokerId: nodeId, brokerEpoch: brokerEpoch() }),
      remote: (connection) =>
        callController(
          connection,
          api,
          { brokerId: nodeId, brokerEpoch: brokerEpoch() },
          this.#callTimeoutMs,
        ),
      timeoutMs: this.#timeoutMs,
    });
    if (errorCode) throw new KafkaError(errorName(errorCode));
    return { start: producerIdStart!, length: producerIdLen! };
  }

  /** Of partitions that this broker leads: who is in sync. */
  alterPartition(
    request: InputOf<typeof AlterPartitionRequest>,
  ): Promise<InputOf<typeof AlterPartitionResponse>> {
    const api = [AlterPartitionRequest, AlterPartitionResponse] as const;
    const [, newest] = AlterPartitionRequest.versions;
    return this.#options.own.ask<InputOf<typeof AlterPartitionResponse>>({
      local: (controller) => controller.alterPartition(request as AlterPartitionRequest, newest),
      remote: (connection) => callController(connection, api, request, this.#callTimeoutMs),
      timeoutMs: this.#timeoutMs,
    });
  }

  get kraftVersion(): number {
    return this.#options.metadata.quorum.kraftVersion;
  }

  describeQuorum(): Promise<QuorumDescription> {
    return this.#options.forwarding.ask({
      local: (controller) => controller.describeQuorum(),
      remote: (connection) => describeQuorumOf(connection, this.#callTimeoutMs),
      timeoutMs: this.#timeoutMs,
    });
  }

  get #timeoutMs(): number {
    return this.#options.config().get("request.timeout.ms");
  }

  get #callTimeoutMs(): number {
    return this.#options.config().get("controller.socket.timeout.ms");
  }

  #forward<Q extends Message, R extends Message>(
    api: Api<Q, R>,
    request: ValueOf<Q>,
    asker: Asker,
    local: (controller: ActiveController) => Promise<InputOf<R>>,
  ): Promise<InputOf<R>> {
    const remote = (connection: WireConnection) =>
      enveloped(connection, api, request, asker, this.#callTimeoutMs);
    return this.#askAndApply(remote, local);
  }

  #askAsBroker<Q extends Message, R extends Message>(
    api: Api<Q, R>,
    request: ValueOf<Q>,
    local: (controller: ActiveController) => Promise<InputOf<R>>,
  ): Promise<InputOf<R>> {
    const remote = (connection: WireConnection): Promise<InputOf<R>> =>
      callController(connection, api, request as InputOf<Q>, this.#callTimeoutMs) as Promise<any>;
    return this.#askAndApply(remote, local);
  }

  #askAndApply<T>(
    remote: (connection: WireConnection) => Promise<T>,
    local: (controller: ActiveController) => Promise<T>,
  ): Promise<T> {
    return this.#options.forwarding.ask({
      local,
      remote: async (connection) => {
        const answer = await remote(connection);
        await this.#applied(connection);
        return answer;
      },
      timeoutMs: this.#timeoutMs,
    });
  }

  /** When it takes too long, the answer is no less true: this broker is a moment behind. */
  async #applied(connection: WireConnection): Promise<void> {
    const { metadata, clock } = this.#options;
    const late = Promise.withResolvers<void>();
    const timer = clock.after(APPLY_TIMEOUT_MS, () => late.resolve());
    try {
      const { highWatermark } = await describeQuorumOf(connection, APPLY_TIMEOUT_MS);
      await Promise.race([metadata.whenCommitted(highWatermark), late.promise]);
    } catch { // the connection ended, or the node is stopping
    } finally {
      timer.cancel();
    }
  }
}

/** Asks in a client's name, in the version that the client asked in. */
async function enveloped<Q extends Message, R extends Message>(
  connection: WireConnection,
  [request, response]: Api<Q, R>,
  body: ValueOf<Q>,
  { version, user, clientId, connection: { remoteHost } }: Asker,
  timeoutMs: number,
): Promise<InputOf<R>> {
  const apiKey = request.apiKey!;
  const inner = new ByteWriter();
  encodeRequestHeader(inner, { apiKey, apiVersion: version, correlationId: 0, clientId });
  encodeMessage(request, body as any, version, inner);
  const principal = new ByteWriter();
  const principalVersion = 0;
  principal.int16(principalVersion);
  const who = { type: "User", name: user, tokenAuthenticated: false };
  encodeMessage(DefaultPrincipalData, who, principalVersion, principal);
  const envelope = {
    requestData: inner.finish(),
    requestPrincipal: principal.finish(),
    clientHostAddress: hostBytes(remoteHost) ?? new Uint8Array(4),
  };
  const api = [EnvelopeRequest, EnvelopeResponse] as const;
  const { errorCode, responseData } = await callController(connection, api, envelope, timeoutMs);
  if (errorCode !== 0 || responseData === null) {
    const why = `The controller refused ${request.name}: ${errorName(errorCode)}`;
    throw new KafkaError("UNKNOWN_SERVER_ERROR", why);
  }
  const reader = new ByteReader(responseData);
  decodeResponseHeader(reader, apiKey, version);
  return decodeMessage(response, reader, version) as InputOf<R>;
}
