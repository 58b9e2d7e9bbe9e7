/** Who makes, changes and deletes topics, and deletes records; and lets time pass. */
import { HungUp, SimClient } from "./client.ts";
import { drawConfigChange, drawTopicConfigs } from "./chance.ts";
import { Refused } from "./ledger.ts";
import { type SeenMetadata, Topic } from "./model.ts";
import { type Actor, pickPartition, type World } from "./world.ts";

const NAMES = ["t0", "t1", "t2"];
const TOPIC_RESOURCE = 2, SET = 0;
const OUT_OF_RANGE = 1, POLICY_VIOLATION = 44;

export class Admin implements Actor {
  readonly #configs: Record<string, string>;

  /** @param configs that all topics have over what is drawn for them. */
  constructor(configs: Record<string, string>) {
    this.#configs = configs;
  }

  async live(world: World): Promise<void> {
    const { random, life } = world;
    try {
      const client = await SimClient.connect(life);
      for (let steps = 1 + random.int(7); steps > 0; steps--) {
        await this.#act(world, client);
        await life.clock.sleep(random.int(random.chance(0.3) ? 20_000 : 60));
      }
      client.close();
    } catch (error) {
      if (!(error instanceof HungUp)) throw error;
    }
  }

  async #act(world: World, client: SimClient): Promise<void> {
    const { random, model } = world;
    const free = NAMES.filter((name) => !model.topics.has(name));
    const [topic] = model.topics.values();
    const dice = random.int(100);
    if (topic === undefined || (dice < 35 && free.length > 0)) {
      await this.#create(world, client, random.pick(free));
    } else if (dice < 45) {
      await this.#delete(world, client, random.pick([...model.topics.values()]));
    } else if (dice < 55) await this.#grow(world, client, random.pick([...model.topics.values()]));
    else if (dice < 75) await this.#alter(world, client, random.pick([...model.topics.values()]));
    else await this.#deleteRecords(world, client);
  }

  async #create({ model, random, say }: World, client: SimClient, name: string): Promise<void> {
    const configs = { ...drawTopicConfigs(random), ...this.#configs };
    const count = 1 + random.int(2);
    let topic: Topic | undefined;
    const change = {
      what: `create ${name}`,
      isThere: ({ topics }: SeenMetadata) => topics.has(name),
      apply: () => {
        topic = new Topic(name, { count, configs, isStrong: model.isStrong });
        model.topics.set(name, topic);
      },
    };
    say(`admin creates ${name} with ${count} partitions, ${JSON.stringify(configs)}`);
    await model.during(change, async () => {
      const answer = await client.ask("CreateTopics", 7, {
        topics: [{
          name,
          numPartitions: count,
          replicationFactor: 1,
          configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
        }],
        timeoutMs: 10_000,
      });
      return isDone(change.what, answer.topics[0]);
    });
  }

  async #delete({ model, say }: World, client: SimClient, { name }: Topic): Promise<void> {
    const change = {
      what: `delete ${name}`,
      isThere: ({ topics }: SeenMetadata) => !topics.has(name),
      apply: () => {
        model.topics.delete(name);
        model.onTopicDeleted(name);
      },
    };
    say(`admin deletes ${name}`);
    await model.during(change, async () => {
      const request = { topicNames: [name], timeoutMs: 10_000 };
      const { responses: [answer] } = await client.ask("DeleteTopics", 4, request);
      return isDone(change.what, answer);
    });
  }

  async #grow({ model, say }: World, client: SimClient, topic: Topic): Promise<void> {
    const count = topic.partitions.length + 1;
    if (count > 3) return;
    const { name } = topic;
    const change = {
      what: `grow ${name}`,
      isThere: ({ topics }: SeenMetadata) => topics.get(name)?.partitions === count,
      apply: () => topic.grow(count),
    };
    say(`admin grows ${name} to ${count} partitions`);
    await model.during(change, async () => {
      const topics = [{ name, count, assignments: null }];
      const answer = await client.ask("CreatePartitions", 3, { topics, timeoutMs: 10_000 });
      return isDone(change.what, answer.results[0]);
    });
  }

  async #alter({ model, random, say }: World, client: SimClient, topic: Topic): Promise<void> {
    const [name, value] = drawConfigChange(random);
    const change = {
      what: `set ${name}=${value} on ${topic.name}`,
      isThere: ({ configs }: SeenMetadata) => configs.get(topic.name)?.get(name) === value,
      apply: () => topic.set(name, value),
    };
    say(`admin ${change.what}`);
    topic.isUnsure = name === "durability";
    // It may have an effect before it is told.
    for (const { forgetting } of topic.partitions) {
      forgetting.compacts ||= value === "compact";
      forgetting.deletes ||= name === "retention.ms";
    }
    await model.during(change, async () => {
      const configs = [{ name, configOperation: SET, value }];
      const resource = { resourceType: TOPIC_RESOURCE, resourceName: topic.name, configs };
      const request = { resources: [resource], validateOnly: false };
      const { responses: [answer] } = await client.ask("IncrementalAlterConfigs", 1, request);
      return isDone(change.what, answer);
    });
  }

  async #deleteRecords(world: World, client: SimClient): Promise<void> {
    const target = pickPartition(world);
    if (target === undefined) return;
    const { topic: { name }, partition, ledger } = target;
    const offset = world.random.int(ledger.end + 1);
    ledger.ceiling = Math.max(ledger.ceiling, offset);
    world.say(`admin deletes records of ${ledger.name} to ${offset}`);
    const partitions = [{ partitionIndex: partition, offset }];
    const request = { topics: [{ name, partitions }], timeoutMs: 10_000 };
    const answer = await client.ask("DeleteRecords", 2, request);
    const { errorCode, lowWatermark } = answer.topics[0].partitions[0];
    if (errorCode === 0) ledger.floor = Math.max(ledger.floor, lowWatermark);
    else if (![OUT_OF_RANGE, POLICY_VIOLATION].includes(errorCode)) {
      throw new Refused(`${ledger.name}: DeleteRecords is refused, ${errorCode}`);
    }
  }
}

function isDone(
  what: string,
  { errorCode, errorMessage }: { errorCode: number; errorMessage?: string | null },
): boolean {
  if (errorCode === 0) return true;
  throw new Refused(`cannot ${what}: ${errorCode} ${errorMessage ?? ""}`);
}

/** What the node says there is. */
export async function seeMetadata(client: SimClient): Promise<SeenMetadata> {
  const answer = await client.ask("Metadata", 12, { topics: null, allowAutoTopicCreation: false });
  const topics = new Map<string, { id: string; partitions: number }>();
  for (const { errorCode, name, topicId, isInternal, partitions } of answer.topics) {
    const failed = [{ errorCode }, ...partitions].find(({ errorCode }) => errorCode !== 0);
    if (failed) throw new Refused(`${name} is told of with error ${failed.errorCode}`);
    if (!isInternal) topics.set(name, { id: topicId, partitions: partitions.length });
  }
  const configs = new Map<string, Map<string, string>>();
  const resources = [...topics.keys()].map((resourceName) => ({
    resourceType: TOPIC_RESOURCE,
    resourceName,
    configurationKeys: null,
  }));
  const described = await client.ask("DescribeConfigs", 4, { resources });
  for (const { resourceName, configs: all } of described.results) {
    const set = all.filter(({ configSource }: any) => configSource === 1);
    configs.set(resourceName, new Map(set.map(({ name, value }: any) => [name, value])));
  }
  return { topics, configs };
}
