/**
 * One of the two brokers (or clusters) that a scenario is played on, with what the scenario needs to
 * be the same on both: topics that are there, and names for what each broker made up by itself (ids
 * of topics, members, producers).
 */
import { equal } from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { encodeBatch, type RecordInput } from "../../src/records/mod.ts";
import { type ApiName, errorName } from "../../src/protocol/mod.ts";
import type { LocalCluster } from "../kit/local_cluster.ts";
import { type AskOptions, RawClient } from "../kit/wire.ts";
import { nameIn } from "./scenario.ts";
import type { StageName } from "./stages/mod.ts";

export const ZERO_ID = "AAAAAAAAAAAAAAAAAAAAAA";
export const MISSING_ID = "MissingMissingMissingA";

const CLIENT_METRICS = 16;
/** Called as scenarios call theirs, so that it is not told where all are listed. */
const BARRIER = "Barrier-00000000-0";

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
export const utf8 = (text: string) => new TextEncoder().encode(text);

/** What topics are made with, when it matters. */
export interface TopicOptions {
  readonly partitions?: number;
  /** Who holds each partition, its preferred leader first; the number of partitions is theirs. */
  readonly replicas?: readonly (readonly number[])[];
  readonly configs?: Record<string, string>;
}

/** What is known of a broker that was started for the scenarios. */
export interface Place {
  /** Where it keeps all its files. */
  readonly folder: string;
  /** The log dirs in there, as its settings name them. */
  readonly logDirs: readonly string[];
  /** Stops it and starts it again; resolves when it listens. */
  restart(): Promise<void>;
  /** The nodes that it is, if it is a cluster. */
  readonly cluster?: LocalCluster;
}

/** Who can be asked. */
export interface Asked {
  ask(api: ApiName, version: number, body: any, options?: AskOptions): Promise<any>;
}

/** What a real client has to have for {@link Side.connected}. */
interface Connectable {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

export class Side {
  readonly host: string;
  readonly port: number;
  readonly #place: Place | undefined;
  /** Ids of topics by name. */
  readonly ids: Map<string, string>;
  readonly #names: Map<string, string>;
  /** The scenario's own name, in {@link scene}. */
  readonly #name: string | undefined;
  /**
   * What this broker made up within one scenario, by its kind, in the order of its first
   * appearance.
   */
  #madeUp = new Map<string, Map<unknown, string>>();
  /** The broker's side, of which this may be one scene. */
  readonly #whole: Side;
  #barrier = 1000;
  #barriers: Promise<void> = Promise.resolve();
  #arranged: Promise<void> = Promise.resolve();
  #clients: RawClient[] = [];
  /** Connections to nodes of a cluster, by port. */
  readonly #byPort = new Map<number, RawClient>();
  #connected: Connectable[] = [];

  constructor(
    { host = "127.0.0.1", port, place, whole, name }: {
      host?: string;
      port: number;
      place?: Place;
      whole?: Side;
      name?: string;
    },
  ) {
    this.host = host;
    this.port = port;
    this.#place = place;
    this.#name = name;
    this.#whole = whole ?? this;
    this.ids = whole?.ids ?? new Map();
    this.#names = whole ? whole.#names : new Map([[ZERO_ID, "-"], [MISSING_ID, "missing"]]);
  }

  /** The same broker for one scenario: with its own connections, and names for what is made up. */
  scene(name: string): Side {
    const { host, port } = this;
    return new Side({ host, port, place: this.#place, whole: this.#whole, name });
  }

  /** Is this a topic or a group that another scenario left? */
  isLeft(name: string): boolean {
    const by = nameIn(name);
    return by !== undefined && by !== this.#name;
  }

  /** The folders of a broker that was started here; a scenario that needs them throws elsewhere. */
  get place(): Place {
    if (this.#place === undefined) throw new Error("this broker's files are not at hand");
    return this.#place;
  }

  /** Stops the broker and starts it again: only on a stage whose other scenarios do not mind. */
  async restart(): Promise<void> {
    await this.hangUp();
    await this.place.restart();
  }

  /** A producer, consumer or admin of kafkajs, connected; it leaves when the scenario ends. */
  async connected<Client extends Connectable>(make: (kafka: Kafka) => Client): Promise<Client> {
    const client = make(
      new Kafka({
        brokers: [`${this.host}:${this.port}`],
        clientId: "judge",
        logLevel: logLevel.NOTHING,
        retry: { initialRetryTime: 20, retries: 5 },
      }),
    );
    await client.connect();
    this.#connected.push(client);
    return client;
  }

  /** A connection of its own, gone when the scenario ends. */
  async client(): Promise<RawClient> {
    const port = this.isCluster ? this.#member(this.running[0]).port : this.port;
    const client = await RawClient.connect(port, this.host);
    this.#clients.push(client);
    return client;
  }

  /** Asks on the scenario's first connection. */
  async ask(api: ApiName, version: number, body: any, options?: AskOptions): Promise<any> {
    const client = this.#clients[0] ?? await this.client();
    return await client.ask(api, version, body, options);
  }

  /** The cluster that this side is; a scenario that needs one throws elsewhere. */
  get cluster(): LocalCluster {
    const { cluster } = this.place;
    if (cluster === undefined) throw new Error("this is no cluster");
    return cluster;
  }

  get isCluster(): boolean {
    return this.#place?.cluster !== undefined;
  }

  /** A node of the cluster; where there is one broker, that. */
  at(id: number): Asked {
    if (!this.isCluster) return this;
    return this.#atPort(() => this.#member(id).port);
  }

  /** A node's listener for controllers and brokers. */
  controllerAt(id: number): Asked {
    return this.#atPort(() => this.#member(id).controllerPort);
  }

  #member(id: number) {
    const member = this.cluster.members.find((each) => each.id === id);
    if (member === undefined) throw new Error(`nobody is node ${id}`);
    return member;
  }

  #atPort(portOf: () => number): Asked {
    return {
      ask: async (api, version, body, options) => {
        const port = portOf();
        const client = this.#byPort.get(port) ?? await RawClient.connect(port, this.host);
        this.#byPort.set(port, client);
        return await client.ask(api, version, body, options);
      },
    };
  }

  /** The nodes that run now; where there is one broker, that. */
  get running(): readonly number[] {
    return this.isCluster ? this.cluster.running.map(({ id }) => id) : [1];
  }

  /** Ends a node politely, or by kill -9. */
  async end(id: number, way: "stop" | "kill"): Promise<void> {
    await this.hangUp();
    await this.cluster.nodes.find((node) => node.id === id)!.end(way);
  }

  /** Has these nodes stopped and all others running, and known to each other. */
  haveStopped(stopped: readonly number[]): Promise<void> {
    // Scenarios that are played together ask for the same, and find it done by the first.
    return this.#arranged = this.#arranged.then(() => this.#arrange(stopped));
  }

  async #arrange(stopped: readonly number[]): Promise<void> {
    const { nodes } = this.cluster;
    if (nodes.every(({ id, isRunning }) => isRunning !== stopped.includes(id))) return;
    for (const id of stopped) if (this.running.includes(id)) await this.end(id, "stop");
    for (const node of nodes) {
      if (!node.isRunning && !stopped.includes(node.id)) node.start();
    }
    await this.untilSettled();
  }

  /** Until all nodes that run tell of just these, and of all replicas there in sync. */
  async untilSettled(): Promise<void> {
    await this.until(async () => {
      const { running } = this;
      for (const id of running) {
        const answer = await this.#tryAsk(id, "Metadata", 12, { topics: null });
        if (answer === undefined || `${idsOf(answer.brokers)}` !== `${running}`) return false;
        const partitions = answer.topics.flatMap(({ partitions }: any) => partitions);
        if (!partitions.every((each: any) => isWhole(each, running))) return false;
      }
      return true;
    }, TRIES_OF_NODES);
    await this.caughtUp();
  }

  /** The answer of a node that may not listen yet. */
  async #tryAsk(id: number, api: ApiName, version: number, body: any): Promise<any> {
    try {
      return await this.at(id).ask(api, version, body);
    } catch {
      const { port } = this.#member(id);
      this.#byPort.get(port)?.[Symbol.dispose]();
      this.#byPort.delete(port);
      return undefined;
    }
  }

  /** What is where, without the number that the machine gave. */
  nameOfPort(port: number): string {
    for (const member of this.isCluster ? this.cluster.members : []) {
      if (member.port === port) return `port of ${member.id}`;
      if (member.controllerPort === port) return `controller port of ${member.id}`;
    }
    return "port";
  }

  /** Ends a scenario: closes its connections. */
  async hangUp(): Promise<void> {
    for (const client of [...this.#clients, ...this.#byPort.values()]) client[Symbol.dispose]();
    this.#clients = [];
    this.#byPort.clear();
    const leaving = this.#connected.map((client) => client.disconnect());
    this.#connected = [];
    await Promise.all(leaving);
  }

  /** Text in which this broker's own folder has the same name on both sides. */
  withoutPlace(text: string): string {
    return this.#place === undefined ? text : text.replaceAll(this.#place.folder, "/folder");
  }

  /** Makes topics and waits until this broker leads them. */
  async topics(wanted: Record<string, TopicOptions>): Promise<void> {
    const topics = Object.entries(wanted).map(([name, options]) => ({
      name,
      ...placedAs(options),
      configs: Object.entries(options.configs ?? {}).map(([name, value]) => ({ name, value })),
    }));
    const answer = await this.ask("CreateTopics", 7, { topics });
    for (const { name, topicId, errorCode, errorMessage } of answer.topics) {
      equal(errorCode, 0, `${name}: ${errorMessage}`);
      this.ids.set(name, topicId);
      this.#names.set(topicId, `id of ${name}`);
    }
    await this.untilLed(Object.keys(wanted));
  }

  /**
   * Until the topics' partitions are served; Apache Kafka tells of them in Metadata a little sooner
   * than that.
   */
  async untilLed(names: string[]): Promise<void> {
    const topics = names.map((name) => ({ name }));
    await this.until(async () => {
      const pictures = new Set<string>();
      for (const id of this.running) {
        const body = { topics, allowAutoTopicCreation: false };
        const answer = await this.at(id).ask("Metadata", 12, body);
        if (answer.topics.some(({ errorCode }: any) => errorCode !== 0)) return false;
        for (const { name, topicId } of answer.topics) {
          this.ids.set(name, topicId);
          this.#names.set(topicId, `id of ${name}`);
        }
        pictures.add(pictureOf(answer.topics));
        if (pictures.size > 1 || !await this.#isLedBy(id, answer.topics)) return false;
      }
      return true;
    });
  }

  /** Does the node serve all that it leads of these, and have all who are there in sync? */
  async #isLedBy(id: number, told: any[]): Promise<boolean> {
    const { running } = this;
    const isMine = ({ leaderId }: any) => !this.isCluster || leaderId === id;
    const topics = told.map(({ name, partitions }) => ({
      name,
      partitions: partitions.filter(isMine).map(({ partitionIndex }: any) => ({
        partitionIndex,
        timestamp: -1,
      })),
    }));
    const partitions = told.flatMap((each) => each.partitions);
    if (this.isCluster && !partitions.every((each) => isWhole(each, running))) return false;
    const listed = await this.at(id).ask("ListOffsets", 7, { replicaId: -1, topics });
    return listed.topics
      .flatMap((each: any) => each.partitions)
      .every(({ errorCode }: any) => errorCode === 0);
  }

  /**
   * Until what was altered shows everywhere: Apache Kafka answers when it is decided, and replays
   * it a moment later. So the same is done once more to something else, until that shows.
   */
  caughtUp(): Promise<void> {
    // One after the other: who waits for one value must not have it taken for another.
    const whole = this.#whole;
    const mine = whole.#barriers.then(() => this.#untilBarrier());
    whole.#barriers = mine.catch(() => {});
    return mine;
  }

  async #untilBarrier(): Promise<void> {
    const resource = { resourceType: CLIENT_METRICS, resourceName: BARRIER };
    const value = `${this.#whole.#barrier += 100}`;
    const configs = [
      { name: "match", configOperation: 0, value: "client_id=nobody-at-all" }, // it counts for no client
      { name: "interval.ms", configOperation: 0, value },
    ];
    const body = { resources: [{ ...resource, configs }] };
    const { responses: [{ errorCode, errorMessage }] } = await this.ask(
      "IncrementalAlterConfigs",
      1,
      body,
    );
    equal(errorCode, 0, `${errorName(errorCode)}: ${errorMessage}`);
    await this.until(async () => {
      const resources = [{ ...resource, configurationKeys: ["interval.ms"] }];
      for (const id of this.running) {
        const { results } = await this.at(id).ask("DescribeConfigs", 4, { resources });
        if (results[0].configs[0]?.value !== value) return false;
      }
      return true;
    });
    await pause(5);
  }

  async until(isSo: () => Promise<boolean>, most = 2000): Promise<void> {
    for (let tries = 0; tries < most; tries++) {
      if (await isSo()) return;
      await pause(10);
    }
    throw new Error("it never was so");
  }

  /** A topic as a request names it in this version: by id where the layout has nothing else. */
  named(name: string, version: number, idsSince: number, field = "name"): Record<string, string> {
    return version >= idsSince ? { topicId: this.ids.get(name) ?? MISSING_ID } : { [field]: name };
  }

  /** Appends batches to a partition and insists that it works. */
  async append(topic: string, partition: number, ...batches: Uint8Array[]): Promise<void> {
    for (const records of batches) {
      const partitionData = [{ index: partition, records }];
      const { responses } = await this.at(await this.leaderOf(topic, partition)).ask("Produce", 9, {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, partitionData }],
      });
      const [{ errorCode, errorMessage }] = responses[0].partitionResponses;
      equal(errorCode, 0, `${errorName(errorCode)}: ${errorMessage}`);
    }
  }

  /** Who leads a partition, as the first node that runs tells. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    if (!this.isCluster) return 1;
    const [first] = this.running;
    const body = { topics: [{ name: topic }], allowAutoTopicCreation: false };
    const { topics } = await this.at(first).ask("Metadata", 12, body);
    return topics[0].partitions.find((each: any) => each.partitionIndex === partition).leaderId;
  }

  /** A name for something this broker chose: the same thing has the same name within a scenario. */
  madeUp(kind: string, value: unknown): string {
    const known = this.#madeUp.get(kind) ?? new Map<unknown, string>();
    this.#madeUp.set(kind, known);
    if (!known.has(value)) known.set(value, `${kind} ${known.size + 1}`);
    return known.get(value)!;
  }

  nameOfId(id: string): string {
    return this.#names.get(id) ?? this.madeUp("topic id", id);
  }
}

/** A node may take its time to start, and to be given up. */
const TRIES_OF_NODES = 6000;

const idsOf = (brokers: any[]): number[] =>
  brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b);

/** Who leads what, and since when, so that nodes can be seen to know the same. */
const pictureOf = (topics: any[]): string =>
  topics.flatMap(({ name, partitions }) =>
    partitions.map((each: any) =>
      `${name} ${each.partitionIndex}: ${each.leaderId} ${each.leaderEpoch}`
    )
  ).sort().join();

/** Somebody leads the partition, or nobody could, and all of its replicas there are in sync. */
function isWhole({ leaderId, replicaNodes, isrNodes }: any, running: readonly number[]): boolean {
  const here = replicaNodes.filter((id: number) => running.includes(id));
  return here.length === 0 || leaderId >= 0 && here.every((id: number) => isrNodes.includes(id));
}

/** How a request to create a topic says where it lies. */
function placedAs({ partitions = 1, replicas }: TopicOptions) {
  if (replicas === undefined) return { numPartitions: partitions, replicationFactor: 1 };
  const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }));
  return { numPartitions: -1, replicationFactor: -1, assignments };
}

/** A time that no retention reaches while the test runs, the same for both brokers. */
export const NOW = Math.floor(Date.now() / 60_000) * 60_000;

/** A batch of records with these values, a millisecond apart. */
export function batch(
  values: (string | Partial<RecordInput>)[],
  options: Parameters<typeof encodeBatch>[1] & { timestamp?: number } = {},
): Uint8Array {
  const { timestamp = NOW, ...rest } = options;
  const records = values.map((value, index) => ({
    timestamp: timestamp + index,
    ...(typeof value === "string" ? { value: utf8(value) } : value),
  }));
  return encodeBatch(records, rest);
}

/**
 * One scenario: what is done with an API in one version, and the answers that both brokers must
 * agree on.
 */
export interface Scenario {
  readonly api: ApiName;
  readonly name: string;
  /** Where it is played, if it needs other settings or log dirs than most; default `plain`. */
  readonly stage?: StageName;
  /** Settings by Kafka's names whose effect is seen in the answers: what `COMPATIBILITY.md` counts. */
  readonly configs?: readonly string[];
  /**
   * Played once, in the last version, and no proof of any: for calls of real clients, and what
   * several APIs do together.
   */
  readonly once?: boolean;
  /** It minds nobody and nobody minds it: its versions, and others like it, are played at once. */
  readonly together?: boolean;
  /**
   * It hangs on moments, as on time-outs of less than a second, and on a machine that is busy with
   * something else either broker may be late: played three times at most before a difference
   * counts, whoever differs.
   */
  readonly races?: boolean;
  /** The nodes of a cluster that are stopped while it is played; default none. */
  readonly stopped?: readonly number[];
  /** First and last version; default all that are served. */
  readonly since?: number;
  readonly until?: number;
  /** How the topic is made that every version has for itself, under the name that `play` gets. */
  readonly topic?: TopicOptions;
  /** @param name unique for this scenario and version: for topics and groups of its own. */
  play(side: Side, version: number, name: string): Promise<unknown>;
}
