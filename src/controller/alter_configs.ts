/**
 * IncrementalAlterConfigs (44) and AlterConfigs (33): settings of topics, brokers, groups and
 * subscriptions to clients' figures. A resource changes whole or not at all; the resources of a
 * request are decided each by itself. What is stored is text; what it means is `config`'s.
 */
import { repeated } from "../base/mod.ts";
import {
  BrokerConfig,
  checkDynamicChange,
  ClientMetricsConfig,
  ConfigError,
  GroupConfig,
  splitList,
  TopicConfig,
} from "../config/mod.ts";
import { type ConfigResource, metadataRecord } from "../metadata/mod.ts";
import {
  type AlterConfigsRequest,
  type AlterConfigsResponse,
  errorCode,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
  KafkaError,
  type MetadataRecord,
  RESOURCE,
} from "../protocol/mod.ts";
import { describeRefusal, LONGEST_CONFIG_VALUE } from "./create_topics.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { checkMinIsrChange, forgetEligible } from "./elr_settings.ts";
import { checkTopicName } from "./topic_names.ts";

const OPERATION = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** One change: null removes the setting. */
type Changes = ReadonlyMap<string, string | null>;

export function incrementalAlterConfigs(
  request: IncrementalAlterConfigsRequest,
  context: DecisionContext,
): Decision<IncrementalAlterConfigsResponse> {
  return alter(request, context, (resource) => incrementalChanges(resource, context));
}

/** The older form: what is not named is removed. */
export function alterConfigs(
  request: AlterConfigsRequest,
  context: DecisionContext,
): Decision<AlterConfigsResponse> {
  return alter(request, context, (resource) => {
    const changes = new Map<string, string | null>();
    for (const { name, value } of resource.configs) {
      if (value === null) throw new KafkaError("INVALID_REQUEST", `Cannot set ${name} to null`);
      changes.set(name, value);
    }
    for (const name of context.image.configsOf(idOf(resource)).keys()) {
      if (!changes.has(name)) changes.set(name, null);
    }
    return changes;
  });
}

type Resource = IncrementalAlterConfigsRequest["resources"][number];
type AnyResource = AlterConfigsRequest["resources"][number];

const idOf = ({ resourceType, resourceName }: AnyResource): ConfigResource => ({
  type: resourceType,
  name: resourceName,
});

function alter<R extends AnyResource>(
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  context: DecisionContext,
  changesOf: (resource: R) => Changes,
): Decision<IncrementalAlterConfigsResponse> {
  const records: MetadataRecord[] = [];
  const keyOf = ({ resourceType, resourceName }: AnyResource) => `${resourceType}:${resourceName}`;
  const repeatedKeys = repeated(request.resources.map(keyOf));
  const responses = request.resources.map((resource) => {
    const { resourceType, resourceName, configs } = resource;
    const key = keyOf(resource);
    try {
      if (repeatedKeys.has(key)) {
        throw new KafkaError("INVALID_REQUEST", "The request names the resource more than once");
      }
      const [twice] = repeated(configs.map(({ name }) => name));
      if (twice !== undefined) {
        throw new KafkaError("INVALID_REQUEST", `The request changes ${twice} more than once`);
      }
      checkExists(idOf(resource), context);
      const changes = changesOf(resource);
      checkChanges(idOf(resource), changes, context);
      checkMinIsrChange(idOf(resource), changes, context.image);
      records.push(...recordsOf(idOf(resource), changes, context));
      return { errorCode: 0, errorMessage: null, resourceType, resourceName };
    } catch (error) {
      const [code, errorMessage] = describeChangeRefusal(error, resourceType);
      return { errorCode: code, errorMessage, resourceType, resourceName };
    }
  });
  return {
    records: request.validateOnly ? [] : records,
    response: { throttleTimeMs: 0, responses },
  };
}

/**
 * Kafka calls a setting that makes no sense an invalid request for brokers, and for client metrics
 * when nobody has it or a number is out of its range.
 */
function describeChangeRefusal(error: unknown, resourceType: number): [number, string] {
  if (!(error instanceof ConfigError)) return describeRefusal(error);
  const { setting, value, message } = error;
  const isRequest = resourceType === RESOURCE.broker ||
    resourceType === RESOURCE.clientMetrics &&
      (ClientMetricsConfig.setting(setting) === undefined ||
        setting === "interval.ms" && isInt32(String(value)));
  return isRequest ? [errorCode("INVALID_REQUEST"), message] : describeRefusal(error);
}

const isInt32 = (text: string) =>
  /^\s*[+-]?\d+\s*$/.test(text) && Number(text) === (Number(text) | 0);

function checkExists({ type, name }: ConfigResource, { image }: DecisionContext): void {
  switch (type) {
    case RESOURCE.topic:
      checkTopicName(name);
      if (image.topicIdOf(name) === undefined) throw new KafkaError("UNKNOWN_TOPIC_OR_PARTITION");
      return;
    case RESOURCE.broker:
      if (name === "") return;
      if (!/^\d+$/.test(name)) {
        throw new KafkaError("INVALID_REQUEST", `"${name}" is no broker's id`);
      }
      if (!image.brokers.has(Number(name)) && !image.controllers.has(Number(name))) {
        throw new KafkaError("INVALID_REQUEST", `There is no broker ${name}`);
      }
      return;
    case RESOURCE.clientMetrics:
    case RESOURCE.group:
      if (name === "") throw new KafkaError("INVALID_REQUEST", "The resource needs a name");
      return;
    default:
      throw new KafkaError(
        "INVALID_REQUEST",
        `Resources of type ${type} have no settings at the controller`,
      );
  }
}

function incrementalChanges(resource: Resource, { image }: DecisionContext): Changes {
  const current = image.configsOf(idOf(resource));
  const changes = new Map<string, string | null>();
  for (const { name, configOperation, value } of resource.configs) {
    if (value === null && configOperation !== OPERATION.delete) {
      throw new KafkaError("INVALID_REQUEST", `Cannot set ${name} to null`);
    }
    switch (configOperation) {
      case OPERATION.set:
        changes.set(name, value);
        break;
      case OPERATION.delete:
        changes.set(name, null);
        break;
      case OPERATION.append:
      case OPERATION.subtract: {
        const before = listOf(idOf(resource), name, current.get(name));
        const given = splitList(value!);
        const after = configOperation === OPERATION.append
          ? [...before, ...without(given, before)]
          : without(before, given);
        changes.set(name, after.join(","));
        break;
      }
      default:
        throw new KafkaError(
          "INVALID_REQUEST",
          `Operation ${configOperation} on ${name} is unknown`,
        );
    }
  }
  return changes;
}

const settingOf = (type: number, name: string) =>
  type === RESOURCE.topic
    ? TopicConfig.setting(name)
    : type === RESOURCE.broker
    ? BrokerConfig.setting(name)
    : type === RESOURCE.group
    ? GroupConfig.setting(name)
    : ClientMetricsConfig.setting(name);

function without(members: readonly string[], others: readonly string[]): string[] {
  const gone = new Set(others);
  return members.filter((each) => !gone.has(each));
}

/** The members that a list has now: as set, or else Kafka's default, whatever brokers have. */
function listOf({ type }: ConfigResource, name: string, current: string | undefined): string[] {
  const setting = settingOf(type, name);
  if (setting !== undefined && setting.type !== "list") {
    throw new ConfigError(
      name,
      current,
      "a list",
      `Cannot append to or subtract from ${name}: it is no list`,
    );
  }
  return splitList(current ?? setting?.format(setting.default) ?? "");
}

function checkChanges(
  { type, name: of }: ConfigResource,
  changes: Changes,
  context: DecisionContext,
): void {
  const { image, config } = context;
  for (const [name, value] of changes) {
    if (value === null) continue;
    if (value.length > LONGEST_CONFIG_VALUE) {
      throw new KafkaError("INVALID_CONFIG", `Cannot set ${name}: the value is too long`);
    }
    if (type === RESOURCE.topic) TopicConfig.validate(name, value);
    else if (type === RESOURCE.group) GroupConfig.validate(name, value, config);
    else if (type === RESOURCE.clientMetrics) ClientMetricsConfig.validate(name, value);
  }
  const after = new Map(image.configsOf({ type, name: of }));
  for (const [name, value] of changes) value === null ? after.delete(name) : after.set(name, value);
  if (type === RESOURCE.broker) checkBrokerChange(of, after, context);
  if (type !== RESOURCE.topic) return;
  // Names that a later version wrote are kept, and are no reason to refuse a change to others.
  for (const name of after.keys()) if (TopicConfig.setting(name) === undefined) after.delete(name);
  TopicConfig.validateAll(after, config);
}

/**
 * A change for all brokers has to be right for each that there is. As to what their own files say,
 * only this node's is known here.
 */
function checkBrokerChange(
  of: string,
  after: ReadonlyMap<string, string>,
  { image, config }: DecisionContext,
): void {
  for (const id of of === "" ? image.brokers.keys() : [of]) {
    const own = image.configsOf({ type: RESOURCE.broker, name: String(id) });
    const before = config.with({ ...config.dynamic, broker: own });
    checkDynamicChange(before, of === "" ? "cluster" : "broker", after);
  }
}

function recordsOf(resource: ConfigResource, changes: Changes, { image }: DecisionContext) {
  const current = image.configsOf(resource);
  const records = [...changes]
    // Setting a broker to what it is set to makes it read its files anew (a key store, say), as in
    // Kafka.
    .filter(([name, value]) =>
      resource.type === RESOURCE.broker || (current.get(name) ?? null) !== value
    )
    .map(([name, value]) =>
      metadataRecord("ConfigRecord", 0, {
        resourceType: resource.type,
        resourceName: resource.name,
        name,
        value,
      })
    );
  return [...records, ...forgetEligible(resource, records.map(({ value }) => value.name), image)];
}
