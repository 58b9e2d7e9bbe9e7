/**
 * config: every setting, declared once in `settings/`, under Kafka's names. {@link BrokerConfig} is
 * a node's, from `server.properties`, flags and the metadata log; {@link TopicConfig}, {@link
 * GroupConfig} and {@link ClientMetricsConfig} have the broker's for their defaults. All are
 * immutable, give typed values by name, check what is set, and describe themselves as
 * DescribeConfigs wants it. {@link parseProperties} reads Java's property files.
 *
 * A change while the broker runs is checked by {@link checkDynamicChange} and counts at once, or
 * is refused where the setting is read once. What is accepted and changes nothing stands in
 * `without_effect.ts` with the reason, and nowhere else. {@link listSettings} tells all of it.
 *
 * What makes no sense is a {@link ConfigError} that names the setting, the value and what is
 * allowed; a wrong name suggests the nearest. Where a default of ours differs from Kafka's:
 * `listeners` is the loopback address only, `log.dir` is `./streamer-data`, and `process.roles` and
 * `node.id` need not be given. Kafka's replication factors for internal topics stay; whoever
 * creates those caps them at the number of brokers.
 */
export {
  BrokerConfig,
  type BrokerSettings,
  type DynamicScope,
  type DynamicSettings,
} from "./broker_config.ts";
export { controllerNames, isAlone, seeksQuorum } from "./check_cluster.ts";
export { ConfigError } from "./config_error.ts";
export {
  CONFIG_SOURCES,
  type ConfigSource,
  type ConfigSynonym,
  type DescribedConfig,
} from "./described_config.ts";
export { ClientMetricsConfig, GroupConfig } from "./group_config.ts";
export {
  type ListenerAddress,
  parseAddress,
  parseListeners,
  SECURITY_PROTOCOLS,
  type SecurityProtocol,
} from "./listeners.ts";
export { checkDynamicChange } from "./dynamic_change.ts";
export { LEADER_SELECTOR, RACK_AWARE_SELECTOR } from "./settings/replication.ts";
export {
  type ListedSetting,
  listSettings,
  SETTING_KINDS,
  type SettingKind,
} from "./listed_settings.ts";
export { type Limit, type LimitName, LIMITS, type OnLimit } from "./limits.ts";
export { LinearPattern } from "./linear_pattern.ts";
export { parseProperties } from "./properties.ts";
export { NO_LIMIT, type Setting, SETTING_TYPES, type SettingType, splitList } from "./setting.ts";
export type { BrokerSetting } from "./settings/broker.ts";
export { OWN_SETTING_NAMES } from "./settings/own.ts";
export type { QuorumVoter } from "./settings/node.ts";
export type {
  ClientMetricsSetting,
  ClientMetricsSettings,
  GroupSetting,
  GroupSettings,
} from "./settings/resources.ts";
export type { TopicSetting, TopicSettings } from "./settings/topic.ts";
export { TopicConfig } from "./topic_config.ts";
export { whyWithoutEffect } from "./without_effect.ts";
