/**
 * The controller of the cluster, while this node leads the metadata's quorum. A call decides on the
 * image of all that was appended, hands the records to the metadata log, and answers once they are
 * committed and applied here.
 *
 * Deciding and appending happen in one turn of the event loop, so that two requests at once never
 * decide on the same state: the second one sees what the first one wrote, committed or not.
 *
 * A reign begins when all that was committed before it is applied: what was decided in another one
 * is forgotten, and brokers get a full session from then on, since this node has heard of nobody
 * yet. It ends with the leadership. Whoever still waits is told NOT_CONTROLLER by the log, and asks
 * the next leader, whatever became of the records.
 *
 * Between requests it looks after brokers that fall silent, after leaders that are not the preferred
 * ones, and after partitions that nobody leads.
 */
import type { BrokerId, LogEvent } from "../base/mod.ts";
import type { AdminController, Asker, NodesController, QuorumDescription } from "../broker/mod.ts";
import type { BrokerConfig, OnLimit } from "../config/mod.ts";
import {
  Controller,
  type Decision,
  type ElectionRound,
  type MutationQuota,
} from "../controller/mod.ts";
import type { Clock, NetworkAddress, Random, Timer } from "../platform/mod.ts";
import {
  type AddRaftVoterRequest,
  type AllocateProducerIdsRequest,
  type AlterClientQuotasRequest,
  type AlterConfigsRequest,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionRequest,
  type AlterUserScramCredentialsRequest,
  type AssignReplicasToDirsRequest,
  type BrokerHeartbeatRequest,
  type BrokerRegistrationRequest,
  type ControllerRegistrationRequest,
  type CreatePartitionsRequest,
  type CreateTopicsRequest,
  type DeleteTopicsRequest,
  type ElectLeadersRequest,
  type IncrementalAlterConfigsRequest,
  KafkaError,
  type MetadataRecord,
  type RemoveRaftVoterRequest,
  type UnregisterBrokerRequest,
  type UpdateFeaturesRequest,
} from "../protocol/mod.ts";
import type { Leadership, MetadataLog } from "./metadata_log.ts";
import type { QuorumMembership } from "./quorum/membership.ts";
import type { VoterEndpoint } from "./quorum_voters.ts";

/** Of the metadata log, what a controller needs. */
export type ControllerLog = Pick<
  MetadataLog,
  | "image"
  | "endOffset"
  | "epoch"
  | "quorum"
  | "append"
  | "whenCommitted"
  | "writeVoters"
  | "onLeadership"
  | "resign"
>;

export interface ActiveControllerOptions {
  readonly metadata: ControllerLog;
  /** Undefined in the first moments of a node that is new: nobody can register then. */
  readonly clusterId: () => string | undefined;
  readonly nodeId: BrokerId;
  /** Whether a broker lives in this process. */
  readonly hasBroker: boolean;
  /** The node's own settings; those set at run time are in the image. */
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
  /** Told of who comes to a limit. */
  readonly onLimit: OnLimit;
  /** What the directory was formatted with, for a cluster that has not begun. */
  readonly formatted?: readonly MetadataRecord[];
  /** Throws KafkaError when so many new partitions can't be had, for reasons of this node. */
  readonly checkRoomFor?: (partitions: number) => void;
  /** The addresses of these names, of those that have one. */
  readonly resolveHosts: (names: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Whether nobody listens there, for certain: an answer of the machine that says so. */
  readonly isNobodyAt: (address: NetworkAddress) => Promise<boolean>;
  /** Where controllers come to this one. */
  readonly endpoints: () => readonly VoterEndpoint[];
  readonly describeQuorum: () => QuorumDescription;
  readonly membership: Pick<QuorumMembership, "add" | "remove" | "firstVoters">;
}

/** A broker whose connection ended has so long to be heard of again. */
const GONE_AFTER_MS = 500;
/**
 * After so long, where a broker was is looked whether anybody is there: of those whose connection
 * ended, and of those that a new controller has not heard of. It must not be the end of one that is
 * only slow, and isn't: a process that lives listens.
 */
const LOOK_AFTER_MS = 200;
/** Of its session, a node that led the quorum before has so much left when another one leads. */
const LEAST_SESSION_MS = 2000;
/** Nobody's session ends sooner after another's than is worth a timer. */
const LEAST_FENCING_MS = 10;

/** A broker in one of its lives. */
interface Incarnation {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

type Task = "fencing" | "balance" | "leaderless";

export class ActiveController implements AdminController, NodesController {
  readonly #options: ActiveControllerOptions;
  readonly #controller: Controller;
  readonly #timers = new Map<Task, Timer>();
  /** By which connection each broker was heard of last. */
  readonly #connections = new Map<number, AbortSignal>();
  readonly #graces = new Set<Timer>();
  /** Brokers that were heard of in this reign. */
  readonly #heard = new Set<number>();
  readonly #stopListening: () => void;
  /** The epoch of its reign; undefined while another node's controller is the active one. */
  #reign: number | undefined;
  /** The other node that leads the quorum, or led it last. */
  #otherLeader: number | undefined;
  /** Other nodes that led the quorum, and since when they do not. */
  readonly #formerLeaders = new Map<number, number>();
  /** Why this reign could not begin. */
  #whyNot: Error | undefined;
  #isClosed = false;

  constructor(options: ActiveControllerOptions) {
    this.#options = options;
    const { clusterId, nodeId, hasBroker, config, random, metadata, onLimit } = options;
    this.#controller = new Controller({
      get clusterId() {
        return clusterId() ?? "";
      },
      config,
      random,
      localBrokerId: hasBroker ? nodeId : undefined,
      appliedOffset: () => metadata.image.offset,
      onLimit,
    });
    this.#stopListening = metadata.onLeadership((state) => this.#onLeadership(state));
  }

  /** Whether this node's controller is the active one. */
  get isActive(): boolean {
    return this.#reign !== undefined && !this.#isClosed;
  }

  /** Looks after nothing any more; calls are refused. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#abdicate();
  }

  #onLeadership({ epoch, isLeader, leaderId }: Leadership): void {
    this.#noteLeader(leaderId);
    if (this.#reign === epoch && isLeader) return;
    if (this.#reign !== undefined) this.#abdicate();
    if (!isLeader) return;
    const { metadata, clock, formatted, log } = this.#options;
    this.#reign = epoch;
    this.#controller.reset(metadata.image, clock.monotonic(), this.#silentSince());
    log("info", "controller active", { epoch });
    this.#begin(formatted);
    this.#look();
    this.#grace(LOOK_AFTER_MS, () => this.#lookForUnheard());
  }

  #noteLeader(leaderId: number | undefined): void {
    const { nodeId, clock } = this.#options;
    const before = this.#otherLeader;
    if (before !== undefined && before !== leaderId && !this.#formerLeaders.has(before)) {
      this.#formerLeaders.set(before, clock.monotonic());
    }
    if (leaderId === undefined || leaderId === nodeId) return;
    this.#otherLeader = leaderId;
    this.#formerLeaders.delete(leaderId);
  }

  /**
   * Who led the quorum before was not heard of for a fetch timeout, or nobody else would have been
   * elected; one that lives is heard of at once. So a part of its session has run, half of it at
   * least, all but a moment if the election took so long: a node that was both the controller and a
   * leader, and hangs, is fenced within a session timeout of its last word.
   */
  #silentSince(): Map<number, number> {
    const { clock, config } = this.#options;
    const now = clock.monotonic();
    const timeoutMs = config.get("broker.session.timeout.ms");
    const fetchTimeoutMs = config.get("controller.quorum.fetch.timeout.ms");
    const earliest = now - timeoutMs + Math.min(LEAST_SESSION_MS, timeoutMs / 2);
    const since = (leftAt: number) =>
      Math.max(earliest, Math.min(leftAt - fetchTimeoutMs, now - timeoutMs / 2));
    const known = [...this.#formerLeaders].filter(([id, leftAt]) =>
      // One that left earlier was heard of since, by another controller.
      id === this.#otherLeader || now - leftAt < timeoutMs
    );
    return new Map(known.map(([id, leftAt]) => [id, since(leftAt)]));
  }

  /**
   * Whoever decides next stands on these records, and waits for them. Where they can't be written
   * (the disk is full), nothing can be decided: another node may, in a lone one requests are refused.
   */
  #begin(formatted: readonly MetadataRecord[] | undefined): void {
    const { metadata, log } = this.#options;
    try {
      this.#attend(this.#write(this.#controller.begin(formatted)));
    } catch (error) {
      log("error", "controller cannot begin", { error: `${error}` });
      this.#whyNot = error as Error;
      metadata.resign();
    }
  }

  #abdicate(): void {
    if (this.#reign !== undefined) {
      this.#options.log("info", "controller no longer active", { epoch: this.#reign });
    }
    this.#reign = undefined;
    this.#whyNot = undefined;
    for (const timer of [...this.#timers.values(), ...this.#graces]) timer.cancel();
    this.#timers.clear();
    this.#graces.clear();
    this.#connections.clear();
    this.#heard.clear();
  }

  registerBroker(request: BrokerRegistrationRequest) {
    return this.#register(request, false);
  }

  /** Of the broker in this process. */
  registerLocalBroker(request: BrokerRegistrationRequest) {
    return this.#register(request, true);
  }

  #register(request: BrokerRegistrationRequest, isLocal: boolean) {
    const { clock, metadata } = this.#options;
    return this.#submit((controller) => {
      const now = clock.monotonic();
      return controller.registerBroker(request, { now, nextOffset: metadata.endOffset, isLocal });
    });
  }

  heartbeat(request: BrokerHeartbeatRequest, connection?: AbortSignal) {
    const { clock } = this.#options;
    return this.#submit((controller) => {
      const decision = controller.heartbeat(request, clock.monotonic());
      if (decision.response.errorCode === 0) this.#heardOf(request, connection);
      return decision;
    });
  }

  alterPartition(request: AlterPartitionRequest, version: number) {
    return this.#submit((controller) => controller.alterPartition(request, version));
  }

  assignReplicas(request: AssignReplicasToDirsRequest) {
    return this.#submit((controller) => controller.assignReplicas(request));
  }

  allocateIds(request: AllocateProducerIdsRequest) {
    return this.#submit((controller) => controller.allocateProducerIds(request));
  }

  registerController(request: ControllerRegistrationRequest) {
    return this.#submit((controller) => controller.registerController(request));
  }

  createTopics(request: CreateTopicsRequest, _asker?: Asker, quota?: MutationQuota) {
    return this.#submit((controller) => controller.createTopics(request, this.#withRoom(quota)));
  }

  /** Asked for by the broker beside it, or one of that broker's clients. */
  autoCreateTopics(names: readonly string[], quota?: MutationQuota) {
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
   * metadata only. Apache Kafka makes it there, and loses the log directory over it. Where there
   * are several brokers, nobody knows the others' room.
   */
  #withRoom(quota: MutationQuota | undefined): MutationQuota {
    let wanted = 0;
    const isAlone = this.#controller.image.brokers.size === 1;
    return {
      take: (partitions) => {
        if (isAlone) this.#options.checkRoomFor?.(wanted + partitions);
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

  async updateFeatures(request: UpdateFeaturesRequest, { version }: Asker) {
    const { metadata, nodeId, membership } = this.#options;
    const voters = membership.firstVoters();
    let kraftVersion: number | undefined;
    const response = await this.#submit((controller) => {
      const decision = controller.updateFeatures(request, version, {
        nodeId,
        kraftVersion: metadata.quorum.kraftVersion,
        whyNotKraftVersion1: typeof voters === "string" ? voters : undefined,
      });
      kraftVersion = decision.kraftVersion;
      return decision;
    });
    if (kraftVersion !== undefined && typeof voters !== "string") {
      await metadata.writeVoters(voters);
    }
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

  async addRaftVoter(request: AddRaftVoterRequest) {
    return await this.#options.membership.add(request);
  }

  async removeRaftVoter(request: RemoveRaftVoterRequest) {
    return await this.#options.membership.remove(request);
  }

  get kraftVersion(): number {
    return this.#options.metadata.quorum.kraftVersion;
  }

  // deno-lint-ignore require-await -- what is refused is refused by the promise
  async describeQuorum(): Promise<QuorumDescription> {
    this.#checkActive();
    return this.#options.describeQuorum();
  }

  /**
   * Decides, appends and replays in one turn; answers once committed. An answer without records of
   * its own may stand on another's that are still under way ("it exists already"), and waits for
   * those.
   */
  async #submit<Response>(
    decide: (controller: Controller) => Decision<Response>,
  ): Promise<Response> {
    this.#checkActive();
    const { records, response } = decide(this.#controller);
    await this.#write(records);
    return response;
  }

  #checkActive(): void {
    if (!this.isActive) throw new KafkaError("NOT_CONTROLLER");
    if (this.#whyNot) throw this.#whyNot;
  }

  #write(records: readonly MetadataRecord[]): Promise<unknown> {
    const { metadata } = this.#options;
    if (records.length === 0) return metadata.whenCommitted(metadata.endOffset);
    const baseOffset = metadata.endOffset;
    const committed = metadata.append(records);
    const delta = this.#controller.replay(records, baseOffset, metadata.epoch);
    if (delta.brokers.size > 0) this.#look();
    return committed;
  }

  /** What nobody waits for: it is tried again when its time comes, or by the next leader. */
  async #attend(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (this.isActive) this.#options.log("warn", "controller", { error: `${error}` });
    }
  }

  /** Plans what is to be looked after, as far as there is something and it is not planned yet. */
  #look(): void {
    if (!this.isActive) return;
    const { config } = this.#controller;
    this.#plan("fencing", this.#msToSilence(), () => this.#fenceSilent());
    const electLeaderless = () => this.#elect(() => this.#controller.electLeaderless());
    const leaderlessMs = config.get("unclean.leader.election.interval.ms");
    this.#plan("leaderless", leaderlessMs, electLeaderless);
    const intervalMs = config.get("leader.imbalance.check.interval.seconds") * 1000;
    const isBalanced = config.get("auto.leader.rebalance.enable") &&
      this.#controller.image.brokers.size > 1;
    const balance = () => this.#elect(() => this.#controller.balanceLeaders());
    this.#plan("balance", isBalanced ? intervalMs : undefined, balance);
  }

  #plan(task: Task, ms: number | undefined, run: () => Promise<void>): void {
    if (ms === undefined || this.#timers.has(task)) return;
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(task);
      this.#attend(run());
      this.#look();
    });
    this.#timers.set(task, timer);
  }

  #msToSilence(): number | undefined {
    const now = this.#options.clock.monotonic();
    const at = this.#controller.nextSilenceAt();
    return at === undefined ? undefined : Math.max(LEAST_FENCING_MS, at - now);
  }

  /** One after the other, so that each one's partitions can go to those that are left. */
  async #fenceSilent(): Promise<void> {
    const { clock, log } = this.#options;
    for (let left = this.#controller.image.brokers.size; left > 0; left--) {
      const silent = this.#controller.fenceSilentBroker(clock.monotonic());
      if (silent === undefined) return;
      log("warn", "broker fenced", { broker: silent.brokerId, why: "not heard of" });
      await this.#write(silent.records);
      if (!this.isActive) return;
    }
  }

  async #elect(round: () => ElectionRound): Promise<void> {
    const { log } = this.#options;
    for (let isFull = true; isFull && this.isActive;) {
      const elected = round();
      if (elected.records.length === 0) return;
      log("info", "leaders elected", { partitions: elected.records.length });
      isFull = elected.isFull;
      await this.#write(elected.records);
    }
  }

  /**
   * The end of a process ends its connections at once, long before its session is over; a link that
   * was cut does not tell. A broker that only lost its connection makes another one right away.
   */
  #heardOf({ brokerId, brokerEpoch }: BrokerHeartbeatRequest, connection?: AbortSignal): void {
    this.#heard.add(brokerId);
    if (connection === undefined || this.#connections.get(brokerId) === connection) return;
    this.#connections.set(brokerId, connection);
    const isLast = () => this.#connections.get(brokerId) === connection;
    connection.addEventListener("abort", () => {
      if (!this.isActive || !isLast()) return;
      this.#grace(LOOK_AFTER_MS, () => {
        this.#attend(this.#fenceIfNobody({ brokerId, brokerEpoch }, isLast));
      });
      this.#grace(GONE_AFTER_MS, () => {
        if (!isLast()) return;
        this.#attend(this.#fenceGone({ brokerId, brokerEpoch }, "its connection ended"));
      });
    }, { once: true });
  }

  /**
   * A new controller has heard of nobody, and gives each broker a full session. Those that live come
   * at once; of the others, one whose process is gone is told from one that can't be reached.
   */
  #lookForUnheard(): void {
    for (const { brokerId, brokerEpoch, fenced } of this.#controller.image.brokers.values()) {
      const isOurs = this.#options.hasBroker && brokerId === this.#options.nodeId;
      const isUnheard = () => !this.#heard.has(brokerId);
      if (fenced || isOurs || !isUnheard()) continue;
      this.#attend(this.#fenceIfNobody({ brokerId, brokerEpoch }, isUnheard));
    }
  }

  async #fenceIfNobody(broker: Incarnation, isSilent: () => boolean): Promise<void> {
    const reign = this.#reign;
    const [at] = this.#controller.image.brokers.get(broker.brokerId)?.endPoints ?? [];
    if (at === undefined || !isSilent() || !await this.#options.isNobodyAt(at)) return;
    if (this.#reign === reign && isSilent()) await this.#fenceGone(broker, "nobody listens there");
  }

  async #fenceGone(broker: Incarnation, why: string): Promise<void> {
    if (!this.isActive) return;
    const records = this.#controller.fenceLost(broker);
    if (records.length === 0) return;
    this.#options.log("warn", "broker fenced", { broker: broker.brokerId, why });
    await this.#write(records);
  }

  /** Something to do in this reign, a moment later. */
  #grace(ms: number, run: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#graces.delete(timer);
      run();
    });
    this.#graces.add(timer);
  }
}
