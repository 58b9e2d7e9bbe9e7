/**
 * The life of this node's broker in the cluster, as it tells the controller (KIP-631): it registers
 * as a new incarnation and gets an epoch; it is fenced until it has read the metadata up to there;
 * from then on it says every `broker.heartbeat.interval.ms` that it lives, how far it has read, and
 * which of its log directories have failed or get nothing new. When it stops, it first asks to go:
 * what it leads is given to others, and it is let go once these know of it.
 *
 * A controller in this very process needs no heartbeats: it lives as long as we do. It is told what
 * has changed and nothing else, so that a lone node is quiet. Where another node leads, the first
 * heartbeat goes out at once, and again whenever a connection has ended: a controller that sees the
 * end of one takes it for ours if it does not hear of us soon.
 *
 * One heartbeat is under way at a time; what comes up meanwhile goes with the next.
 */
import type { BrokerId, LogEvent, Uuid } from "../base/mod.ts";
import { randomUuid } from "../bytes/mod.ts";
import type { BrokerConfig, ListenerAddress } from "../config/mod.ts";
import { SUPPORTED_FEATURES } from "../controller/mod.ts";
import type { MetadataDelta, MetadataImage } from "../metadata/mod.ts";
import type { Clock, Random, Timer } from "../platform/mod.ts";
import {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
  errorCode,
  errorName,
  type InputOf,
  KafkaError,
  withDefaults,
} from "../protocol/mod.ts";
import { callController, type ControllerChannel } from "./controller_channel.ts";
import type { MetadataLog } from "./metadata_log.ts";

export interface BrokerLifecycleOptions {
  readonly channel: Pick<ControllerChannel, "ask" | "isLocal">;
  readonly metadata: Pick<MetadataLog, "image" | "onCommitted" | "onLeadership" | "whenCommitted">;
  readonly clusterId: string;
  readonly nodeId: BrokerId;
  readonly config: () => BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
}

/** What a broker says of itself when it comes. */
export interface Registration {
  /** Ids of the log directories that work. */
  readonly directories: readonly Uuid[];
  /** Of the last clean stop; -1 after any other. */
  readonly previousBrokerEpoch: number;
  readonly endpoints: readonly ListenerAddress[];
  readonly rack: string | null;
}

type Heartbeat = InputOf<typeof BrokerHeartbeatResponse>;

/** Kafka's number for listeners without encryption and authentication. */
const PLAINTEXT = 0;
/** An answer that takes longer is not waited for: whoever leads by then is asked. */
const CALL_TIMEOUT_MS = 3000;
/** Between attempts that are refused for now: an id in use, metadata not read yet. */
const AGAIN_MS = 100;
/** The same while another incarnation's session is not over. */
const DUPLICATE_AGAIN_MS = 500;
/**
 * Refusals that end by themselves: another incarnation's session does, and a controller that has no
 * room to write down who comes is helped, or follows another.
 */
const PASSING: ReadonlySet<string> = new Set([
  "DUPLICATE_BROKER_REGISTRATION",
  "KAFKA_STORAGE_ERROR",
]);
/** For how long a node that stops asks to go. */
const SHUTDOWN_TIMEOUT_MS = 10_000;
/** For how long it looks for somebody to ask. */
const SHUTDOWN_SEARCH_MS = 2000;

export class BrokerLifecycle {
  readonly #options: BrokerLifecycleOptions;
  readonly #stopListening: (() => void)[] = [];
  #brokerEpoch = -1;
  /** What it wants to be: fenced until it is ready, gone at the end. */
  #wants: "fence" | "serve" | "shut down" = "fence";
  /** It cannot take records for now, and others had better lead. */
  #isAside = false;
  #offlineLogDirs: readonly Uuid[] = [];
  /** null: nobody has looked yet. */
  #cordonedLogDirs: readonly Uuid[] | null = null;
  /** Counts what there is to tell, so that it is known what a heartbeat has told. */
  #news = 0;
  #told = 0;
  #underWay: Promise<void> | undefined;
  #last: Heartbeat | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: BrokerLifecycleOptions) {
    this.#options = options;
  }

  /** This broker's incarnation; -1 before it has registered. */
  get brokerEpoch(): number {
    return this.#brokerEpoch;
  }

  /**
   * Makes this broker known, fenced as yet. Throws KafkaError when the controller refuses it for
   * good, or none has taken it within `initial.broker.registration.timeout.ms`.
   */
  async register(registration: Registration): Promise<void> {
    const { nodeId, clock, config, log } = this.#options;
    const request = this.#requestOf(registration);
    const timeoutMs = config().get("initial.broker.registration.timeout.ms");
    const deadline = clock.monotonic() + timeoutMs;
    while (!this.#isClosed) {
      const leftMs = deadline - clock.monotonic();
      const { errorCode = 0, brokerEpoch = -1 } = await this.#options.channel.ask<
        InputOf<typeof BrokerRegistrationResponse>
      >({
        local: (controller) => controller.registerLocalBroker(request),
        remote: (connection) =>
          callController(
            connection,
            [BrokerRegistrationRequest, BrokerRegistrationResponse] as const,
            request,
            CALL_TIMEOUT_MS,
          ),
        timeoutMs: leftMs,
      });
      if (errorCode === 0) {
        this.#brokerEpoch = brokerEpoch;
        return this.#follow();
      }
      const error = errorName(errorCode);
      if (!PASSING.has(error) || leftMs <= DUPLICATE_AGAIN_MS) {
        throw new KafkaError(error, `Cannot register broker ${nodeId}: ${error}`);
      }
      log("info", "registration refused for now", { broker: nodeId, error });
      await clock.sleep(DUPLICATE_AGAIN_MS);
    }
  }

  #requestOf({ directories, previousBrokerEpoch, endpoints, rack }: Registration) {
    const { clusterId, nodeId, random } = this.#options;
    return withDefaults(BrokerRegistrationRequest, {
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
  }

  /** From here on: whoever becomes the controller hears of us, and so does one that fences us. */
  #follow(): void {
    const { metadata } = this.#options;
    this.#stopListening.push(
      metadata.onLeadership(() => this.#beat()),
      metadata.onCommitted((image, delta) => this.#onCommitted(image, delta)),
    );
  }

  /**
   * Lets clients rely on this broker: resolves once it may lead, however long no controller is there
   * to say so.
   */
  async unfence(): Promise<void> {
    this.#wants = "serve";
    const { clock, metadata, nodeId } = this.#options;
    while (!this.#isClosed) {
      const told = await this.#untilAnswered(() => this.#tell());
      if (told.errorCode === errorCode("STALE_BROKER_EPOCH")) {
        throw new KafkaError("STALE_BROKER_EPOCH", `Broker ${nodeId} is not registered any more`);
      }
      const { isFenced, isCaughtUp } = told;
      if (!isFenced) return;
      if (!isCaughtUp) await metadata.whenCommitted(this.#brokerEpoch + 1);
      await clock.sleep(AGAIN_MS);
    }
  }

  /** Makes it known that these log directories have failed: nobody leads what lies in them. */
  async loseDirectories(ids: readonly Uuid[]): Promise<void> {
    this.#offlineLogDirs = [...new Set([...this.#offlineLogDirs, ...ids])];
    await this.#untilAnswered(() => this.#tell());
  }

  /** Makes it known which log directories get no new partitions. */
  async cordonDirectories(ids: readonly Uuid[]): Promise<void> {
    this.#cordonedLogDirs = ids;
    await this.#tell();
  }

  /**
   * Has others lead while this broker cannot take records, since a disk of its is full: it wants to
   * be fenced, as long as there is another broker that is not, and leaves the ISRs, for which nobody
   * has to wait for it. Where it is alone it goes on: what is there is read.
   */
  stepAside(isAside: boolean): void {
    if (this.#isAside === isAside) return;
    this.#isAside = isAside;
    this.#tellOfStandingAside();
  }

  #tellOfStandingAside(): void {
    if (this.#isClosed || this.#wants !== "serve") return;
    this.#tell().catch((error) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isClosed) this.#options.log("warn", "heartbeat failed", { reason });
    });
  }

  /** Fenced until it is ready, and while others can do what it can't. */
  get #wantsFence(): boolean {
    const { metadata: { image }, nodeId } = this.#options;
    const isAnotherThere = () =>
      [...image.brokers.values()].some(({ brokerId, fenced }) => brokerId !== nodeId && !fenced);
    return this.#wants === "fence" || (this.#isAside && isAnotherThere());
  }

  /** Makes it known in which log directories partitions lie. */
  async assignReplicas(
    directories: InputOf<typeof AssignReplicasToDirsRequest>["directories"],
  ): Promise<void> {
    const { nodeId: brokerId, channel, config } = this.#options;
    const { brokerEpoch } = this;
    const request = withDefaults(AssignReplicasToDirsRequest, {
      brokerId,
      brokerEpoch,
      directories,
    });
    const ask = () =>
      channel.ask<InputOf<typeof AssignReplicasToDirsResponse>>({
        local: (controller) => controller.assignReplicas(request),
        remote: (connection) =>
          callController(
            connection,
            [AssignReplicasToDirsRequest, AssignReplicasToDirsResponse] as const,
            request,
            CALL_TIMEOUT_MS,
          ),
        timeoutMs: config().get("request.timeout.ms"),
      });
    const { errorCode = 0 } = await this.#untilAnswered(ask);
    if (errorCode !== 0) throw new KafkaError(errorName(errorCode));
  }

  /**
   * Asks to go, and waits until what this broker leads is led by others, for a bounded time: a
   * cluster that stops as a whole has nobody left to hand over to.
   */
  async shutDown(): Promise<void> {
    if (this.#brokerEpoch < 0 || this.#isClosed || this.#wants === "fence") return;
    const { clock, log, channel, metadata: { image } } = this.#options;
    if (channel.isLocal && image.brokers.size === 1) return; // there is nobody else
    this.#wants = "shut down";
    const deadline = clock.monotonic() + SHUTDOWN_TIMEOUT_MS;
    try {
      while (clock.monotonic() < deadline) {
        const { shouldShutDown, errorCode } = await this.#within(SHUTDOWN_SEARCH_MS, this.#tell());
        if (shouldShutDown || errorCode) return;
        await clock.sleep(AGAIN_MS);
      }
      throw new Error("others have not taken over in time");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log("warn", "stopping without being let go", { reason });
    }
  }

  /** No more heartbeats. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const stop of this.#stopListening) stop();
  }

  /** A connection to the controller has ended: it may take that for our end. */
  onConnectionEnd(): void {
    this.#beat();
  }

  #onCommitted(image: MetadataImage, { brokers }: MetadataDelta): void {
    if (brokers.size === 0) return;
    const { nodeId } = this.#options;
    const ours = image.brokers.get(nodeId);
    const isFencedUnasked = brokers.has(nodeId) && ours?.fenced && this.#wants === "serve";
    // One that wants to go is let go when all others say that they know.
    const isAwaited = [...brokers].some((id) => image.brokers.get(id)?.inControlledShutdown);
    if (this.#isAside) this.#tellOfStandingAside(); // there may be another now, or none any more
    else if (isFencedUnasked || isAwaited) this.#beat();
  }

  /** Tells how things are now; resolves with the answer to a heartbeat that had it all in it. */
  async #tell(): Promise<Heartbeat> {
    const news = ++this.#news;
    while (this.#told < news) await (this.#underWay ?? this.#send());
    return this.#last!;
  }

  /** What has to be told is told, however long there is no controller. */
  async #untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const isLate = error instanceof KafkaError && error.error === "REQUEST_TIMED_OUT";
        if (!isLate || this.#isClosed) throw error;
      }
    }
  }

  async #within<T>(ms: number, promise: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = this.#options.clock.after(ms, () => {
      late.reject(new Error("no controller answers"));
    });
    try {
      return await Promise.race([promise, late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** A heartbeat that nobody waits for; the next one is planned behind it. */
  #beat(): void {
    this.#timer?.cancel();
    if (this.#isClosed || this.#underWay !== undefined || this.#wants === "fence") return;
    if (this.#options.channel.isLocal && !this.#isFenced) return this.#plan();
    this.#send().catch((error) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isClosed) this.#options.log("warn", "heartbeat failed", { reason });
    });
  }

  get #isFenced(): boolean {
    const { metadata: { image }, nodeId } = this.#options;
    return image.brokers.get(nodeId)?.fenced ?? true;
  }

  async #send(): Promise<void> {
    const news = this.#news;
    const sending = this.#ask();
    this.#underWay = sending.then(() => {}, () => {});
    try {
      const answer = await sending;
      this.#noteError(answer);
      this.#last = answer;
      this.#told = news;
    } finally {
      this.#underWay = undefined;
      this.#plan();
    }
  }

  /** An epoch that is stale stays so: somebody has taken this broker out, or taken its id. */
  #noteError({ errorCode = 0 }: Heartbeat): void {
    if (errorCode === 0 || errorCode === this.#last?.errorCode) return;
    const { nodeId, log } = this.#options;
    log("error", "the controller does not know this broker", {
      broker: nodeId,
      error: errorName(errorCode),
    });
  }

  #ask(): Promise<Heartbeat> {
    const { channel, nodeId, metadata, config } = this.#options;
    const request = () =>
      withDefaults(BrokerHeartbeatRequest, {
        brokerId: nodeId,
        brokerEpoch: this.#brokerEpoch,
        currentMetadataOffset: metadata.image.offset,
        wantFence: this.#wantsFence,
        wantShutDown: this.#wants === "shut down",
        offlineLogDirs: [...this.#offlineLogDirs],
        cordonedLogDirs: this.#cordonedLogDirs && [...this.#cordonedLogDirs],
      });
    return channel.ask<Heartbeat>({
      local: (controller) => controller.heartbeat(request()),
      remote: (connection) =>
        callController(
          connection,
          [BrokerHeartbeatRequest, BrokerHeartbeatResponse] as const,
          request(),
          CALL_TIMEOUT_MS,
        ),
      timeoutMs: config().get("broker.session.timeout.ms"),
    });
  }

  /** Where another node leads, the next one in any case; else while there is something to get. */
  #plan(): void {
    this.#timer?.cancel();
    if (this.#isClosed || this.#wants !== "serve") return;
    const { channel, clock, config } = this.#options;
    if (channel.isLocal && !this.#isFenced) return;
    const intervalMs = config().get("broker.heartbeat.interval.ms");
    this.#timer = clock.after(intervalMs, () => this.#beat());
  }
}
