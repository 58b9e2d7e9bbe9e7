/**
 * Limits on the traffic of moves, as Kafka's own tool sets them: a rate on each broker that takes
 * part, and on each topic which replicas it is for. Replicas that send are all that a partition has
 * now, since any of them may come to lead; those that receive are the new ones.
 */
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  errorName,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  RESOURCE,
} from "../protocol/mod.ts";
import { alterTopicConfigs, type ConfigChanges } from "./admin.ts";
import { type Cluster, throwIfError } from "./cluster.ts";
import { copiesOf, type PlannedMove } from "./reassignment_plan.ts";

const RATES = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"] as const;
const REPLICAS = [
  "leader.replication.throttled.replicas",
  "follower.replication.throttled.replicas",
] as const;

const DELETE = 1;

/** What to set so that these moves take no more than so many bytes a second on each broker. */
export interface Throttle {
  brokers: number[];
  rates: Record<string, string>;
  topics: { topic: string; configs: Record<string, string> }[];
}

export function throttleOf(moves: readonly PlannedMove[], bytesPerSecond: number): Throttle {
  const copying = moves.filter((move) => copiesOf(move).length > 0);
  const ids = copying.flatMap(({ before, replicas }) => [...before, ...replicas]);
  const pairs = (ofTopic: readonly PlannedMove[], brokersOf: (move: PlannedMove) => number[]) =>
    ofTopic.flatMap((move) => brokersOf(move).map((id) => `${move.partition}:${id}`)).join(",");
  return {
    brokers: [...new Set(ids)].sort((one, other) => one - other),
    rates: Object.fromEntries(RATES.map((name) => [name, `${bytesPerSecond}`])),
    topics: [...Map.groupBy(copying, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
      topic,
      configs: {
        [REPLICAS[0]]: pairs(ofTopic, ({ before }) => before),
        [REPLICAS[1]]: pairs(ofTopic, copiesOf),
      },
    })),
  };
}

/** Sets it. A broker that is away needs none, and cannot be told: `alive` has all others. */
export async function setThrottle(
  cluster: Cluster,
  { brokers, rates, topics }: Throttle,
  alive: readonly number[],
): Promise<void> {
  for (const { topic, configs } of topics) await alterTopicConfigs(cluster, topic, configs);
  for (const id of brokers) if (alive.includes(id)) await alterBroker(cluster, id, rates);
}

/** Takes all limits of this kind back, on these brokers and topics, whoever has set them. */
export async function clearThrottle(
  cluster: Cluster,
  { brokers, topics }: { brokers: readonly number[]; topics: readonly string[] },
): Promise<void> {
  const nothing = (names: readonly string[]): ConfigChanges =>
    Object.fromEntries(names.map((name) => [name, null]));
  for (const id of brokers) await alterBroker(cluster, id, nothing(RATES));
  for (const topic of topics) {
    await alterTopicConfigs(cluster, topic, nothing(REPLICAS)).catch((error) => {
      // Deleted in the meantime, and its settings with it.
      if ((error as { error?: string }).error !== "UNKNOWN_TOPIC_OR_PARTITION") throw error;
    });
  }
}

/** Brokers and topics on which such a limit is set. */
export async function findThrottle(
  cluster: Cluster,
  { brokers, topics }: { brokers: readonly number[]; topics: readonly string[] },
): Promise<{ brokers: number[]; topics: string[] }> {
  const found = { brokers: [] as number[], topics: [] as string[] };
  for (const id of brokers) {
    const connection = await cluster.broker(id);
    const answer = await connection.call(DescribeConfigsRequest, DescribeConfigsResponse, {
      resources: [resourceOf(RESOURCE.broker, `${id}`, RATES)],
    });
    if (answer.results[0].configs.some(({ configSource }) => configSource === DYNAMIC_BROKER)) {
      found.brokers.push(id);
    }
  }
  for (let at = 0; at < topics.length; at += TOPICS_AT_ONCE) {
    const some = topics.slice(at, at + TOPICS_AT_ONCE);
    const answer = await cluster.call(DescribeConfigsRequest, DescribeConfigsResponse, {
      resources: some.map((topic) => resourceOf(RESOURCE.topic, topic, REPLICAS)),
    });
    for (const { resourceName, configs } of answer.results) {
      if (configs.some(({ configSource }) => configSource === DYNAMIC_TOPIC)) {
        found.topics.push(resourceName);
      }
    }
  }
  return found;
}

const DYNAMIC_TOPIC = 1;
const DYNAMIC_BROKER = 2;
const TOPICS_AT_ONCE = 500;

const resourceOf = (resourceType: number, resourceName: string, names: readonly string[]) => ({
  resourceType,
  resourceName,
  configurationKeys: [...names],
});

/** A broker's own settings are changed by itself, and by no other. */
async function alterBroker(cluster: Cluster, id: number, changes: ConfigChanges): Promise<void> {
  await cluster.retrying(async () => {
    const connection = await cluster.broker(id);
    const { responses: [answer] } = await connection.call(
      IncrementalAlterConfigsRequest,
      IncrementalAlterConfigsResponse,
      {
        resources: [{
          resourceType: RESOURCE.broker,
          resourceName: `${id}`,
          configs: Object.entries(changes).map(([name, value]) => ({
            name,
            value,
            configOperation: value === null ? DELETE : SET,
          })),
        }],
      },
    );
    const what = `Cannot change the settings of broker ${id}`;
    throwIfError(errorName(answer.errorCode), answer.errorMessage, what);
  });
}

const SET = 0;
