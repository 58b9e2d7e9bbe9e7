/**
 * A broker: all that the APIs' files work with, and the handler that `net` hands requests to. It
 * holds no state of its own beyond caches; partitions are `replication`'s, groups the
 * coordinator's, the cluster's shape is the metadata image, which is replaced as a whole.
 */
import type { MetadataImage } from "../metadata/mod.ts";
import type { BrokerId, LogEvent, Loggers } from "../base/mod.ts";
import type { BrokerConfig, OnLimit } from "../config/mod.ts";
import { Metrics } from "../metrics/mod.ts";
import { BufferPool, type RequestHandler } from "../net/mod.ts";
import type { Clock, Random } from "../platform/mod.ts";
import { type ErrorName, KafkaError } from "../protocol/mod.ts";
import type { Replicas } from "../replication/mod.ts";
import { advertisedOf } from "./advertised_apis.ts";
import { AutoTopics } from "./auto_topics.ts";
import { BrokerFigures, showBroker } from "./broker_figures.ts";
import { ClientTelemetry } from "./client_telemetry.ts";
import type { ControllerClient } from "./controller_client.ts";
import { Dispatcher } from "./dispatch.ts";
import { FetchSessions } from "./fetch_sessions.ts";
import { groupCoordinatorMaker, groupLimits, groupStorage } from "./group_settings.ts";
import { Groups, OFFSETS_TOPIC } from "./groups.ts";
import { KeptRecords } from "./kept_records.ts";
import { ProducerIds } from "./producer_ids.ts";
import { ClientQuotas } from "./quotas/client_quotas.ts";
import { RefusedBatches } from "./refused_batches.ts";
import { SERVED_APIS } from "./served_apis.ts";

/** Idle memory that is kept for the next fetches. */
const READ_BUFFERS_KEPT = 16 * 1024 * 1024;

export interface BrokerOptions {
  readonly nodeId: BrokerId;
  readonly clusterId: string;
  /** The broker's settings as they are now; read anew at each use. */
  readonly config: () => BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
  /** This node's, whose levels clients may change. */
  readonly loggers: Loggers;
  /** The cluster as this broker has applied it. */
  readonly image: () => MetadataImage;
  readonly controller: ControllerClient;
  /** The partitions on this broker's disks. */
  readonly replicas: Replicas;
  /** Shared with the controller beside it, which counts what clients change too; default: its own. */
  readonly quotas?: ClientQuotas;
  /** Where figures are shown; default: nowhere. */
  readonly metrics?: Metrics;
  /** Told of who comes to a limit. */
  readonly onLimit?: OnLimit;
}

export class Broker {
  readonly nodeId: BrokerId;
  readonly clusterId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
  readonly loggers: Loggers;
  readonly image: () => MetadataImage;
  readonly controller: ControllerClient;
  readonly replicas: Replicas;
  readonly groups: Groups;
  readonly producerIds: ProducerIds;
  readonly fetchSessions: FetchSessions;
  readonly quotas: ClientQuotas;
  /** Memory that fetches read into, used again once their answers are sent. */
  readonly readBuffers = new BufferPool(READ_BUFFERS_KEPT);
  readonly autoTopics: AutoTopics;
  readonly telemetry: ClientTelemetry;
  readonly figures: BrokerFigures;
  /** To be given to `KafkaServer`. */
  readonly handler: RequestHandler;
  /** Fetches that wait for records. */
  readonly waitingFetches = new Set<{ endWait(): void }>();
  /** What was refused, and is to be sent again. */
  readonly refusedBatches = new RefusedBatches();
  #isStopping = false;
  readonly #config: () => BrokerConfig;

  constructor(options: BrokerOptions) {
    const { controller, clock, random, log, image, replicas, metrics = new Metrics() } = options;
    const { onLimit = () => {} } = options;
    this.nodeId = options.nodeId;
    this.clusterId = options.clusterId;
    this.clock = clock;
    this.random = random;
    this.log = log;
    this.loggers = options.loggers;
    this.image = image;
    this.controller = controller;
    this.replicas = replicas;
    this.#config = options.config;
    this.figures = new BrokerFigures(metrics, onLimit);
    this.telemetry = new ClientTelemetry(random, log, onLimit);
    this.producerIds = new ProducerIds(() => controller.allocateProducerIds());
    this.fetchSessions = new FetchSessions(
      { slots: this.config.get("max.incremental.fetch.session.cache.slots"), onLimit },
      (below) => random.int(below),
    );
    this.quotas = options.quotas ?? new ClientQuotas(this.config, image);
    this.autoTopics = new AutoTopics(controller, log, onLimit);
    const kept = new KeptRecords(log);
    this.groups = new Groups({
      clock,
      log,
      kept,
      newCoordinator: groupCoordinatorMaker(options.config, random),
      limits: () => groupLimits(this.config),
      storage: () => groupStorage(this.config),
      partitionCount: () => image().topicByName(OFFSETS_TOPIC)?.partitions.length,
      createTopic: () => this.autoTopics.createNow(OFFSETS_TOPIC),
      onEvent: (event) => this.figures.groupEvent(event),
      onLimit,
    });
    showBroker(metrics, this);
    replicas.onChange({
      led: (replica) => {
        if (replica.topicPartition.topic === OFFSETS_TOPIC) this.groups.onLed(replica);
        else kept.onLed(replica);
      },
      lost: ({ topic, partition }) => {
        if (topic === OFFSETS_TOPIC) this.groups.onLost(partition);
      },
      deleted: (topics) => this.groups.onTopicsDeleted(topics),
    });
    this.handler = new Dispatcher(SERVED_APIS, this, log);
  }

  /** What ApiVersions lists. */
  get advertisedApis() {
    return advertisedOf(SERVED_APIS, this);
  }

  get config(): BrokerConfig {
    return this.#config();
  }

  /** The promise, or a KafkaError of that name when it takes longer. */
  async withTimeout<T>(promise: Promise<T>, timeoutMs: number, error: ErrorName): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = this.clock.after(timeoutMs, () => late.reject(new KafkaError(error)));
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** From here on no request waits for anything but the disk. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /**
   * Answers all who wait: fetches with what there is, groups with what clients look for another
   * coordinator on. Produces are answered when their records are where they are to be.
   */
  close(): void {
    this.#isStopping = true;
    for (const fetch of [...this.waitingFetches]) fetch.endWait();
    this.groups.close();
  }
}
