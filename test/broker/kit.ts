/**
 * A whole broker in memory, without sockets: requests go in as bytes and answers come out as bytes,
 * through the same codec and the same handler as on the wire. The cluster around it is one image
 * that the test edits, and the controller behind it the real one, whose records are committed at
 * once.
 */
import {
  brokerId,
  type LogFields,
  Loggers,
  type TopicId,
  topicId,
  type TopicPartition,
} from "../../src/base/mod.ts";
import { Broker, type ControllerClient } from "../../src/broker/mod.ts";
import { Controller, type Decision } from "../../src/controller/mod.ts";
import { ByteReader, ByteWriter, randomUuid } from "../../src/bytes/mod.ts";
import { BrokerConfig } from "../../src/config/mod.ts";
import { type LogDirectories, openLogDirectories } from "../../src/log/mod.ts";
import { MetadataImage, metadataRecord } from "../../src/metadata/mod.ts";
import { Metrics } from "../../src/metrics/mod.ts";
import { type Answer, type ConnectionInfo, Request } from "../../src/net/mod.ts";
import { memoryPlatform } from "../../src/platform/memory/mod.ts";
import {
  apiByKey,
  decodeMessage,
  encodeMessage,
  type InputOf,
  KafkaError,
  type Message,
  type MetadataRecord,
  type ValueOf,
} from "../../src/protocol/mod.ts";
import { encodeBatch } from "../../src/records/mod.ts";
import { Replicas } from "../../src/replication/mod.ts";

export const NODE = brokerId(1);
const CLUSTER = "testClusterOfOneAAAAAA";

export interface TestBrokerOptions {
  readonly settings?: Record<string, string>;
  readonly platform?: ReturnType<typeof memoryPlatform>;
}

export class TestBroker {
  readonly platform: ReturnType<typeof memoryPlatform>;
  readonly broker: Broker;
  readonly replicas: Replicas;
  readonly directory: LogDirectories;
  /** Lines of the log above debug. */
  readonly lines: { event: string; fields: LogFields }[] = [];
  readonly metrics = new Metrics();
  image = MetadataImage.empty;
  config: BrokerConfig;
  #correlationId = 0;
  readonly #controller: Controller;

  static async start(options: TestBrokerOptions = {}): Promise<TestBroker> {
    const platform = options.platform ?? memoryPlatform();
    const settings = {
      "group.initial.rebalance.delay.ms": "0",
      "offsets.topic.num.partitions": "4",
      ...options.settings,
    };
    const config = BrokerConfig.from(new Map(Object.entries(settings)));
    const directory = await openLogDirectories({
      ...platform,
      paths: ["/data"],
      nodeId: NODE,
      clusterId: CLUSTER,
      brokerConfig: config,
      log: () => {},
    });
    return new TestBroker(platform, directory, config);
  }

  constructor(
    platform: ReturnType<typeof memoryPlatform>,
    directory: LogDirectories,
    config: BrokerConfig,
  ) {
    this.platform = platform;
    this.directory = directory;
    this.config = config;
    const log = (level: string, event: string, fields: LogFields = {}) => {
      if (level !== "debug") this.lines.push({ event, fields });
    };
    const { clock, random } = platform;
    this.#controller = new Controller({ clusterId: CLUSTER, config, random });
    this.replicas = new Replicas({
      nodeId: NODE,
      directories: directory,
      clock,
      config: () => this.config,
      log,
    });
    this.apply([
      metadataRecord("RegisterBrokerRecord", 4, {
        brokerId: NODE,
        brokerEpoch: 1,
        fenced: false,
        endPoints: [{ name: "PLAINTEXT", host: "broker.test", port: 9092 }],
        rack: null,
      }),
    ]);
    this.broker = new Broker({
      nodeId: NODE,
      clusterId: CLUSTER,
      config: () => this.config,
      clock,
      random,
      log,
      loggers: new Loggers(log),
      image: () => this.image,
      controller: this.#controllerClient(),
      replicas: this.replicas,
      metrics: this.metrics,
    });
  }

  /** Commits records of metadata: image and partitions follow. */
  apply(records: MetadataRecord[]): void {
    this.#controller.replay(records, this.image.offset + 1, 1);
    const position = { offset: this.image.offset + records.length, epoch: 1 };
    const { image, delta } = this.image.apply(records, position);
    this.image = image;
    this.replicas.apply(image, delta);
  }

  createTopic(
    name: string,
    { partitions = 1, configs = {}, leader = NODE as number }: {
      partitions?: number;
      configs?: Record<string, string>;
      leader?: number;
    } = {},
  ): TopicId {
    const id = topicId(randomUuid(this.platform.random));
    this.apply([
      metadataRecord("TopicRecord", 0, { name, topicId: id }),
      ...Object.entries(configs).map(([key, value]) =>
        metadataRecord("ConfigRecord", 0, { resourceType: 2, resourceName: name, name: key, value })
      ),
      ...Array.from(
        { length: partitions },
        (_, partitionId) =>
          metadataRecord("PartitionRecord", 2, {
            partitionId,
            topicId: id,
            replicas: [leader],
            isr: [leader],
            leader,
            leaderEpoch: 0,
            partitionEpoch: 0,
          }),
      ),
    ]);
    return id;
  }

  removeTopic(name: string): void {
    this.apply([metadataRecord("RemoveTopicRecord", 0, { topicId: this.image.topicIdOf(name)! })]);
  }

  /** Where a partition's log ends and what of it is committed. */
  offsetsOf({ topic, partition }: TopicPartition) {
    const replica = this.replicas.get(topic, partition)!;
    const { logStartOffset, highWatermark, logEndOffset } = replica;
    return { logStartOffset, highWatermark, logEndOffset };
  }

  /**
   * Sends a request and decodes the answer. Throws when there is none, or when the broker hangs up.
   */
  async ask<Q extends Message, R extends Message>(
    [request, response]: readonly [Q, R],
    version: number,
    body: InputOf<Q>,
    options: AskOptions = {},
  ): Promise<ValueOf<R>> {
    const writer = new ByteWriter();
    encodeMessage(request, body, version, writer);
    const answer = await this.raw(request.apiKey!, version, writer.finish().slice(), options);
    if (typeof answer !== "function") throw new Error(`no answer: ${JSON.stringify(answer)}`);
    const out = new ByteWriter();
    answer(out);
    const reader = new ByteReader(out.finish());
    const decoded = decodeMessage(response, reader, version);
    if (reader.remaining > 0) throw new Error(`${reader.remaining} bytes behind the answer`);
    return decoded;
  }

  /** Sends bytes as a request's body. */
  raw(
    apiKey: number,
    apiVersion: number,
    body: Uint8Array,
    { clientId = "test", isUnknownVersion, ...options }: AskOptions = {},
  ): Answer | Promise<Answer> {
    const connection = options.connection ?? connectionOf(options.signal);
    const request = new Request({
      apiKey,
      apiVersion,
      correlationId: ++this.#correlationId,
      clientId,
      sizeBytes: body.length,
      reader: new ByteReader(body),
      connection,
      receivedAt: this.platform.clock.monotonic(),
      responseRoom: () => 256 * 1024 * 1024,
      onRelease: () => {},
    }, isUnknownVersion);
    return this.broker.handler.handle(request);
  }

  async close(): Promise<void> {
    this.broker.close();
    this.replicas.close();
    await this.directory.close();
  }

  /** Decides, replays, commits and applies in one go: a quorum of one without a log. */
  #controllerClient(): ControllerClient {
    const submit = async <T>(decide: (controller: Controller) => Decision<T>): Promise<T> => {
      const { records, response } = decide(this.#controller);
      if (records.length > 0) this.apply(records);
      return await Promise.resolve(response);
    };
    return {
      createTopics: (request, _asker, quota) =>
        submit((controller) => controller.createTopics(request, quota)),
      autoCreateTopics: (names, _asker, quota) =>
        submit((controller) => controller.autoCreateTopics(names, quota)),
      deleteTopics: (request, { version }, quota) =>
        submit((controller) => controller.deleteTopics(request, version, quota)),
      createPartitions: (request, _asker, quota) =>
        submit((controller) => controller.createPartitions(request, quota)),
      incrementalAlterConfigs: (request) =>
        submit((controller) => controller.incrementalAlterConfigs(request)),
      alterConfigs: (request) => submit((controller) => controller.alterConfigs(request)),
      alterClientQuotas: (request) =>
        submit((controller) => controller.alterClientQuotas(request, () => false)),
      alterUserScramCredentials: (request) =>
        submit((controller) => controller.alterUserScramCredentials(request)),
      allocateProducerIds: async () => {
        const request = { brokerId: NODE, brokerEpoch: 1 };
        const block = await submit((controller) => controller.allocateProducerIds(request));
        return { start: block.producerIdStart, length: block.producerIdLen };
      },
      updateFeatures: (request, { version }) =>
        submit((controller) =>
          controller.updateFeatures(request, version, { nodeId: NODE, kraftVersion: 0 })
        ),
      electLeaders: (request) => submit((controller) => controller.electLeaders(request)),
      alterPartitionReassignments: (request) =>
        submit((controller) => controller.alterPartitionReassignments(request)),
      unregisterBroker: (request) => submit((controller) => controller.unregisterBroker(request)),
      addRaftVoter: () => Promise.reject(new KafkaError("UNSUPPORTED_VERSION")),
      removeRaftVoter: () => Promise.reject(new KafkaError("UNSUPPORTED_VERSION")),
      kraftVersion: 0,
      describeQuorum: () => {
        const end = this.image.offset + 1;
        const now = this.platform.clock.now();
        const times = { lastFetchTimestamp: now, lastCaughtUpTimestamp: now };
        return Promise.resolve({
          leaderId: NODE,
          leaderEpoch: 1,
          highWatermark: end,
          voters: [{ id: NODE, directoryId: undefined, logEndOffset: end, ...times }],
          observers: [],
          nodes: [{ id: NODE, endpoints: [] }],
        });
      },
    };
  }
}

export interface AskOptions {
  readonly clientId?: string;
  /** Default: one of its own. */
  readonly connection?: ConnectionInfo;
  readonly signal?: AbortSignal;
  readonly isUnknownVersion?: boolean;
}

export const connectionOf = (signal = new AbortController().signal): ConnectionInfo => ({
  id: 1,
  listener: "PLAINTEXT",
  remoteHost: "127.0.0.1",
  remotePort: 50_000,
  signal,
  softwareName: "",
  softwareVersion: "",
});

/** Every version of an API that the broker serves. */
export function versionsOf(broker: TestBroker, apiKey: number): number[] {
  const [min, max] = broker.broker.handler.versions(apiKey)!;
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}

/** The declared messages of an API. */
export function messagesOf(apiKey: number): readonly [Message, Message] {
  const { request, response } = apiByKey(apiKey)!;
  return [request, response];
}

/** A batch of records with these values, as a producer sends it. */
export const batchOf = (
  values: readonly string[],
  options: Partial<Parameters<typeof encodeBatch>[1]> & { timestamp?: number } = {},
): Uint8Array => {
  const { timestamp = Date.UTC(2026, 0, 1), ...rest } = options;
  const records = values.map((value) => ({ key: null, value: encode(value), timestamp }));
  return encodeBatch(records, rest);
};

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
export const decode = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : new TextDecoder().decode(bytes);
