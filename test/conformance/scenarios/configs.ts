/** DescribeConfigs, IncrementalAlterConfigs, AlterConfigs. */
import type { Scenario, Side } from "../side.ts";

const TOPIC = 2, BROKER = 4, LOGGER = 8, CLIENT_METRICS = 16, GROUP = 32;
const SET = 0, DELETE = 1, APPEND = 2, SUBTRACT = 3;

const describe = (
  name: string,
  resourceType: number,
  resourceName: string,
  more: { keys?: string[]; body?: object; since?: number } = {},
): Scenario => ({
  api: "DescribeConfigs",
  name,
  since: more.since,
  play: (side, version) =>
    side.ask("DescribeConfigs", version, {
      resources: [{ resourceType, resourceName, configurationKeys: more.keys ?? null }],
      ...more.body,
    }),
});

/** What a topic has set for itself, as the other side of an alteration. */
async function setOf(side: Side, resourceName: string, resourceType = TOPIC) {
  const resources = [{ resourceType, resourceName, configurationKeys: null }];
  const { results } = await side.ask("DescribeConfigs", 4, { resources });
  return results[0].configs
    .filter(({ configSource }: any) => configSource === 1 || configSource === 7)
    .map(({ name, value }: any) => ({ name, value }));
}

type Change = [name: string, operation: number, value: string | null];

const alter = (
  name: string,
  changes: Change[],
  more: { resource?: object; body?: object } = {},
): Scenario => ({
  api: "IncrementalAlterConfigs",
  name,
  topic: { configs: { "retention.ms": "1000", "cleanup.policy": "delete" } },
  async play(side, version, unique) {
    const configs = changes.map(([name, configOperation, value]) => ({
      name,
      configOperation,
      value,
    }));
    const resource = { resourceType: TOPIC, resourceName: unique, configs, ...more.resource };
    const body = { resources: [resource], ...more.body };
    const answer = await side.ask("IncrementalAlterConfigs", version, body);
    await side.caughtUp();
    return [answer, await setOf(side, unique)];
  },
});

const replace = (
  name: string,
  configs: [string, string | null][],
  more: { resource?: object; body?: object } = {},
): Scenario => ({
  api: "AlterConfigs",
  name,
  topic: { configs: { "retention.ms": "1000" } },
  async play(side, version, unique) {
    const resource = {
      resourceType: TOPIC,
      resourceName: unique,
      configs: configs.map(([name, value]) => ({ name, value })),
      ...more.resource,
    };
    const answer = await side.ask("AlterConfigs", version, {
      resources: [resource],
      ...more.body,
    });
    await side.caughtUp();
    return [answer, await setOf(side, unique)];
  },
});

export const CONFIGS: Scenario[] = [
  describe("a topic", TOPIC, "orders"),
  describe("a topic with settings", TOPIC, "stamped"),
  describe("a topic, with synonyms", TOPIC, "stamped", { body: { includeSynonyms: true } }),
  describe("a topic, with documentation", TOPIC, "stamped", {
    since: 3,
    body: { includeDocumentation: true },
  }),
  describe("some settings of a topic", TOPIC, "orders", {
    keys: ["retention.ms", "segment.bytes", "colour"],
  }),
  describe("no settings of a topic", TOPIC, "orders", { keys: [] }),
  describe("a missing topic", TOPIC, "nowhere"),
  describe("a name that no topic may have", TOPIC, "a/b"),
  describe("no name for a topic", TOPIC, ""),
  describe("an internal topic", TOPIC, "__consumer_offsets"),
  describe("the broker", BROKER, "1"),
  describe("the broker, with synonyms", BROKER, "1", { body: { includeSynonyms: true } }),
  describe("some settings of the broker", BROKER, "1", { keys: ["log.retention.ms", "colour"] }),
  describe("another broker", BROKER, "7"),
  describe("a broker that is no number", BROKER, "one"),
  describe("what the cluster has set", BROKER, ""),
  describe("a group", GROUP, "some-group"),
  describe("a group, with synonyms", GROUP, "some-group", { body: { includeSynonyms: true } }),
  describe("a group without a name", GROUP, ""),
  describe("client metrics", CLIENT_METRICS, "some-metrics"),
  describe("client metrics without a name", CLIENT_METRICS, ""),
  describe("loggers of another broker", LOGGER, "7"),
  describe("a kind that nobody has", 99, "x"),
  describe("no kind", 0, "x"),
  {
    api: "DescribeConfigs",
    name: "one topic twice, and another",
    play: (side, version) =>
      side.ask("DescribeConfigs", version, {
        resources: ["orders", "orders", "compacted"].map((resourceName) => ({
          resourceType: TOPIC,
          resourceName,
          configurationKeys: ["cleanup.policy"],
        })),
      }),
  },

  alter("set", [["retention.ms", SET, "5000"]]),
  alter("set, only validated", [["retention.ms", SET, "5000"]], { body: { validateOnly: true } }),
  alter("delete", [["retention.ms", DELETE, null]]),
  alter("delete what was never set", [["segment.ms", DELETE, null]]),
  alter("append", [["cleanup.policy", APPEND, "compact"]]),
  alter("append what is there", [["cleanup.policy", APPEND, "delete"]]),
  alter("subtract", [["cleanup.policy", SUBTRACT, "delete"]]),
  alter("append to what is no list", [["retention.ms", APPEND, "5"]]),
  alter("set without a value", [["retention.ms", SET, null]]),
  alter("an unknown operation", [["retention.ms", 9, "5"]]),
  alter("a setting twice", [["retention.ms", SET, "1"], ["retention.ms", SET, "2"]]),
  alter("a setting that nobody has", [["colour", SET, "red"]]),
  alter("delete a setting that nobody has", [["colour", DELETE, null]]),
  alter("a value out of range", [["segment.bytes", SET, "-5"]]),
  alter("a value that is no number", [["retention.ms", SET, "long"]]),
  alter("nothing", []),
  alter("a missing topic", [["retention.ms", SET, "5"]], { resource: { resourceName: "nowhere" } }),
  alter("a bad topic name", [["retention.ms", SET, "5"]], { resource: { resourceName: "a/b" } }),
  alter("a kind that nobody has", [["x", SET, "5"]], { resource: { resourceType: 99 } }),
  alter("another broker", [["log.cleaner.threads", SET, "2"]], {
    resource: { resourceType: BROKER, resourceName: "7" },
  }),
  alter("a broker that is no number", [["log.cleaner.threads", SET, "2"]], {
    resource: { resourceType: BROKER, resourceName: "one" },
  }),
  alter("the broker: what it can't change while it runs", [["log.dirs", SET, "/tmp"]], {
    resource: { resourceType: BROKER, resourceName: "1" },
  }),
  alter("the broker: a value out of range", [["log.cleaner.threads", SET, "-2"]], {
    resource: { resourceType: BROKER, resourceName: "1" },
  }),
  ...[["1", BROKER], ["", BROKER], ["some-group-too", GROUP], ["metrics-too", CLIENT_METRICS]].map(
    ([resourceName, resourceType]): Scenario => ({
      api: "IncrementalAlterConfigs",
      name: `set and deleted again for ${resourceType} "${resourceName}"`,
      async play(side, version) {
        const [name, value] = resourceType === BROKER
          ? ["log.cleaner.threads", "2"]
          : resourceType === GROUP
          ? ["consumer.session.timeout.ms", "50000"]
          : ["interval.ms", "5000"];
        const change = async (configOperation: number) => {
          const configs = [{ name, configOperation, value }];
          const answer = await side.ask("IncrementalAlterConfigs", version, {
            resources: [{ resourceType, resourceName, configs }],
          });
          await side.caughtUp();
          const described = await side.ask("DescribeConfigs", 4, {
            resources: [{ resourceType, resourceName, configurationKeys: [name] }],
            includeSynonyms: true,
          });
          return [answer, described];
        };
        return [await change(SET), await change(DELETE)];
      },
    }),
  ),
  alter("a group out of range", [["consumer.session.timeout.ms", SET, "1"]], {
    resource: { resourceType: GROUP, resourceName: "g" },
  }),
  alter("a group's setting that nobody has", [["colour", SET, "red"]], {
    resource: { resourceType: GROUP, resourceName: "g" },
  }),
  alter("a group without a name", [["consumer.session.timeout.ms", SET, "50000"]], {
    resource: { resourceType: GROUP, resourceName: "" },
  }),
  alter("client metrics out of range", [["interval.ms", SET, "1"]], {
    resource: { resourceType: CLIENT_METRICS, resourceName: "m" },
  }),
  alter("a setting of client metrics that nobody has", [["colour", SET, "red"]], {
    resource: { resourceType: CLIENT_METRICS, resourceName: "m" },
  }),
  alter("a match of client metrics that makes no sense", [["match", SET, "nonsense"]], {
    resource: { resourceType: CLIENT_METRICS, resourceName: "m" },
  }),
  alter("a match of client metrics for an unknown key", [["match", SET, "shoe_size=4.*"]], {
    resource: { resourceType: CLIENT_METRICS, resourceName: "m" },
  }),
  alter("a match of client metrics", [["match", SET, "client_id=a.*,client_source_port=\\d+"]], {
    resource: { resourceType: CLIENT_METRICS, resourceName: "m" },
  }),
  alter("all brokers: a setting of one", [["log.dirs", SET, "/tmp"]], {
    resource: { resourceType: BROKER, resourceName: "" },
  }),
  {
    api: "IncrementalAlterConfigs",
    name: "one topic twice",
    topic: {},
    async play(side, version, name) {
      const configs = [{ name: "retention.ms", configOperation: SET, value: "7" }];
      const resource = { resourceType: TOPIC, resourceName: name, configs };
      return await side.ask("IncrementalAlterConfigs", version, {
        resources: [resource, resource],
      });
    },
  },

  // A resource named twice is not played: Apache Kafka never answers it.
  replace("other settings", [["segment.ms", "60000"]]),
  replace("other settings, only validated", [["segment.ms", "60000"]], {
    body: { validateOnly: true },
  }),
  replace("no settings", []),
  replace("a setting without a value", [["segment.ms", null]]),
  replace("a setting that nobody has", [["colour", "red"]]),
  replace("a value out of range", [["segment.bytes", "-5"]]),
  replace("a setting twice", [["segment.ms", "60000"], ["segment.ms", "70000"]]),
  replace("a missing topic", [["segment.ms", "5"]], { resource: { resourceName: "nowhere" } }),
  replace("a kind that nobody has", [["x", "5"]], { resource: { resourceType: 99 } }),
];
