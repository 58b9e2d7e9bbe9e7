/**
 * One node put together, by its roles: the log directories opened, its part in the metadata taken
 * (`cluster_part.ts`), its broker registered, its partitions led, its listeners open. From then on
 * the node drives the pure rooms: what the controller decides becomes records, the metadata log
 * commits them, the image moves on, and the replicas follow the image.
 *
 * The order of starting matters. Ports are bound first, since the real ones are registered, and
 * served last: nobody is let in before the partitions are loaded, so that no client ever meets a
 * broker that forgot a topic. Only controllers come in early, since they have to elect one of them
 * before anything else can be known. The order of stopping is the other way round: what is led here
 * is handed over, then no more requests, then all that was written is synced, then the clean marker.
 */
import { type BrokerId, brokerId, type LogEvent, Loggers, type LogLevel } from "../base/mod.ts";
import { Broker } from "../broker/mod.ts";
import { type BrokerConfig, isAlone, type ListenerAddress } from "../config/mod.ts";
import {
  LogCleaner,
  type LogDirectories,
  LogScrubber,
  type OpeningProgress,
  openLogDirectories,
} from "../log/mod.ts";
import type { MetadataDelta, MetadataImage } from "../metadata/mod.ts";
import { LimitFigures, Metrics, ScrapeServer } from "../metrics/mod.ts";
import { type AdmissionLimits, KafkaServer, netMetrics } from "../net/mod.ts";
import {
  type Listener,
  type NetworkAddress,
  type Platform,
  StorageError,
  type Timer,
} from "../platform/mod.ts";
import { RESOURCE } from "../protocol/mod.ts";
import { previousBrokerEpochOf, Replicas } from "../replication/mod.ts";
import { connectionLimits } from "./connection_limits.ts";
import { advertisedListeners } from "./advertised_listeners.ts";
import { BrokerListeners } from "./broker_listeners.ts";
import { BrokerLifecycle } from "./broker_lifecycle.ts";
import { Chores } from "./chores.ts";
import { ClusterPart } from "./cluster_part.ts";
import { ControllerListener } from "./controller_listener.ts";
import { ControllerProxy } from "./controller_proxy.ts";
import { DirectoryReports } from "./directory_reports.ts";
import { WirePeers } from "./replica_peers.ts";
import { inspectDirectory, type InspectedMetadata } from "./metadata_inspection.ts";
import type { MetadataLog } from "./metadata_log.ts";
import { logFigures, showNode, showProcess, watchEventLoop } from "./node_figures.ts";
import { showLimits } from "./limit_figures.ts";
import { StartEnd } from "./start_end.ts";

export interface NodeOptions {
  readonly config: BrokerConfig;
  /** `log.dirs` as full paths. */
  readonly dataFolders: readonly string[];
  /** `metadata.log.dir` as a full path; default the first of them. */
  readonly metadataFolder?: string;
  readonly platform: Platform;
  readonly log: LogEvent;
  /** Ends a start that has not come to its end: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Told the real ports, before anything else is done. */
  readonly onBound?: (bound: BoundPorts) => void;
  /** Told how far the opening of the log directories is. */
  readonly onOpening?: (progress: OpeningProgress) => void;
  /** What is worth telling at first; loggers' levels may change later. Default is all. */
  readonly logLevel?: LogLevel;
}

/** Where a node listens, for clients and other brokers, and for the quorum. */
export interface BoundPorts {
  readonly clients: readonly ListenerAddress[];
  readonly controllers: readonly ListenerAddress[];
}

/** How long requests under way may take when the node stops. */
const STOP_GRACE_MS = 2000;

/** A node that waits for its quorum says so after this long. */
const TELL_WAITING_MS = 3000;

/** With less of them (`ulimit -n`) clients may not be let in; many a shell gives 1024. */
const FEW_FILES = 4096;

/** Bytes of large requests in memory where `queued.max.request.bytes` sets no limit. */
const DEFAULT_QUEUED_BYTES = 256 * 1024 * 1024;

/**
 * Starts a node; resolves once clients can come. Rejects with ConfigError, ListenError or
 * StorageError, and then leaves nothing open.
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  const node = new Node(options);
  try {
    await node.start();
  } catch (error) {
    await node.close().catch(() => {});
    throw error;
  }
  return node;
}

/** A running node; made by {@link startNode}. */
export class Node {
  readonly nodeId: BrokerId;
  readonly #options: NodeOptions;
  readonly #loggers: Loggers;
  readonly #log: LogEvent;
  readonly #failed = Promise.withResolvers<Error>();
  readonly #startEnd: StartEnd;
  readonly #chores: Chores;
  readonly #listeners: BrokerListeners;
  readonly #controllerListener: ControllerListener;
  /** What there is to know in numbers; shown on `metrics.listener`, if that is set. */
  readonly metrics = new Metrics();
  readonly #limits = new LimitFigures(this.metrics);
  readonly #logFigures = logFigures(this.metrics, this.#limits.hit);
  #metricsListener: Listener | undefined;
  #scrapes: ScrapeServer | undefined;
  #lag: Timer | undefined;
  /** The file's settings under what was set at run time. */
  #config: BrokerConfig;
  #directories: LogDirectories | undefined;
  #reports: DirectoryReports | undefined;
  #inspected: InspectedMetadata | undefined;
  #cluster: ClusterPart | undefined;
  #lifecycle: BrokerLifecycle | undefined;
  #replicas: Replicas | undefined;
  #cleaner: LogCleaner | undefined;
  #scrubber: LogScrubber | undefined;
  #broker: Broker | undefined;
  #server: KafkaServer | undefined;
  #connectionChanges = 0;
  #isStopping = false;
  #isClosing = false;
  #hasFailed = false;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#loggers = new Loggers(options.log, options.logLevel);
    this.#log = this.#loggers.logger("streamer.node");
    const { network, clock } = options.platform;
    this.#listeners = new BrokerListeners(network, this.#log);
    this.#controllerListener = new ControllerListener({
      network,
      clock,
      log: this.#loggers.logger("streamer.net"),
    });
    this.#config = options.config;
    const { config, signal } = options;
    this.#startEnd = new StartEnd({ config, clock, signal, failed: this.failed });
    this.#chores = new Chores({
      clock,
      isIdle: () => this.#directories!.isOffline,
      onFailure: (error) => this.#fail(error),
    });
    this.nodeId = brokerId(options.config.get("node.id"));
  }

  /** Where clients come in, with the real ports. */
  get addresses(): ListenerAddress[] {
    return this.#listeners.addresses;
  }

  /** Where figures are shown, with the real port; undefined when they are not. */
  get metricsAddress(): NetworkAddress | undefined {
    return this.#metricsListener?.address;
  }

  get clusterId(): string {
    return this.#directories!.clusterId;
  }

  /**
   * Resolves when the node can't go on: its disk failed, or it met a fault of its own. Never
   * rejects.
   */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** Where other nodes of the cluster come to this one's controller; none for a lone node. */
  get controllerAddresses(): ListenerAddress[] {
    return this.#controllerListener.addresses;
  }

  /** Use {@link startNode}. */
  async start(): Promise<void> {
    this.#tellWithoutEffect();
    this.#tellFewFiles();
    const isBroker = this.#config.get("process.roles").includes("broker");
    if (isBroker) this.#listeners.bind(this.#config);
    this.#controllerListener.bind(this.#config);
    this.#metricsListener = this.#bindMetrics();
    const { addresses: clients, controllerAddresses: controllers } = this;
    this.#options.onBound?.({ clients, controllers });
    const directories = await this.#openDirectories();
    this.#startEnd.signal.throwIfAborted();
    const cluster = await this.#takePart(directories);
    await this.#join(cluster);
    if (isBroker) await this.#startBroker(directories, cluster);
    else this.#followConfigs(cluster.metadata);
    cluster.registerController();
    this.#showFigures(directories, cluster.metadata);
    directories.prepareForFull();
    this.#startEnd.close();
  }

  async #startBroker(directories: LogDirectories, cluster: ClusterPart): Promise<void> {
    const { clock, random } = this.#options.platform;
    const { metadata } = cluster;
    const lifecycle = await this.#register(directories, cluster);
    // What lies on the disks is judged by nothing older than this: a leader that was cut off may have
    // told an end long past, and by an image of then a replica since moved here is no partition of
    // ours, and would be removed.
    await this.#startEnd.unless(metadata.whenCommitted(lifecycle.brokerEpoch + 1));
    this.#applyBrokerConfigs(metadata.image);
    this.#tellUnenforced(metadata.image);
    const controller = this.#controllerProxy(cluster, lifecycle);
    const replicas = this.#openReplicas(directories, metadata, controller);
    this.#broker = new Broker({
      nodeId: this.nodeId,
      clusterId: directories.clusterId,
      config: () => this.#config,
      clock,
      random,
      log: this.#loggers.logger("streamer.broker"),
      loggers: this.#loggers,
      image: () => metadata.image,
      controller,
      replicas,
      quotas: cluster.quotas,
      metrics: this.metrics,
      onLimit: this.#limits.hit,
    });
    metadata.onCommitted((image, delta) => this.#onCommitted(image, delta));
    await this.#startEnd.unless(this.#reports!.flush()); // who leads depends on where partitions are
    await this.#startEnd.unless(lifecycle.unfence());
    const followRoom = () => lifecycle.stepAside(directories.isFull);
    directories.onFull(followRoom);
    directories.onRoom(followRoom);
    followRoom();
    this.#serve(this.#broker, await this.#connectionLimits(metadata.image));
    this.#startChores(directories);
    this.#startCleaner(directories);
  }

  /**
   * Stops: what is led here is handed over, then no more requests, everything on disk, the clean
   * marker. Fine to call twice.
   */
  async close(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const mayHandOver = this.#server !== undefined && !this.#hasFailed;
    if (mayHandOver && this.#config.get("controlled.shutdown.enable")) {
      await this.#lifecycle?.shutDown();
    }
    this.#isClosing = true;
    this.#chores.close();
    this.#startEnd.close();
    this.#listeners.close();
    this.#lag?.cancel();
    this.#scrapes?.close();
    this.#metricsListener?.close();
    const gone = this.#server?.close({ graceMs: STOP_GRACE_MS });
    this.#broker?.close(); // whoever waits is answered while the server still writes
    await gone;
    this.#replicas?.close();
    this.#reports?.close();
    await this.#cleaner?.close();
    await this.#scrubber?.close();
    this.#lifecycle?.close();
    if (this.#cluster) await this.#cluster.close();
    else await this.#controllerListener.close(0);
    await this.#directories?.close({ brokerEpoch: this.#lifecycle?.brokerEpoch });
  }

  /** What was set and changes nothing as yet is said, so that nobody relies on it. */
  #tellWithoutEffect(): void {
    for (const { name, reason } of this.#config.withoutEffect()) {
      this.#log("info", "setting without effect", { setting: name, reason });
    }
  }

  /** Told at once, and not when the first client is kept out. */
  #tellFewFiles(): void {
    const files = this.#options.platform.process.maxOpenFiles() ?? Infinity;
    if (files >= FEW_FILES) return;
    const advice = "each connection takes one: raise ulimit -n, or set max.connections";
    this.#log("warn", "few files may be open at once", { files, advice });
  }

  /**
   * Rules that came with the data, from an Apache Kafka with an authorizer, and that nobody keeps.
   */
  #tellUnenforced({ acls }: MetadataImage): void {
    if (acls.size === 0) return;
    const reason = "there is no authorizer yet: whoever reaches a port may do everything";
    this.#log("warn", "ACLs are kept and not enforced", { acls: acls.size, reason });
  }

  #bindMetrics(): Listener | undefined {
    const address = this.#config.get("metrics.listener");
    if (address === null) return undefined;
    const { host, port } = address;
    return this.#options.platform.network.listen({ host: host || "0.0.0.0", port });
  }

  async #openDirectories(): Promise<LogDirectories> {
    const { platform: { disk, clock, random }, dataFolders, metadataFolder } = this.#options;
    const directories = await openLogDirectories({
      disk,
      clock,
      random,
      paths: dataFolders,
      metadataPath: metadataFolder,
      awaitsCluster: !isAlone(this.#config) && !this.#config.get("controller.quorum.new.cluster"),
      nodeId: this.nodeId,
      brokerConfig: this.#config,
      log: this.#loggers.logger("streamer.log"),
      figures: this.#logFigures,
      signal: this.#options.signal,
      onProgress: this.#options.onOpening,
      inspect: () => {
        this.#inspected = inspectDirectory(disk, metadataFolder ?? dataFolders[0]);
      },
    });
    directories.onFailure((directory, error) => {
      if (directories.isOffline) {
        const { path } = directory;
        this.#fail(endOf({ path, metadata: directory === directories.metadata }, error));
      } else this.#reports?.lose({ id: directory.directoryId, path: directory.path });
    });
    return this.#directories = directories;
  }

  async #takePart(directories: LogDirectories): Promise<ClusterPart> {
    const { platform, config } = this.#options;
    return this.#cluster = await ClusterPart.open({
      nodeId: this.nodeId,
      platform,
      config,
      currentConfig: () => this.#config,
      directories,
      inspected: this.#inspected,
      listener: this.#controllerListener,
      loggers: this.#loggers,
      onLimit: this.#limits.hit,
      onFailure: (error) => this.#fail(error),
    });
  }

  /** A node begins with all that is committed; for that the quorum has to have a leader. */
  async #join(cluster: ClusterPart): Promise<void> {
    const { metadata } = cluster;
    const timer = this.#options.platform.clock.after(
      TELL_WAITING_MS,
      () =>
        this.#log("info", "waiting for the cluster's controllers", {
          leader: metadata.leaderId ?? null,
          voters: metadata.voterIds.join(","),
        }),
    );
    try {
      await this.#startEnd.unless(cluster.join(this.#startEnd.signal));
    } finally {
      timer.cancel();
    }
  }

  async #register(directories: LogDirectories, cluster: ClusterPart): Promise<BrokerLifecycle> {
    const { clock, random } = this.#options.platform;
    const { clusterId } = directories;
    const { nodeId } = this;
    const lifecycle: BrokerLifecycle = new BrokerLifecycle({
      channel: cluster.channel("heartbeats", () => lifecycle.onConnectionEnd()),
      metadata: cluster.metadata,
      clusterId,
      nodeId,
      config: () => this.#config,
      clock,
      random,
      log: this.#loggers.logger("streamer.lifecycle"),
    });
    this.#lifecycle = lifecycle;
    const registered = directories.online();
    await this.#startEnd.unless(lifecycle.register({
      directories: registered.map(({ directoryId }) => directoryId),
      previousBrokerEpoch: previousBrokerEpochOf(directories, cluster.metadata.image, {
        config: this.#config,
        log: this.#log,
      }),
      endpoints: this.#advertised(),
      rack: this.#config.get("broker.rack"),
    }));
    this.#reports = new DirectoryReports({
      controller: lifecycle,
      clock,
      timeoutMs: () => this.#config.get("log.dir.failure.timeout.ms"),
      fail: (error) => this.#fail(error),
    });
    for (const { isOffline, directoryId: id, path } of registered) {
      if (isOffline) this.#reports.lose({ id, path }); // in the meantime
    }
    return lifecycle;
  }

  #controllerProxy(cluster: ClusterPart, lifecycle: BrokerLifecycle): ControllerProxy {
    return new ControllerProxy({
      forwarding: cluster.channel("forwarding"),
      own: cluster.channel("broker"),
      metadata: cluster.metadata,
      config: () => this.#config,
      clock: this.#options.platform.clock,
      nodeId: this.nodeId,
      brokerEpoch: () => lifecycle.brokerEpoch,
    });
  }

  /** Of a node that is told of nobody, brokers may still come to its controller. */
  get #mayHaveOthers(): boolean {
    return this.controllerAddresses.length > 0 || !isAlone(this.#config);
  }

  /** Where clients are told to come. */
  #advertised(): ListenerAddress[] {
    const { process } = this.#options.platform;
    return advertisedListeners(this.addresses, this.#config, process.hostName());
  }

  #openReplicas(
    directories: LogDirectories,
    metadata: MetadataLog,
    controller: ControllerProxy,
  ): Replicas {
    const { clock, network } = this.#options.platform;
    const replicas = new Replicas({
      nodeId: this.nodeId,
      directories,
      clock,
      assign: (partition) => this.#reports!.assign(partition),
      peers: new WirePeers({
        nodeId: this.nodeId,
        network,
        clock,
        image: () => metadata.image,
        config: () => this.#config,
      }),
      alterPartition: this.#mayHaveOthers
        ? (request) => controller.alterPartition(request)
        : undefined,
      brokerEpoch: () => this.#lifecycle!.brokerEpoch,
      config: () => this.#config,
      isDeleted: (id) => metadata.deletedTopics.has(id),
      log: this.#loggers.logger("streamer.replication"),
    });
    this.#replicas = replicas;
    replicas.start(metadata.image);
    return replicas;
  }

  #serve(broker: Broker, connections: AdmissionLimits): void {
    const { network, clock } = this.#options.platform;
    const config = this.#config;
    const queuedBytes = config.get("queued.max.request.bytes");
    const maxQueuedBytes = queuedBytes > 0 ? queuedBytes : DEFAULT_QUEUED_BYTES;
    this.#server = new KafkaServer({
      network,
      clock,
      log: this.#loggers.logger("streamer.net"),
      handler: broker.handler,
      limits: {
        maxRequestBytes: config.get("socket.request.max.bytes"),
        ...connections,
        idleMs: config.get("connections.max.idle.ms"),
        maxQueuedBytes,
        maxQueuedRequests: config.get("queued.max.requests"),
        maxUnsentBytes: config.get("queued.max.response.bytes"),
      },
      metrics: netMetrics(this.metrics, this.#limits.hit),
    });
    const server = this.#server;
    showLimits(this.#limits, {
      server,
      broker,
      process: this.#options.platform.process,
      config: () => this.#config,
      maxQueuedBytes,
    });
    this.#listeners.serve(this.#server);
    this.#listeners.follow(config);
  }

  /** Of a node that is ready: what is looked up for them is there. */
  #showFigures(directories: LogDirectories, metadata: MetadataLog): void {
    const { process, clock } = this.#options.platform;
    const { nodeId, clusterId } = this;
    showProcess(this.metrics, process);
    const replicas = this.#replicas;
    if (replicas !== undefined) {
      showNode(this.metrics, {
        nodeId,
        clusterId,
        image: () => metadata.image,
        directories,
        replicas,
      });
    }
    const listener = this.#metricsListener;
    if (listener === undefined) return;
    this.#lag = watchEventLoop(this.metrics, clock);
    const log = this.#loggers.logger("streamer.metrics");
    this.#scrapes = new ScrapeServer({ metrics: this.metrics, listener, clock, log });
  }

  #onCommitted(image: MetadataImage, delta: MetadataDelta): void {
    if (this.#isClosing) return;
    try {
      const hasNewConfig = delta.configs.some(({ type }) => type === RESOURCE.broker);
      if (hasNewConfig) this.#applyBrokerConfigs(image);
      if (hasNewConfig || delta.clientQuotas) void this.#limitConnections(image);
      this.#replicas!.apply(image, delta);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #connectionLimits(image: MetadataImage): Promise<AdmissionLimits> {
    const names = this.#listeners.addresses.map(({ name }) => name);
    return connectionLimits(this.#config, image, names, this.#options.platform.network);
  }

  /** Of two changes at once the later one counts, however long its names take to be looked up. */
  async #limitConnections(image: MetadataImage): Promise<void> {
    const change = ++this.#connectionChanges;
    const limits = await this.#connectionLimits(image);
    if (change === this.#connectionChanges) this.#server?.limitConnections(limits);
  }

  /** Of a node without a broker: what is set at run time is its controller's. */
  #followConfigs(metadata: MetadataLog): void {
    this.#config = this.#configAt(metadata.image);
    metadata.onCommitted((image, { configs }) => {
      if (configs.some(({ type }) => type === RESOURCE.broker)) {
        this.#config = this.#configAt(image);
      }
    });
  }

  /** Settings changed at run time, for all nodes and for this one, over those of the file. */
  #configAt(image: MetadataImage): BrokerConfig {
    return this.#options.config.with({
      cluster: image.configsOf({ type: RESOURCE.broker, name: "" }),
      broker: image.configsOf({ type: RESOURCE.broker, name: String(this.nodeId) }),
    });
  }

  #applyBrokerConfigs(image: MetadataImage): void {
    this.#config = this.#configAt(image);
    this.#cleaner?.reconfigure();
    this.#listeners.follow(this.#config);
    this.#directories?.cordon(this.#cordoned());
    this.#tellCordoned();
  }

  #tellCordoned(): void {
    const cordoned =
      this.#directories?.online().filter(({ path }) => this.#directories!.isCordoned(path)) ?? [];
    this.#reports?.cordon(cordoned.map(({ directoryId }) => directoryId));
  }

  /** Whether a folder gets no new partitions, by the name that the settings give it. */
  #cordoned(): (path: string) => boolean {
    const [names, cordoned] = [this.#config.get("log.dirs"), this.#config.get("cordoned.log.dirs")];
    const { dataFolders } = this.#options;
    return (path) => cordoned.includes("*") || cordoned.includes(names[dataFolders.indexOf(path)]);
  }

  #startCleaner(directories: LogDirectories): void {
    const { disk, clock } = this.#options.platform;
    this.#cleaner = new LogCleaner({
      disk,
      clock,
      log: this.#loggers.logger("streamer.log"),
      config: () => this.#config,
      directories: () => directories.online(),
      onRetention: () => this.#tellLogStarts(),
      figures: this.#logFigures,
    });
    this.#cleaner.start();
    this.#scrubber = new LogScrubber({
      clock,
      config: () => this.#config,
      directories: () => directories.online(),
    });
    this.#scrubber.start();
  }

  #tellLogStarts(): void {
    for (const replica of this.#replicas!.all()) replica.onLogStartAdvanced();
  }

  #startChores(directories: LogDirectories): void {
    const { clock } = this.#options.platform;
    const checkpointMs = () => this.#config.get("replica.high.watermark.checkpoint.interval.ms");
    this.#chores.begin({
      delayMs: checkpointMs(),
      everyMs: checkpointMs,
      run: () => directories.checkpoint(),
    });
    const retentionMs = () => this.#config.get("log.retention.check.interval.ms");
    this.#chores.begin({
      delayMs: Math.min(this.#config.get("log.initial.task.delay.ms"), retentionMs()),
      everyMs: retentionMs,
      run: () => {
        directories.applyRetention(clock.now());
        this.#tellLogStarts();
      },
    });
  }

  /**
   * The one place where a node learns that it can't go on; whoever started it decides what then.
   */
  #fail(error: Error): void {
    if (this.#hasFailed) return; // what fails because of the first failure
    this.#hasFailed = true;
    this.#log("error", "node failed", { error: error.message });
    this.#failed.resolve(error);
  }
}

/** Why a node that has lost this log directory can't go on, whatever it has left. */
function endOf(
  { path, metadata }: { path: string; metadata: boolean },
  cause: StorageError,
): StorageError {
  const what = metadata ? "the log directory with the metadata" : "the last log directory";
  return new StorageError(`Cannot go on without ${path}, ${what}: ${cause.message}`, path, {
    cause,
  });
}
