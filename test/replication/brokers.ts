/**
 * A cluster of brokers in memory: real disks that lose what was not synced, real partitions, the
 * APIs by which followers fetch, and the real controller, whose records commit at once and reach
 * each broker when the test wants it. Between brokers lies a network with delays, in which links can
 * be cut. Everything is drawn from one seed, and time passes when it is told to.
 */
import { SimulatedClock } from "../../src/platform/memory/mod.ts";
import { SeededRandom } from "../../src/platform/memory/mod.ts";
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  FetchRequest,
  FetchResponse,
  type InputOf,
  ListOffsetsRequest,
  ListOffsetsResponse,
  type Message,
  type MetadataRecord,
  ProduceRequest,
  ProduceResponse,
  type ValueOf,
} from "../../src/protocol/mod.ts";
import { errorName } from "../../src/protocol/mod.ts";
import {
  previousBrokerEpochOf,
  type Replica,
  type ReplicaPeer,
} from "../../src/replication/mod.ts";
import { TestCluster, uuidOf } from "../controller/kit.ts";
import { batch, NOW, readAll } from "../log/kit.ts";
import { Member } from "./member.ts";

export interface BrokersOptions {
  readonly count?: number;
  readonly seed?: number;
  readonly settings?: Record<string, string>;
  readonly racks?: readonly string[];
  readonly paths?: readonly string[];
  /** How long a message is on its way. Default: a millisecond. */
  readonly latencyMs?: (random: SeededRandom) => number;
  /** How long it takes until a broker knows of a change of the metadata. Default: no time. */
  readonly metadataMs?: (random: SeededRandom) => number;
  /** How long a device takes for a sync. Default: no time. */
  readonly syncMs?: (random: SeededRandom, id: number) => number;
}

export class Brokers {
  readonly clock = new SimulatedClock(NOW);
  readonly random: SeededRandom;
  readonly cluster: TestCluster;
  readonly members = new Map<number, Member>();
  readonly #options: BrokersOptions;
  /** `from>to` of links that let nothing through. */
  readonly #cut = new Set<string>();
  readonly #metadata = new Map<number, { lastAt: number }>();
  #incarnations = 0;
  /** Of AlterPartition, each as it came to the controller. */
  readonly proposals: { brokerId: number; isr: number[]; error: string }[] = [];
  /** The controller can't be reached while this is so. */
  isControllerAway = false;

  static async start(options: BrokersOptions = {}): Promise<Brokers> {
    const brokers = new Brokers(options);
    for (const id of brokers.ids) await brokers.settle(brokers.startMember(id));
    return brokers;
  }

  constructor(options: BrokersOptions) {
    this.#options = options;
    const { seed = 1, count = 3, settings = {}, paths } = options;
    this.random = new SeededRandom(seed);
    this.cluster = new TestCluster(settings);
    const append = this.cluster.append.bind(this.cluster);
    this.cluster.append = (records) => {
      append(records);
      if (records.length > 0) this.#publish(records, this.cluster.nextOffset - 1);
    };
    for (let id = 1; id <= count; id++) {
      const member = new Member({
        id,
        seed,
        clock: this.clock,
        settings,
        paths,
        peers: { open: (to) => this.#open(id, to) },
        alterPartition: (request) => this.#alterPartition(id, request),
        syncTakes: options.syncMs && (() => this.clock.sleep(options.syncMs!(this.random, id))),
      });
      this.members.set(id, member);
    }
  }

  get ids(): number[] {
    return [...this.members.keys()];
  }

  get image() {
    return this.cluster.image;
  }

  member(id: number): Member {
    return this.members.get(id)!;
  }

  /** A start, after a crash or a stop: registered, all loaded, unfenced. */
  async startMember(id: number): Promise<void> {
    const member = this.member(id);
    await member.open();
    if (this.image.brokers.has(id)) this.fence(id); // nobody waits for the session of its ghost
    this.cluster.now = this.clock.monotonic();
    const { brokerEpoch, errorCode } = this.cluster.register(id, {
      incarnationId: uuidOf("life", ++this.#incarnations),
      rack: this.#options.racks?.[id - 1] ?? null,
      previousBrokerEpoch: previousBrokerEpochOf(member.directories, this.image, member),
      logDirs: member.directories.online().map(({ directoryId }) => directoryId),
      listeners: [{ name: "PLAINTEXT", host: `broker${id}.test`, port: 9092 }],
    });
    if (errorCode !== 0) throw new Error(`${id} is not registered: ${errorName(errorCode)}`);
    this.#metadata.set(id, { lastAt: 0 });
    member.begin(this.image, brokerEpoch);
    this.cluster.heartbeat(id);
  }

  /** Without a word; the controller hears of it when it is told to. */
  crash(id: number, { losesPower = true, isKnown = true } = {}): void {
    this.member(id).crash({ losesPower });
    if (isKnown) this.fence(id);
  }

  fence(id: number, brokerEpoch = this.member(id).brokerEpoch): void {
    this.cluster.append(this.cluster.controller.fenceLost({ brokerId: id, brokerEpoch }));
  }

  unfence(id: number): void {
    this.cluster.heartbeat(id);
  }

  async stop(id: number): Promise<void> {
    this.fence(id);
    await this.member(id).stop();
  }

  createTopic(
    name: string,
    { replicas = this.ids, partitions = 1, configs = {} }: {
      replicas?: readonly number[];
      partitions?: number;
      configs?: Record<string, string>;
    } = {},
  ): void {
    const [{ error }] = this.cluster.create({
      topics: [{
        name,
        numPartitions: -1,
        replicationFactor: -1,
        assignments: Array.from(
          { length: partitions },
          (_, partitionIndex) => ({ partitionIndex, brokerIds: [...replicas] }),
        ),
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      }],
    });
    if (error !== "NONE") throw new Error(`Cannot create ${name}: ${error}`);
  }

  partition(topic: string, partition = 0) {
    return this.image.partition(topic, partition)!;
  }

  replica(id: number, topic: string, partition = 0): Replica {
    return this.member(id).replica(topic, partition);
  }

  cut(a: number, b: number): void {
    this.#cut.add(`${a}>${b}`).add(`${b}>${a}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  /** A producer's request to a broker; the error's name, and where the batch went. */
  async produce(
    id: number,
    topic: string,
    values: readonly string[],
    { acks = -1, timeoutMs = 5000, partition = 0 } = {},
  ): Promise<{ error: string; baseOffset: number }> {
    const { responses } = await this.member(id).ask([ProduceRequest, ProduceResponse], 9, {
      acks,
      timeoutMs,
      transactionalId: null,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch(values) }] }],
    });
    const [{ errorCode, baseOffset }] = responses[0].partitionResponses;
    return { error: errorName(errorCode), baseOffset };
  }

  values(id: number, topic: string, partition = 0): string[] {
    return readAll(this.replica(id, topic, partition).log).map(({ value }) => value);
  }

  /** Time passes, and whoever waits goes on. */
  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) await this.clock.advanceAndSettle(1);
  }

  /** Until it is so; fails after a minute of the cluster's time. */
  async until(what: string, isSo: () => boolean, withinMs = 60_000): Promise<void> {
    for (let i = 0; i < withinMs; i++) {
      if (isSo()) return;
      await this.pass(1);
    }
    throw new Error(`It never came to be: ${what}\n${this.describe()}`);
  }

  /** How things stand, for whoever has to find out what went wrong. */
  describe(): string {
    const lines: string[] = [];
    for (const { name, partitions } of this.image.topics.values()) {
      for (const [index, { leader, leaderEpoch, partitionEpoch, isr }] of partitions.entries()) {
        lines.push(`${name}-${index}: ${leader} leads in ${leaderEpoch}.${partitionEpoch}, ${isr}`);
        for (const { id, isUp, replicas } of this.members.values()) {
          const replica = isUp ? replicas.get(name, index) : undefined;
          const { leaderEpoch, highWatermark, localEndOffset, logEndOffset, log } = replica ?? {};
          lines.push(
            `  ${id}: epoch ${leaderEpoch} (${log?.latestEpoch}), high watermark ${highWatermark}, ` +
              `safe ${localEndOffset}, end ${logEndOffset} ${replica?.offline ?? ""}`,
          );
        }
      }
    }
    for (const { id, lines: told } of this.members.values()) {
      for (const { event, fields } of told.slice(-8)) {
        lines.push(`${id}: ${event} ${JSON.stringify(fields)}`);
      }
    }
    return lines.join("\n");
  }

  /** Resolves with time passing. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const done = promise.finally(() => isSettled = true);
    done.catch(() => {});
    await this.until("an answer", () => isSettled);
    return await done;
  }

  untilInSync(topic: string, isr: readonly number[] = this.ids, partition = 0): Promise<void> {
    const wanted = [...isr].sort().join();
    return this.until(
      `ISR ${wanted} of ${topic}`,
      () => [...this.partition(topic, partition).isr].sort().join() === wanted,
    );
  }

  async close(): Promise<void> {
    for (const member of this.members.values()) if (member.isUp) await this.settle(member.stop());
  }

  /** Each broker hears of the changes in order, each in its own time. */
  #publish(records: readonly MetadataRecord[], offset: number): void {
    for (const [id, queue] of this.#metadata) {
      const member = this.member(id);
      const { life } = member;
      const { metadataMs } = this.#options;
      if (metadataMs === undefined) member.apply(records, offset);
      else {
        const now = this.clock.monotonic();
        queue.lastAt = Math.max(queue.lastAt, now + metadataMs(this.random));
        this.clock.after(queue.lastAt - now, () => {
          if (member.life === life) member.apply(records, offset);
        });
      }
    }
  }

  async #alterPartition(
    from: number,
    request: AlterPartitionRequest,
  ): Promise<AlterPartitionResponse> {
    const { life } = this.member(from);
    await this.#travel();
    if (this.isControllerAway || life.signal.aborted) throw new Error("no controller");
    const answer = this.cluster.commit(this.cluster.controller.alterPartition(request, 3));
    for (const [t, { partitions }] of request.topics.entries()) {
      for (const [p, { newIsrWithEpochs }] of partitions.entries()) {
        const isr = newIsrWithEpochs.map(({ brokerId }) => brokerId);
        const error = errorName(answer.topics[t]?.partitions[p]?.errorCode ?? answer.errorCode);
        this.proposals.push({ brokerId: from, isr, error });
      }
    }
    await this.#travel();
    return answer;
  }

  #travel(): Promise<void> {
    return this.clock.sleep(this.#options.latencyMs?.(this.random) ?? 1);
  }

  #open(from: number, to: number): ReplicaPeer {
    let end = new AbortController();
    const ask = <Q extends Message, R extends Message>(
      messages: readonly [Q, R],
      version: number,
      body: InputOf<Q>,
    ) => this.#ask({ from, to, signal: end.signal }, messages, version, body);
    return {
      fetch: (request) => ask([FetchRequest, FetchResponse], 18, request),
      listOffsets: (request) => ask([ListOffsetsRequest, ListOffsetsResponse], 11, request),
      hangUp: () => {
        end.abort(new Error("hung up"));
        end = new AbortController();
      },
      close: () => end.abort(new Error("closed")),
    };
  }

  /** Rejects when either end goes, or when nothing comes back. */
  async #ask<Q extends Message, R extends Message>(
    { from, to, signal: hungUp }: { from: number; to: number; signal: AbortSignal },
    messages: readonly [Q, R],
    version: number,
    body: InputOf<Q>,
  ): Promise<ValueOf<R>> {
    const there = this.member(to);
    const signal = AbortSignal.any([this.member(from).life.signal, there.life.signal, hungUp]);
    const ended = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => ended.reject(signal.reason), { once: true });
    if (signal.aborted) throw signal.reason;
    const passes = (a: number, b: number) => !this.#cut.has(`${a}>${b}`);
    const exchange = async () => {
      await this.#travel();
      if (!passes(from, to) || !there.isUp) return await this.#silence();
      const answer = await there.ask(messages, version, body, signal);
      await this.#travel();
      return passes(to, from) ? answer : await this.#silence();
    };
    const exchanged = exchange();
    exchanged.catch(() => {});
    return await Promise.race([exchanged, ended.promise]);
  }

  async #silence(): Promise<never> {
    await this.clock.sleep(1000);
    throw new Error("no answer");
  }
}
