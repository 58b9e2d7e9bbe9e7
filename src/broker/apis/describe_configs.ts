/**
 * DescribeConfigs, key 32: the settings of topics and of this broker, each with where its value
 * comes from.
 *
 * Served 1 to 4: 1 tells source and synonyms (KIP-226), 3 type and documentation (KIP-569), 4 is
 * flexible. Controllers serve it as well, and tell of themselves as brokers do (KIP-919).
 *
 * Topics, this broker, the cluster's default for brokers (name ""), groups and client metrics are
 * described. A broker's own settings, and the levels of its loggers, are answered by that broker
 * only.
 *
 * Knowingly different: the same question twice in a request is answered once. Fifty kilobytes of one
 * broker's name would else be answered with hundreds of megabytes.
 */
import {
  ClientMetricsConfig,
  CONFIG_SOURCES,
  ConfigError,
  type DescribedConfig,
  GroupConfig,
  TopicConfig,
} from "../../config/mod.ts";
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  type InputOf,
  KafkaError,
  RESOURCE,
} from "../../protocol/mod.ts";
import { defineSharedApi } from "../api.ts";
import type { Broker } from "../broker.ts";
import type { ControllerNode } from "../controller_apis/controller_node.ts";
import { asKafkaError, errorFields } from "../errors.ts";
import { requireThisBroker } from "../own_resources.ts";
import { mapInSlices } from "../slices.ts";
import { isTopicName } from "../topic_names.ts";

type Resource = DescribeConfigsRequest["resources"][number];
type Result = NonNullable<InputOf<typeof DescribeConfigsResponse>["results"]>[number];
type Config = NonNullable<Result["configs"]>[number];
/** Of either role: a controller tells of itself as of a broker. */
type DescribedNode = Broker | ControllerNode;

/** The source of what is set for all brokers. */
const OF_THE_CLUSTER = CONFIG_SOURCES.dynamicDefaultBroker;

export const describeConfigs = defineSharedApi({
  key: 32,
  name: "DescribeConfigs",
  request: DescribeConfigsRequest,
  response: DescribeConfigsResponse,
  versions: [1, 4],

  handle(request, _context, broker) {
    const resources = new Map(request.resources.map((each) => [JSON.stringify(each), each]));
    const results = mapInSlices(
      resources.values(),
      (resource) => describe(resource, request, broker),
      broker.clock,
    );
    return Array.isArray(results) ? { results } : results.then((all) => ({ results: all }));
  },

  failed: ({ resources }, error) => ({
    results: resources.map(({ resourceType, resourceName }) => ({
      resourceType,
      resourceName,
      ...errorFields(error),
      configs: [],
    })),
  }),
});

function describe(
  resource: Resource,
  request: DescribeConfigsRequest,
  broker: DescribedNode,
): Result {
  const { resourceType, resourceName, configurationKeys } = resource;
  try {
    const wanted = configurationKeys?.length ? new Set(configurationKeys) : undefined; // none: all
    const configs = configsOf(resource, broker)
      .filter(({ name }) => wanted === undefined || wanted.has(name))
      .map((config) => answered(config, request));
    return { errorCode: 0, errorMessage: "", resourceType, resourceName, configs };
  } catch (error) {
    const asError = error instanceof ConfigError
      ? new KafkaError("INVALID_CONFIG", error.message)
      : asKafkaError(error, broker.log);
    return { ...errorFields(asError), resourceType, resourceName, configs: [] };
  }
}

function configsOf(
  { resourceType, resourceName }: Resource,
  broker: DescribedNode,
): DescribedConfig[] {
  switch (resourceType) {
    case RESOURCE.topic:
      return topicConfigs(resourceName, broker);
    case RESOURCE.broker:
      return brokerConfigs(resourceName, broker);
    case RESOURCE.brokerLogger:
      requireThisBroker(resourceName, broker.nodeId);
      return broker.loggers.names().map((name) => describeLogger(name, broker));
    case RESOURCE.clientMetrics:
      requireName(resourceName);
      return ClientMetricsConfig.from(setFor(RESOURCE.clientMetrics, resourceName, broker))
        .describe();
    case RESOURCE.group:
      requireName(resourceName);
      return GroupConfig.from(setFor(RESOURCE.group, resourceName, broker), broker.config)
        .describe();
    default:
      throw new KafkaError("INVALID_REQUEST", `Cannot describe a resource of type ${resourceType}`);
  }
}

/** What was set for a resource, without defaults. */
const setFor = (type: number, name: string, broker: DescribedNode) =>
  broker.image().configsOf({ type, name });

function requireName(name: string): void {
  if (name === "") throw new KafkaError("INVALID_REQUEST", "The resource needs a name");
}

function topicConfigs(topic: string, broker: DescribedNode): DescribedConfig[] {
  if (!isTopicName(topic)) throw new KafkaError("INVALID_TOPIC_EXCEPTION");
  if (broker.image().topicByName(topic) === undefined) {
    throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `Cannot find the topic "${topic}"`);
  }
  return TopicConfig.from(setFor(RESOURCE.topic, topic, broker), broker.config).describe();
}

/** The name "" asks for what the whole cluster has set, and for nothing else. */
function brokerConfigs(name: string, broker: DescribedNode): DescribedConfig[] {
  if (name !== "") {
    requireThisBroker(name, broker.nodeId);
    return broker.config.describe();
  }
  const clusterWide = setFor(RESOURCE.broker, "", broker);
  return broker.config.describe()
    .filter((config) => clusterWide.has(config.name))
    .map((config) => {
      const synonyms = config.synonyms.filter(({ source }) => source === OF_THE_CLUSTER);
      return { ...config, value: synonyms[0].value, source: OF_THE_CLUSTER, synonyms };
    });
}

function describeLogger(name: string, { loggers }: DescribedNode): DescribedConfig {
  return {
    name,
    value: loggers.levelOf(name),
    type: 0,
    isReadOnly: false,
    isSensitive: false,
    source: CONFIG_SOURCES.dynamicLogger,
    synonyms: [],
    documentation: "",
  };
}

function answered(config: DescribedConfig, request: DescribeConfigsRequest): Config {
  const { name, value, type, isReadOnly, isSensitive, source, synonyms, documentation } = config;
  const shown = (text: string | null) => isSensitive ? null : text;
  return {
    name,
    value: shown(value),
    readOnly: isReadOnly,
    configSource: source,
    isSensitive,
    synonyms: request.includeSynonyms
      ? synonyms.map((synonym) => ({ ...synonym, value: shown(synonym.value) }))
      : [],
    configType: type,
    // What has none, a logger, says so unasked.
    documentation: request.includeDocumentation || documentation === "" ? documentation : null,
  };
}
