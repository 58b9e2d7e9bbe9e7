/** Loggers of a broker, ListConfigResources, and what is shown of settings that nobody knows. */
import type { Scenario } from "../side.ts";
import { altered, type Change, described, untilShown } from "./config_changes.ts";

const TOPIC = 2, BROKER = 4, LOGGER = 8, CLIENT_METRICS = 16, GROUP = 32;
const SET = 0, DELETE = 1, APPEND = 2, SUBTRACT = 3;

const ROOT = { type: LOGGER, of: "1" };
const root = (name: string, ...changes: Change[][]): Scenario => ({
  api: "IncrementalAlterConfigs",
  name: `loggers: ${name}`,
  async play(side, version) {
    const answers = await altered(side, version, ROOT, changes, ["root", "nowhere"]);
    return [
      answers,
      await altered(side, version, ROOT, [[["root", SET, "INFO"]]], [])
        .then(([answer]) => answer),
    ];
  },
});

const loggersOf = (of: string): Scenario => ({
  api: "IncrementalAlterConfigs",
  name: `loggers of broker "${of}"`,
  play: (side, version) =>
    side.ask("IncrementalAlterConfigs", version, {
      resources: [{
        resourceType: LOGGER,
        resourceName: of,
        configs: [{ name: "root", configOperation: SET, value: "INFO" }],
      }],
    }),
});

const describeLoggers = (name: string, resourceName: string, body?: object): Scenario => ({
  api: "DescribeConfigs",
  name: `loggers: ${name}`,
  since: body === undefined ? undefined : 3,
  play: (side, version) =>
    side.ask("DescribeConfigs", version, {
      resources: [{ resourceType: LOGGER, resourceName, configurationKeys: ["root", "nowhere"] }],
      ...body,
    }),
});

const LOGGERS: Scenario[] = [
  describeLoggers("the root", "1"),
  describeLoggers("the root, with all that there is to say", "1", {
    includeSynonyms: true,
    includeDocumentation: true,
  }),
  describeLoggers("of no broker", ""),
  describeLoggers("of a broker that is no number", "one"),
  ...["TRACE", "DEBUG", "WARN", "ERROR", "FATAL", "OFF", "ALL", "debug", "", " INFO"].map((level) =>
    root(`the root to "${level}"`, [["root", SET, level]])
  ),
  root("the root to nothing", [["root", SET, null]]),
  root("the root deleted", [["root", SET, "WARN"]], [["root", DELETE, null]]),
  root("appended", [["root", APPEND, "INFO"]]),
  root("subtracted", [["root", SUBTRACT, "INFO"]]),
  root("one that there is not", [["nowhere", SET, "INFO"]]),
  root("one that there is not, deleted", [["nowhere", DELETE, null]]),
  root("one that there is not, appended", [["nowhere", APPEND, "INFO"]]),
  root("one that there is, and one that there is not", [
    ["root", SET, "WARN"],
    ["nowhere", SET, "INFO"],
  ]),
  root("one twice", [["root", SET, "WARN"], ["root", SET, "INFO"]]),
  root("no change", []),
  loggersOf("7"),
  loggersOf(""),
  loggersOf("one"),
  {
    api: "IncrementalAlterConfigs",
    name: "loggers: only validated",
    async play(side, version) {
      const configs = [{ name: "root", configOperation: SET, value: "ERROR" }];
      const resources = [{ resourceType: LOGGER, resourceName: "1", configs }];
      const answer = await side.ask("IncrementalAlterConfigs", version, {
        resources,
        validateOnly: true,
      });
      return [answer, await described(side, ROOT, ["root"])];
    },
  },
  {
    api: "IncrementalAlterConfigs",
    name: "loggers and a topic in one request",
    topic: {},
    play: (side, version, name) =>
      side.ask("IncrementalAlterConfigs", version, {
        resources: [
          [LOGGER, "1", "root", "INFO"],
          [TOPIC, name, "retention.ms", "7"],
          [LOGGER, "7", "root", "INFO"],
        ].map(([resourceType, resourceName, config, value]) => ({
          resourceType,
          resourceName,
          configs: [{ name: config, configOperation: SET, value }],
        })),
      }),
  },
  {
    api: "AlterConfigs",
    name: "loggers",
    play: (side, version) =>
      side.ask("AlterConfigs", version, {
        resources: [{
          resourceType: LOGGER,
          resourceName: "1",
          configs: [{ name: "root", value: "INFO" }],
        }],
      }),
  },
];

/** Only the kinds whose resources other scenarios do not make. */
const list = (name: string, resourceTypes: number[], until?: number): Scenario => ({
  api: "ListConfigResources",
  name,
  until,
  async play(side, version) {
    const body = version === 0 ? {} : { resourceTypes };
    const answer = await side.ask("ListConfigResources", version, body);
    const { configResources } = answer;
    configResources.sort((a: any, b: any) => a.resourceType - b.resourceType); // they are a set
    return answer;
  },
});

const LISTS: Scenario[] = [
  list("brokers", [BROKER]),
  list("loggers", [LOGGER]),
  list("brokers, twice", [BROKER, LOGGER, BROKER]),
  list("a kind that nobody has", [99]),
  list("a kind that nobody has among others", [BROKER, 0]),
  {
    api: "ListConfigResources",
    name: "what was set for a group, client metrics, all brokers and a topic",
    topic: { configs: { "retention.ms": "1000" } },
    async play(side, version, name) {
      const given: [number, string, string, string][] = [
        [GROUP, `${name}-group`, "consumer.session.timeout.ms", "50000"],
        [CLIENT_METRICS, `${name}-metrics`, "interval.ms", "5000"],
        [BROKER, "", "log.cleaner.threads", "2"],
      ];
      const change = async (configOperation: number) => {
        const answer = await side.ask("IncrementalAlterConfigs", 1, {
          resources: given.map(([resourceType, resourceName, config, value]) => ({
            resourceType,
            resourceName,
            configs: [{ name: config, configOperation, value }],
          })),
        });
        await untilShown(side);
        const { errorCode, configResources } = await side.ask("ListConfigResources", version, {
          resourceTypes: [],
        });
        const ours = configResources.filter(({ resourceName }: any) =>
          resourceName.startsWith(name) || ["", "1"].includes(resourceName)
        ).map(({ resourceType, resourceName }: any) => `${resourceType} ${resourceName}`);
        return [answer, errorCode, ours.sort()];
      };
      return [await change(SET), await change(DELETE)];
    },
  },
];

/** Sets, describes, and takes back. */
const shown = (name: string, of: string, given: [name: string, value: string][]): Scenario => ({
  api: "IncrementalAlterConfigs",
  name: `shown: ${name}`,
  async play(side, version) {
    const names = given.map(([name]) => name);
    const all = { type: BROKER, of };
    const set = given.map(([name, value]): Change => [name, SET, value]);
    const deleted = given.map(([name, value]): Change => [name, DELETE, value]);
    const answers = await altered(side, version, all, [set], names);
    const own = await described(side, { type: BROKER, of: "1" }, names);
    return [answers, own, (await altered(side, version, all, [deleted], names))[0]];
  },
});

const SHOWN: Scenario[] = [
  shown("what nobody knows", "1", [["colour", "red"]]),
  shown("what nobody knows, of all brokers", "", [["colour", "red"]]),
  shown("what is internal", "1", [["leader.replication.throttled.rate", "1000"]]),
  shown("what is internal, of all brokers", "", [["follower.replication.throttled.rate", "1000"]]),
  shown("what is a listener's", "1", [
    ["listener.name.plaintext.max.connections", "70000"],
    ["listener.name.plaintext.ssl.keystore.type", "JKS"],
  ]),
  shown("what is every listener's", "", [["listener.name.plaintext.max.connections", "70000"]]),
  shown("a password", "1", [["listener.name.external.ssl.key.password", "hush"]]),
  shown("numbers as they were written", "1", [
    ["message.max.bytes", " +1000012 "],
    ["log.cleaner.io.buffer.load.factor", "0.50"],
    ["log.cleanup.policy", " delete , compact "],
  ]),
  shown("numbers as they were written, of all brokers", "", [
    ["message.max.bytes", " +1000012 "],
    ["log.cleanup.policy", " delete , compact "],
  ]),
  shown("of all brokers", "", [["log.retention.ms", "86400001"]]),
  shown("times without an end", "1", [["log.retention.ms", "-5"], ["log.flush.interval.ms", "-1"]]),
  {
    api: "DescribeConfigs",
    name: "a topic beside what brokers have set",
    topic: { configs: { "segment.ms": "70000000" } },
    async play(side, version, name) {
      const set = async (of: string, config: string, configOperation: number, value: string) =>
        await side.ask("IncrementalAlterConfigs", 1, {
          resources: [{
            resourceType: BROKER,
            resourceName: of,
            configs: [{ name: config, configOperation, value }],
          }],
        });
      const all = async (configOperation: number) => [
        await set("", "log.retention.bytes", configOperation, "7000000"),
        await set("1", "log.roll.ms", configOperation, "80000000"),
        await set("1", "log.retention.bytes", configOperation, "8000000"),
      ];
      const answers = await all(SET);
      await untilShown(side);
      const described = await side.ask("DescribeConfigs", version, {
        resources: [{
          resourceType: TOPIC,
          resourceName: name,
          configurationKeys: ["retention.bytes", "segment.ms"],
        }],
        includeSynonyms: true,
      });
      return [answers, described, await all(DELETE)];
    },
  },
  {
    api: "IncrementalAlterConfigs",
    name: "appended to what all brokers have set",
    topic: {},
    async play(side, version, name) {
      const all = { type: BROKER, of: "" };
      const cleanup = "log.cleanup.policy";
      const set = await altered(side, version, all, [[[cleanup, SET, "compact"]]], [cleanup]);
      const topic = { type: TOPIC, of: name };
      const appended = await altered(
        side,
        version,
        topic,
        [[["cleanup.policy", APPEND, "delete"]]],
        [
          "cleanup.policy",
        ],
      );
      return [
        set,
        appended,
        await altered(side, version, all, [[[cleanup, DELETE, null]]], [cleanup]),
      ];
    },
  },
  {
    api: "AlterConfigs",
    name: "of a broker: what is not named goes",
    async play(side, version) {
      const of = { type: BROKER, of: "1" };
      const names = ["log.cleaner.threads", "log.cleaner.backoff.ms"];
      const before = await altered(side, 1, of, [[[names[0], SET, "2"]]], names);
      const replace = async (configs: { name: string; value: string }[]) => {
        const answer = await side.ask("AlterConfigs", version, {
          resources: [{ resourceType: BROKER, resourceName: "1", configs }],
        });
        await untilShown(side);
        return [answer, await described(side, of, names)];
      };
      const bad = await replace([{ name: "node.id", value: "5" }]);
      const one = await replace([{ name: names[1], value: "14000" }]);
      return [before, bad, one, await replace([])];
    },
  },
];

export const CONFIG_RESOURCES: Scenario[] = [...LOGGERS, ...LISTS, ...SHOWN];
