/**
 * This node's part in the metadata of its cluster, whatever its roles: the metadata log, which every
 * node has; the quorum's wire and the controllers' listener, where there is anybody to talk to; the
 * controller, where it has that role; and the ways to the active one.
 *
 * A lone node has the log and the controller and nothing else: nothing is dialed, and nobody comes.
 */
import type { BrokerId, LogEvent, Loggers } from "../base/mod.ts";
import {
  advertisedControllerApis,
  ClientQuotas,
  controllerHandler,
  type ControllerNode,
} from "../broker/mod.ts";
import { type BrokerConfig, isAlone, type OnLimit } from "../config/mod.ts";
import type { LogDirectories } from "../log/mod.ts";
import type { Platform } from "../platform/mod.ts";
import { isNobodyAt } from "./nobody_at.ts";
import { ActiveController } from "./active_controller.ts";
import { advertisedListeners } from "./advertised_listeners.ts";
import { ControllerChannel } from "./controller_channel.ts";
import type { ControllerListener } from "./controller_listener.ts";
import { ControllerRegistration } from "./controller_registration.ts";
import { resolveHosts } from "./host_names.ts";
import type { InspectedMetadata } from "./metadata_inspection.ts";
import { MetadataLog } from "./metadata_log.ts";
import { readBootstrap } from "./metadata_snapshots.ts";
import { QuorumAddresses } from "./quorum/addresses.ts";
import { learnClusterId } from "./quorum/cluster_id.ts";
import { QuorumMembership } from "./quorum/membership.ts";
import { OwnVote } from "./quorum/own_vote.ts";
import { QuorumWire } from "./quorum/quorum_wire.ts";
import { checkSameCluster } from "./quorum/same_cluster.ts";
import { ReplicaKeys } from "./quorum/replica_keys.ts";
import { describeQuorum } from "./quorum_figures.ts";
import { type QuorumVoters, soleVoter, type VoterEndpoint } from "./quorum_voters.ts";

export interface ClusterPartOptions {
  readonly nodeId: BrokerId;
  readonly platform: Platform;
  /** The node's own settings; those set at run time are in the image. */
  readonly config: BrokerConfig;
  /** The settings as they are now. */
  readonly currentConfig: () => BrokerConfig;
  readonly directories: LogDirectories;
  readonly inspected: InspectedMetadata | undefined;
  readonly listener: ControllerListener;
  readonly loggers: Loggers;
  readonly onLimit: OnLimit;
  readonly onFailure: (error: Error) => void;
}

/** How long requests under way may take when the node stops. */
const STOP_GRACE_MS = 500;

export class ClusterPart {
  /** What clients may use of this node, whichever part of it they use. */
  readonly quotas: ClientQuotas;
  readonly #options: ClusterPartOptions;
  readonly #addresses: QuorumAddresses;
  readonly #channels = new Set<ControllerChannel>();
  #metadata!: MetadataLog;
  readonly #keys: ReplicaKeys;
  #wire: QuorumWire | undefined;
  #membership!: QuorumMembership;
  #ownVote: OwnVote | undefined;
  #controller: ActiveController | undefined;
  #registration: ControllerRegistration | undefined;

  /**
   * Opens the log and begins to take part. Resolves once a lone node leads; in a cluster at once:
   * see `MetadataLog.whenCaughtUp`.
   */
  static async open(options: ClusterPartOptions): Promise<ClusterPart> {
    const part = new ClusterPart(options);
    await part.#open();
    return part;
  }

  private constructor(options: ClusterPartOptions) {
    this.#options = options;
    const voters = () => this.#metadata.latestQuorum;
    this.#addresses = new QuorumAddresses(options.config, voters);
    this.#keys = new ReplicaKeys(voters);
    this.quotas = new ClientQuotas(options.config, () => this.#metadata.image);
  }

  get metadata(): MetadataLog {
    return this.#metadata;
  }

  /** This node's controller, if it has that role. */
  get controller(): ActiveController | undefined {
    return this.#controller;
  }

  /**
   * Resolves once the node knows of which cluster it is, and has applied all that was committed when
   * it found a leader. Rejects with the signal's reason.
   */
  async join(signal: AbortSignal): Promise<void> {
    const { nodeId, platform: { network, clock }, directories, config } = this.#options;
    const known = directories.knownClusterId;
    const servers = config.get("controller.quorum.bootstrap.servers");
    const checked = known === undefined
      ? undefined
      : checkSameCluster({ nodeId, clusterId: known, servers, network, clock });
    if (known === undefined) {
      const clusterId = await learnClusterId({
        metadata: this.#metadata,
        addresses: this.#addresses,
        nodeId,
        network,
        clock,
        log: this.#log("streamer.quorum"),
      }, signal);
      directories.joinCluster(clusterId);
    }
    await Promise.all([checked, this.#metadata.whenCaughtUp()]);
  }

  /** A way to the active controller; closed with all of this. */
  channel(name: string, onEnd?: () => void): ControllerChannel {
    const { nodeId, platform: { network, clock } } = this.#options;
    const channel = new ControllerChannel({
      metadata: this.#metadata,
      endpointOf: (id) => this.#addresses.of(id),
      nodeId,
      name,
      local: this.#controller,
      network,
      clock,
      log: this.#log("streamer.channel"),
      onEnd,
    });
    this.#channels.add(channel);
    return channel;
  }

  /** Makes this node's controller known to the active one, if there can be others. */
  registerController(): void {
    const { nodeId, platform: { clock, random } } = this.#options;
    if (this.#controller === undefined || this.#wire === undefined) return;
    this.#registration = new ControllerRegistration({
      channel: this.channel("controller registration"),
      metadata: this.#metadata,
      nodeId,
      endpoints: () => this.#endpoints,
      clock,
      random,
      log: this.#log("streamer.controller"),
    });
  }

  /** Hands over to another controller, if there is one, and closes the log. */
  async close(): Promise<void> {
    this.#registration?.close();
    this.#ownVote?.close();
    for (const channel of this.#channels) channel.close();
    this.#metadata?.resign();
    this.#controller?.close();
    await this.#wire?.close();
    await this.#options.listener.close(STOP_GRACE_MS);
    await this.#metadata?.close();
  }

  async #open(): Promise<void> {
    const { nodeId, platform, config, directories, inspected, onFailure } = this.#options;
    const { disk, clock, random } = platform;
    const hasListener = this.#options.listener.addresses.length > 0;
    const hasOthers = hasListener || !isAlone(config);
    this.#metadata = await MetadataLog.open({
      directory: directories.metadata,
      inspected,
      partitions: () => directories.partitions(),
      nodeId,
      config,
      disk,
      clock,
      random,
      log: this.#log("streamer.metadata"),
      bootstrapIds: this.#addresses.bootstrapIds,
      firstVoters: this.#firstVoters,
      ...(hasOthers ? { connect: (metadata) => this.#connect(metadata) } : {}),
      onFailure,
    });
    this.#membership = new QuorumMembership({ ...this.#quorum, keys: this.#keys });
    if (config.get("process.roles").includes("controller")) {
      this.#controller = this.#newController();
      if (hasListener) {
        this.#ownVote = new OwnVote({ ...this.#quorum, membership: this.#membership });
      }
    }
    if (hasListener) this.#serve();
  }

  /** Of a cluster that begins here and may grow: this node, as the log will have it (KIP-853). */
  get #firstVoters(): QuorumVoters | undefined {
    const { config, directories, nodeId } = this.#options;
    if (!config.get("controller.quorum.new.cluster")) return undefined;
    return soleVoter(nodeId, directories.metadata.directoryId, this.#endpoints);
  }

  /** Called while the log is being opened. */
  #connect(metadata: MetadataLog): QuorumWire {
    const { onFailure: onForeign } = this.#options;
    this.#metadata = metadata;
    return this.#wire = new QuorumWire({ ...this.#quorum, keys: this.#keys, onForeign });
  }

  /** What all parts of the quorum work with. */
  get #quorum() {
    const { nodeId, platform: { network, clock }, config, directories } = this.#options;
    return {
      metadata: this.#metadata,
      addresses: this.#addresses,
      nodeId,
      config,
      clusterId: () => directories.knownClusterId,
      endpoints: () => this.#endpoints,
      network,
      clock,
      log: this.#log("streamer.quorum"),
    };
  }

  #newController(): ActiveController {
    const { nodeId, platform, config, directories, onLimit } = this.#options;
    const { clock, random, disk, network } = platform;
    const metadata = this.#metadata;
    return new ActiveController({
      metadata,
      clusterId: () => directories.knownClusterId,
      nodeId,
      hasBroker: config.get("process.roles").includes("broker"),
      config,
      clock,
      random,
      log: this.#log("streamer.controller"),
      onLimit,
      formatted: readBootstrap(disk, directories.metadata.path),
      checkRoomFor: (partitions) => directories.checkRoomFor(partitions),
      isNobodyAt: (address) => isNobodyAt(network, clock, address),
      resolveHosts: (names) => resolveHosts(network, names),
      endpoints: () => this.#endpoints,
      describeQuorum: () =>
        describeQuorum({
          metadata,
          nodeId,
          clock,
          endpoints: () => this.#endpoints,
          endpointOf: (id) => this.#addresses.of(id),
          keyOf: (id) => this.#keys.keyOf(id),
        }),
      membership: this.#membership,
    });
  }

  #serve(): void {
    const { nodeId, platform: { clock }, config, currentConfig, directories, loggers, listener } =
      this.#options;
    const image = () => this.#metadata.image;
    const wire = this.#wire!;
    const log = this.#log("streamer.controller");
    const node: ControllerNode = {
      nodeId,
      get clusterId() {
        return directories.knownClusterId;
      },
      get config() {
        return currentConfig();
      },
      image,
      quorum: {
        get leaderId() {
          return wire.leaderId;
        },
        vote: (request) => wire.vote(request),
        beginEpoch: (request) => wire.beginEpoch(request),
        endEpoch: (request) => wire.endEpoch(request),
        fetch: (request, version) => wire.fetch(request, version),
        fetchSnapshot: (request, version) => wire.fetchSnapshot(request, version),
        updateVoter: (request) => this.#membership.update(request),
      },
      get advertisedApis() {
        return advertisedControllerApis(node);
      },
      controller: this.#controller!,
      loggers,
      log,
      clock,
      quotas: this.quotas,
      figures: { failed() {} },
    };
    listener.serve(controllerHandler(node, log), config);
  }

  /** Where other controllers come to this one; without a listener, where they would. */
  get #endpoints(): readonly VoterEndpoint[] {
    const { config, listener, platform: { process }, nodeId } = this.#options;
    const bound = listener.addresses;
    if (bound.length > 0) return advertisedListeners(bound, config, process.hostName());
    const [name = "CONTROLLER"] = config.get("controller.listener.names");
    return config.get("controller.quorum.voters").filter(({ id }) => id === nodeId)
      .map(({ host, port }) => ({ name, host, port }));
  }

  #log(name: string): LogEvent {
    return this.#options.loggers.logger(name);
  }
}
