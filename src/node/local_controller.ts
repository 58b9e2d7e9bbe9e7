/**
 * The controller of a quorum of one, as the broker beside it calls it. A call decides on the image
 * of all that was appended, hands the records to the metadata log, and answers once they are
 * committed and applied here.
 *
 * Deciding and appending happen in one turn of the event loop, so that two requests at once never
 * decide on the same state: the second one sees what the first one wrote, committed or not.
 */
import type { BrokerId, Uuid } from "../base/mod.ts";
import type { Asker, ControllerClient, ProducerIdBlock, QuorumDescription } from "../broker/mod.ts";
import { randomUuid } from "../bytes/mod.ts";
import type { BrokerConfig, ListenerAddress, OnLimit } from "../config/mod.ts";
import {
  Controller,
  type Decision,
  type MutationQuota,
  SUPPORTED_FEATURES,
} from "../controller/mod.ts";
import type { Clock, Random } from "../platform/mod.ts";
import {
  AllocateProducerIdsRequest,
  type AlterClientQuotasRequest,
  type AlterConfigsRequest,
  type AlterPartitionReassignmentsRequest,
  type AlterUserScramCredentialsRequest,
  AssignReplicasToDirsRequest,
  BrokerHeartbeatRequest,
  BrokerRegistrationRequest,
  type CreatePartitionsRequest,
  type CreateTopicsRequest,
  type DeleteTopicsRequest,
  type ElectLeadersRequest,
  errorName,
  type IncrementalAlterConfigsRequest,
  type InputOf,
  KafkaError,
  type MetadataRecord,
  type UnregisterBrokerRequest,
  type UpdateFeaturesRequest,
  withDefaults,
} from "../protocol/mod.ts";
import type { MetadataLog } from "./metadata_log.ts";
import type { VoterEndpoint } from "./quorum_voters.ts";

export interface LocalControllerOptions {
  readonly metadata: MetadataLog;
  readonly clusterId: string;
  readonly nodeId: BrokerId;
  /** The node's own settings; those set at run time are in the image. */
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of who comes to a limit. */
  readonly onLimit: OnLimit;
  /** Throws KafkaError when so many new partitions can't be had, for reasons of this node. */
  readonly checkRoomFor?: (partitions: number) => void;
  /** The addresses of these names, of those that have one. */
  readonly resolveHosts: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/** What a broker says of itself when it comes. */
export interface Registration {
  /** Ids of the log directories that work. */
  readonly directories: readonly Uuid[];
  /** Of the last clean stop; -1 after any other. */
  readonly previousBrokerEpoch: number;
  readonly endpoints: readonly ListenerAddress[];
  readonly rack: string | null;
  /** Records that the directory was formatted with, for a cluster that has not begun. */
  readonly formatted?: readonly MetadataRecord[];
}

/** Kafka's number for listeners without encryption and authentication. */
const PLAINTEXT = 0;

/** Voters in the log are named with their addresses, and other nodes go there. */
const NO_ENDPOINT = "this controller has no address: listeners names none of " +
  "controller.listener.names, and controller.quorum.voters is not set";

export class LocalController implements ControllerClient {
  readonly #options: LocalControllerOptions;
  readonly #controller: Controller;
  #brokerEpoch = -1;

  constructor(options: LocalControllerOptions) {
    this.#options = options;
    const { clusterId, nodeId, config, random, metadata, clock, onLimit } = options;
    this.#controller = new Controller({
      clusterId,
      config,
      random,
      localBrokerId: nodeId,
      onLimit,
    });
    this.#controller.reset(metadata.image, clock.monotonic());
  }

  /** This broker's incarnation; -1 before it has registered. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /**
   * Begins a cluster where there is none, with what the directory was formatted with if it was, and
   * registers this broker, fenced as yet.
   */
  async register(registration: Registration): Promise<void> {
    const { clusterId, nodeId, random, clock, metadata } = this.#options;
    await this.#write(this.#controller.bootstrap(registration.formatted));
    const { directories, previousBrokerEpoch, endpoints, rack } = registration;
    const request = withDefaults(BrokerRegistrationRequest, {
      brokerId: nodeId,
      clusterId,
      incarnationId: randomUuid(random),
      listeners: endpoints.map(({ name, host, port }) => ({
        name,
        host,
        port,
        securityProtocol: PLAINTEXT,
      })),
      features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
      rack,
      logDirs: [...directories],
      previousBrokerEpoch,
    });
    const { errorCode, brokerEpoch } = await this.#submit((controller) =>
      controller.registerBroker(request, {
        now: clock.monotonic(),
        nextOffset: metadata.endOffset,
        isLocal: true,
      })
    );
    if (errorCode !== 0) {
      throw new KafkaError(
        errorName(errorCode),
        `Cannot register broker ${nodeId}: ${errorName(errorCode)}`,
      );
    }
    this.#brokerEpoch = brokerEpoch;
  }

  /** Lets clients rely on this broker: it leads what it can lead from here on. */
  async unfence(): Promise<void> {
    const { metadata } = this.#options;
    await this.#heartbeat({ currentMetadataOffset: metadata.image.offset, wantFence: false });
  }

  /** Makes it known that these log directories have failed: nobody leads what lies in them. */
  async loseDirectories(offlineLogDirs: readonly Uuid[]): Promise<void> {
    const { metadata } = this.#options;
    await this.#heartbeat({
      currentMetadataOffset: metadata.image.offset,
      wantFence: false,
      offlineLogDirs: [...offlineLogDirs],
    });
  }

  /** Makes it known which log directories get no new partitions. */
  async cordonDirectories(cordonedLogDirs: readonly Uuid[]): Promise<void> {
    const { metadata } = this.#options;
    await this.#heartbeat({
      currentMetadataOffset: metadata.image.offset,
      wantFence: false,
      cordonedLogDirs: [...cordonedLogDirs],
    });
  }

  /** Makes it known in which log directories partitions lie. */
  async assignReplicas(
    directories: InputOf<typeof AssignReplicasToDirsRequest>["directories"],
  ): Promise<void> {
    const request = withDefaults(AssignReplicasToDirsRequest, {
      brokerId: this.#options.nodeId,
      brokerEpoch: this.#brokerEpoch,
      directories,
    });
    const { errorCode } = await this.#submit((controller) => controller.assignReplicas(request));
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode));
  }

  createTopics(request: CreateTopicsRequest, _asker: Asker, quota?: MutationQuota) {
    return this.#submit((controller) => controller.createTopics(request, this.#withRoom(quota)));
  }

  autoCreateTopics(names: readonly string[], _asker?: Asker, quota?: MutationQuota) {
    return this.#submit((controller) => controller.autoCreateTopics(names, this.#withRoom(quota)));
  }

  deleteTopics(request: DeleteTopicsRequest, { version }: Asker, quota?: MutationQuota) {
    return this.#submit((controller) => controller.deleteTopics(request, version, quota));
  }

  createPartitions(request: CreatePartitionsRequest, _asker: Asker, quota?: MutationQuota) {
    return this.#submit((controller) =>
      controller.createPartitions(request, this.#withRoom(quota))
    );
  }

  /**
   * What would have no room is refused like what a quota does not allow, rather than made in the
   * metadata only. Apache Kafka makes it there, and loses the log directory over it.
   */
  #withRoom(quota: MutationQuota | undefined): MutationQuota {
    let wanted = 0;
    return {
      take: (partitions) => {
        this.#options.checkRoomFor?.(wanted + partitions);
        quota?.take(partitions);
        wanted += partitions;
      },
    };
  }

  incrementalAlterConfigs(request: IncrementalAlterConfigsRequest) {
    return this.#submit((controller) => controller.incrementalAlterConfigs(request));
  }

  alterConfigs(request: AlterConfigsRequest) {
    return this.#submit((controller) => controller.alterConfigs(request));
  }

  /** Names of hosts are looked up first: a decision waits for nobody. */
  async alterClientQuotas(request: AlterClientQuotasRequest) {
    const names = request.entries.flatMap(({ entity }) => entity)
      .flatMap(({ entityType, entityName }) => entityType === "ip" && entityName || []);
    const hosts = await this.#options.resolveHosts(names);
    return await this.#submit((controller) =>
      controller.alterClientQuotas(request, (name) => hosts.has(name))
    );
  }

  alterUserScramCredentials(request: AlterUserScramCredentialsRequest) {
    return this.#submit((controller) => controller.alterUserScramCredentials(request));
  }

  async allocateProducerIds(): Promise<ProducerIdBlock> {
    const request = withDefaults(AllocateProducerIdsRequest, {
      brokerId: this.#options.nodeId,
      brokerEpoch: this.#brokerEpoch,
    });
    const response = await this.#submit((controller) => controller.allocateProducerIds(request));
    if (response.errorCode !== 0) throw new KafkaError(errorName(response.errorCode));
    return { start: response.producerIdStart, length: response.producerIdLen };
  }

  async updateFeatures(request: UpdateFeaturesRequest, { version }: Asker) {
    const { metadata, nodeId } = this.#options;
    let kraftVersion: number | undefined;
    const response = await this.#submit((controller) => {
      const decision = controller.updateFeatures(request, version, {
        nodeId,
        kraftVersion: metadata.quorum.kraftVersion,
        ...(this.#endpoints().length === 0 ? { whyNotKraftVersion1: NO_ENDPOINT } : {}),
      });
      kraftVersion = decision.kraftVersion;
      return decision;
    });
    if (kraftVersion !== undefined) await metadata.writeVoters(this.#endpoints());
    return response;
  }

  electLeaders(request: ElectLeadersRequest) {
    return this.#submit((controller) => controller.electLeaders(request));
  }

  alterPartitionReassignments(request: AlterPartitionReassignmentsRequest) {
    return this.#submit((controller) => controller.alterPartitionReassignments(request));
  }

  unregisterBroker(request: UnregisterBrokerRequest) {
    return this.#submit((controller) => controller.unregisterBroker(request));
  }

  get kraftVersion(): number {
    return this.#options.metadata.quorum.kraftVersion;
  }

  async describeQuorum(): Promise<QuorumDescription> {
    const { metadata, nodeId, clock } = this.#options;
    const { quorum: { voters }, epoch, highWatermark, endOffset: logEndOffset } = metadata;
    const now = clock.now(); // who leads is always level with itself
    const progress = { logEndOffset, lastFetchTimestamp: now, lastCaughtUpTimestamp: now };
    const directoryId = voters.find(({ voterId }) => voterId === nodeId)?.voterDirectoryId;
    return {
      leaderId: nodeId,
      leaderEpoch: epoch,
      highWatermark,
      voters: [{ id: nodeId, directoryId, ...progress }],
      observers: [],
      nodes: voters.length > 0
        ? voters.map(({ voterId: id, endpoints }) => ({ id, endpoints }))
        : [{ id: nodeId, endpoints: this.#endpoints() }],
    };
  }

  /** Where controllers would come to this one: as its listeners say, or the quorum's settings. */
  #endpoints(): VoterEndpoint[] {
    const { config, nodeId } = this.#options;
    const names = config.get("controller.listener.names");
    const isTheirs = ({ name }: ListenerAddress) => names.includes(name);
    const listeners = config.get("listeners").filter(isTheirs);
    if (listeners.length > 0) {
      const advertised = config.get("advertised.listeners").filter(isTheirs);
      return listeners.map(({ name, host, port }) => {
        const told = advertised.find((each) => each.name === name);
        return { name, host: told?.host ?? (host || "localhost"), port: told?.port ?? port };
      });
    }
    return config.get("controller.quorum.voters").filter(({ id }) => id === nodeId)
      .map(({ host, port }) => ({ name: names[0] ?? "CONTROLLER", host, port }));
  }

  async #heartbeat(heartbeat: InputOf<typeof BrokerHeartbeatRequest>): Promise<void> {
    const { clock } = this.#options;
    const brokerId = this.#options.nodeId;
    const request = withDefaults(BrokerHeartbeatRequest, {
      ...heartbeat,
      brokerId,
      brokerEpoch: this.#brokerEpoch,
    });
    const { errorCode } = await this.#submit((controller) =>
      controller.heartbeat(request, clock.monotonic())
    );
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode));
  }

  /**
   * Decides, appends and replays in one turn; answers once committed. An answer without records of
   * its own may stand on another's that are still under way ("it exists already"), and waits for
   * those.
   */
  async #submit<Response>(
    decide: (controller: Controller) => Decision<Response>,
  ): Promise<Response> {
    const { records, response } = decide(this.#controller);
    await this.#write(records);
    return response;
  }

  #write(records: MetadataRecord[]): Promise<unknown> {
    const { metadata } = this.#options;
    if (records.length === 0) return metadata.whenCommitted(metadata.endOffset);
    const baseOffset = metadata.endOffset;
    const committed = metadata.append(records);
    this.#controller.replay(records, baseOffset, metadata.epoch);
    return committed;
  }
}
