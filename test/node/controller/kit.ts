/** A metadata log in memory that commits when a test says so, and a controller on top of it. */
import { assert, brokerId, noLog, type Offset } from "../../../src/base/mod.ts";
import { BrokerConfig } from "../../../src/config/mod.ts";
import { SUPPORTED_FEATURES } from "../../../src/controller/mod.ts";
import { MetadataImage } from "../../../src/metadata/mod.ts";
import { ActiveController, type ControllerLog } from "../../../src/node/active_controller.ts";
import type { CommitListener, Leadership } from "../../../src/node/metadata_log.ts";
import { STATIC_VOTERS } from "../../../src/node/quorum_voters.ts";
import { SeededRandom, SimulatedClock } from "../../../src/platform/memory/mod.ts";
import type { NetworkAddress } from "../../../src/platform/mod.ts";
import {
  BrokerHeartbeatRequest,
  BrokerRegistrationRequest,
  CreateTopicsRequest,
  IncrementalAlterConfigsRequest,
  type InputOf,
  KafkaError,
  type MetadataRecord,
  RESOURCE,
  withDefaults,
} from "../../../src/protocol/mod.ts";

export const CLUSTER = "Ck9wZW5TdHJlYW1lckE0Zw";
export const uuidOf = (kind: string, n: number): string => `${kind}${n}`.padEnd(21, "x") + "A";

interface Waiter {
  readonly offset: Offset;
  readonly resolve: (offset: Offset) => void;
  readonly reject: (error: Error) => void;
}

export class FakeLog implements ControllerLog {
  image = MetadataImage.empty;
  endOffset: Offset = 0;
  epoch = 0;
  leaderId: number | undefined;
  readonly quorum = STATIC_VOTERS;
  /** Whether what is appended is committed at once. */
  commits = true;
  /** Thrown by the next append. */
  refusal: Error | undefined;
  hasResigned = false;
  #isLeader = false;
  #batches: { baseOffset: Offset; records: readonly MetadataRecord[] }[] = [];
  #waiters: Waiter[] = [];
  readonly #leadershipListeners = new Set<(state: Leadership) => void>();
  readonly #commitListeners = new Set<CommitListener>();

  lead(nodeId: number): void {
    this.#tell(this.epoch + 1, nodeId, true);
  }

  /** Another node leads, or nobody; what was not committed is gone. */
  follow(leaderId?: number): void {
    this.#batches = [];
    this.endOffset = this.image.offset + 1;
    for (const { reject } of this.#waiters.splice(0)) reject(new KafkaError("NOT_CONTROLLER"));
    this.#tell(this.epoch + 1, leaderId, false);
  }

  #tell(epoch: number, leaderId: number | undefined, isLeader: boolean): void {
    Object.assign(this, { epoch, leaderId });
    this.#isLeader = isLeader;
    for (const listener of [...this.#leadershipListeners]) listener({ epoch, leaderId, isLeader });
  }

  append(records: readonly MetadataRecord[]): Promise<Offset> {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) throw refusal;
    assert(this.#isLeader, "only a leader appends");
    this.#batches.push({ baseOffset: this.endOffset, records });
    this.endOffset += records.length;
    const committed = this.whenCommitted(this.endOffset);
    if (this.commits) this.commit();
    return committed;
  }

  commit(): void {
    for (const { baseOffset, records } of this.#batches.splice(0)) {
      this.apply(records, baseOffset);
    }
  }

  /** Records that are committed, by whomever. */
  apply(records: readonly MetadataRecord[], baseOffset = this.endOffset): void {
    this.endOffset = Math.max(this.endOffset, baseOffset + records.length);
    const at = { offset: baseOffset + records.length - 1, epoch: this.epoch };
    const { image, delta } = this.image.apply(records, at);
    this.image = image;
    for (const listener of [...this.#commitListeners]) listener(image, delta, at.offset);
    const done = this.#waiters.filter(({ offset }) => offset <= image.offset);
    this.#waiters = this.#waiters.filter(({ offset }) => offset > image.offset);
    for (const { resolve, offset } of done) resolve(offset);
  }

  whenCommitted(endOffset: Offset): Promise<Offset> {
    const offset = endOffset - 1;
    if (this.image.offset >= offset) return Promise.resolve(offset);
    return new Promise((resolve, reject) => this.#waiters.push({ offset, resolve, reject }));
  }

  writeVoters(): Promise<void> {
    return Promise.reject(new Error("nobody asks for this"));
  }

  onLeadership(listener: (state: Leadership) => void): () => void {
    this.#leadershipListeners.add(listener);
    listener({ epoch: this.epoch, leaderId: this.leaderId, isLeader: this.#isLeader });
    return () => this.#leadershipListeners.delete(listener);
  }

  onCommitted(listener: CommitListener): () => void {
    this.#commitListeners.add(listener);
    return () => this.#commitListeners.delete(listener);
  }

  resign(): void {
    this.hasResigned = true;
  }
}

export class Reign {
  readonly clock = new SimulatedClock();
  readonly log = new FakeLog();
  readonly controller: ActiveController;
  /** Ports at which nobody listens. */
  readonly refusing = new Set<number>();

  constructor({ hasBroker = false, settings = {} }: {
    hasBroker?: boolean;
    settings?: Record<string, string>;
  } = {}) {
    this.controller = new ActiveController({
      metadata: this.log,
      clusterId: () => CLUSTER,
      nodeId: brokerId(1),
      hasBroker,
      config: BrokerConfig.from(new Map(Object.entries(settings))),
      clock: this.clock,
      random: new SeededRandom(7),
      log: noLog,
      onLimit: () => {},
      resolveHosts: () => Promise.resolve(new Map()),
      isNobodyAt: ({ port }: NetworkAddress) => Promise.resolve(this.refusing.has(port)),
      endpoints: () => [],
      describeQuorum: () => {
        throw new Error("nobody asks for this");
      },
      membership: {
        add: () => Promise.reject(new Error("nobody asks for this")),
        remove: () => Promise.reject(new Error("nobody asks for this")),
        firstVoters: () => "nobody asks for this",
      },
    });
  }

  registration(id: number, fields: InputOf<typeof BrokerRegistrationRequest> = {}) {
    return withDefaults(BrokerRegistrationRequest, {
      brokerId: id,
      clusterId: CLUSTER,
      incarnationId: uuidOf("incarnation", id),
      listeners: [{ name: "PLAINTEXT", host: "127.0.0.1", port: 9000 + id }],
      features: SUPPORTED_FEATURES.map((feature) => ({ ...feature })),
      rack: null,
      logDirs: [uuidOf("dir", id)],
      ...fields,
    });
  }

  epochOf = (id: number): number => this.log.image.brokers.get(id)!.brokerEpoch;
  isFenced = (id: number): boolean => this.log.image.brokers.get(id)!.fenced;

  beat(
    id: number,
    connection?: AbortSignal,
    fields: InputOf<typeof BrokerHeartbeatRequest> = {},
  ) {
    return this.controller.heartbeat(
      withDefaults(BrokerHeartbeatRequest, {
        brokerId: id,
        brokerEpoch: this.epochOf(id),
        currentMetadataOffset: this.log.image.offset,
        ...fields,
      }),
      connection,
    );
  }

  /** Registered and unfenced. */
  async join(id: number, connection?: AbortSignal): Promise<void> {
    await this.controller.registerBroker(this.registration(id));
    await this.beat(id, connection);
  }

  /** One partition for each list of brokers, the leader first. */
  async createTopic(name: string, ...replicas: number[][]): Promise<void> {
    await this.controller.createTopics(withDefaults(CreateTopicsRequest, {
      topics: [{
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      }],
    }));
  }

  async set(topic: string, name: string, value: string): Promise<void> {
    await this.controller.incrementalAlterConfigs(withDefaults(IncrementalAlterConfigsRequest, {
      resources: [{
        resourceType: RESOURCE.topic,
        resourceName: topic,
        configs: [{ name, configOperation: 0, value }],
      }],
    }));
  }

  leaders(topic: string): number[] {
    return this.log.image.topicByName(topic)!.partitions.map(({ leader }) => leader);
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceAndSettle(ms);
  }
}
