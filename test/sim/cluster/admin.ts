/** Who makes topics, moves them about, and has leaders elected, while things go wrong. */
import type { ClusterClient } from "./cluster_client.ts";
import { type Actor, answerOf, type Stage } from "./actor.ts";
import { createTopic, untilDone } from "./insist.ts";
import { SimTopic } from "./promises.ts";

const OK = 0, TOO_FEW_BROKERS = 38, ALREADY_SO_MANY = 37;
const MAX_TOPICS = 5;
const PREFERRED = 0;
const TOPIC = 2, BROKER = 4, SET = 0;

export interface AdminOptions {
  readonly brokers: readonly number[];
  readonly replicationFactor: number;
  readonly minIsr: number;
  /** Who votes may change; whoever is voted out joins again by itself. */
  readonly isDynamic: boolean;
}

export class Admin implements Actor {
  readonly client: ClusterClient;
  readonly #options: AdminOptions;

  constructor(client: ClusterClient, options: AdminOptions) {
    this.client = client;
    this.#options = options;
  }

  async play(stage: Stage): Promise<void> {
    const { random, clock } = this.client;
    while (!stage.isClosing) {
      await clock.sleep(random.int(4000));
      if (stage.isClosing) return;
      const dice = random.int(100);
      const { topics } = stage.promises;
      if (topics.size === 0) await this.create(stage);
      else if (dice < 20 && stage.promises.lasting.length < MAX_TOPICS) await this.create(stage);
      else if (dice < 30) await this.#grow(stage);
      else if (dice < 55) await this.#elect(stage);
      else if (dice < 70 && this.#options.isDynamic) await this.#removeVoter(stage);
      else if (dice < 80) await this.#configure(stage);
      else await this.#reassign(stage);
    }
  }

  /** Makes a topic, however long it takes. */
  async create({ world, promises }: Stage): Promise<void> {
    const { random } = this.client;
    const name = `t${promises.lasting.length}`;
    const partitions = 1 + random.int(3);
    const { replicationFactor, minIsr } = this.#options;
    const configs = {
      "min.insync.replicas": `${minIsr}`,
      "segment.ms": random.pick(["50", "9999999"]),
    };
    const request = {
      name,
      numPartitions: partitions,
      replicationFactor,
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    };
    world.say(`${this.client.name} creates ${name}, ${partitions} x ${replicationFactor}`);
    const id = await createTopic(this.client, request);
    promises.topics.set(name, new SimTopic(name, { id, partitions }));
    world.say(`${this.client.name} has created ${name}`);
  }

  async #grow({ world, promises }: Stage): Promise<void> {
    const topic = this.client.random.pick(promises.lasting);
    const count = topic.partitions.length + 1;
    if (count > 4) return;
    world.say(`${this.client.name} grows ${topic.name} to ${count} partitions`);
    const request = { topics: [{ name: topic.name, count, assignments: null }], timeoutMs: 5000 };
    await untilDone(this.client, "CreatePartitions", 3, request, (answer) => answer.results[0], {
      done: [OK, ALREADY_SO_MANY],
      again: [TOO_FEW_BROKERS],
    });
    topic.grow(count);
  }

  async #elect({ world }: Stage): Promise<void> {
    const request = { electionType: PREFERRED, topicPartitions: null, timeoutMs: 5000 };
    const answer = await answerOf(this.client.askAny("ElectLeaders", 2, request));
    if (answer !== undefined) world.say(`${this.client.name} has leaders elected`);
  }

  /** A setting of a topic, or of all brokers. */
  async #configure({ world, promises }: Stage): Promise<void> {
    const { random } = this.client;
    const topic = random.pick([...promises.topics.values()]).name;
    const { resourceType, resourceName, name, value } = random.pick([
      { resourceType: TOPIC, resourceName: topic, name: "min.insync.replicas", value: "1" },
      { resourceType: TOPIC, resourceName: topic, name: "min.insync.replicas", value: "2" },
      { resourceType: TOPIC, resourceName: topic, name: "segment.ms", value: "30" },
      { resourceType: TOPIC, resourceName: topic, name: "index.interval.bytes", value: "0" },
      { resourceType: BROKER, resourceName: "", name: "num.replica.fetchers", value: "3" },
      { resourceType: BROKER, resourceName: "", name: "num.replica.fetchers", value: "1" },
    ]);
    const configs = [{ name, configOperation: SET, value }];
    const request = { resources: [{ resourceType, resourceName, configs }], validateOnly: false };
    world.say(`${this.client.name} sets ${name}=${value} of ${resourceName || "all brokers"}`);
    const answer = await answerOf(this.client.askAny("IncrementalAlterConfigs", 1, request));
    world.say(`${this.client.name} hears ${answer?.responses[0].errorCode ?? "nothing"} of that`);
  }

  async #removeVoter({ world }: Stage): Promise<void> {
    const topics = [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }];
    const described = await answerOf(this.client.askAny("DescribeQuorum", 2, { topics }));
    const voters = described?.topics[0]?.partitions[0]?.currentVoters ?? [];
    if (voters.length < 3) return;
    const { replicaId: voterId, replicaDirectoryId } = this.client.random.pick<any>(voters);
    world.say(`${this.client.name} votes node ${voterId} out`);
    const request = { clusterId: null, voterId, voterDirectoryId: replicaDirectoryId };
    const answer = await answerOf(this.client.askAny("RemoveRaftVoter", 0, request));
    world.say(`${this.client.name} hears ${answer?.errorCode ?? "nothing"} of that`);
  }

  /** One answer is enough, whatever it is: what comes of it is seen by who leads what. */
  async #reassign({ world, promises }: Stage): Promise<void> {
    const { random } = this.client;
    const { brokers, replicationFactor } = this.#options;
    const topic = random.pick([...promises.topics.values()]);
    const partitionIndex = random.int(topic.partitions.length);
    const rest = [...brokers];
    const replicas = Array.from({ length: replicationFactor }, () => {
      const [chosen] = rest.splice(random.int(rest.length), 1);
      return chosen;
    });
    const request = {
      timeoutMs: 5000,
      topics: [{ name: topic.name, partitions: [{ partitionIndex, replicas }] }],
    };
    world.say(`${this.client.name} moves ${topic.name}-${partitionIndex} to ${replicas}`);
    await answerOf(this.client.askAny("AlterPartitionReassignments", 0, request));
  }
}
