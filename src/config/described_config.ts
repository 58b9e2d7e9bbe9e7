/** What DescribeConfigs tells of one setting. */
import { type Setting, SETTING_TYPES } from "./setting.ts";
import { whyWithoutEffect } from "./without_effect.ts";

/** Where a value comes from, by Kafka's numbers (KIP-226). */
export const CONFIG_SOURCES = {
  topic: 1,
  dynamicBroker: 2,
  /** Set for the whole cluster, as the default of its brokers. */
  dynamicDefaultBroker: 3,
  /** The node's own file or flags. */
  staticBroker: 4,
  default: 5,
  dynamicLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const;
export type ConfigSource = typeof CONFIG_SOURCES[keyof typeof CONFIG_SOURCES];

/** One place that gives a value, the one that counts first. */
export interface ConfigSynonym {
  readonly name: string;
  /** null for what must not be shown. */
  readonly value: string | null;
  readonly source: ConfigSource;
}

export interface DescribedConfig {
  readonly name: string;
  /** null for no value, and for what must not be shown. */
  readonly value: string | null;
  /** Kafka's number for the type; see `SETTING_TYPES`. 0 when it is not known. */
  readonly type: number;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly source: ConfigSource;
  readonly synonyms: readonly ConfigSynonym[];
  /** null where Kafka has none: for one of a single listener, or one that nobody knows. */
  readonly documentation: string | null;
}

export function describeSetting(
  name: string,
  setting: Setting<unknown>,
  value: string | null,
  synonyms: readonly ConfigSynonym[],
  isReadOnly: boolean,
): DescribedConfig {
  const isSensitive = setting.type === "password";
  const reason = whyWithoutEffect(name);
  return {
    name,
    value: isSensitive ? null : value,
    type: SETTING_TYPES[setting.type],
    isReadOnly,
    isSensitive,
    source: synonyms[0]?.source ?? CONFIG_SOURCES.default,
    synonyms,
    documentation: reason ? `${setting.doc} Without effect: ${reason}.` : setting.doc,
  };
}

/** One that nobody knows: kept for whom it is meant for, and not shown, as it may be a secret. */
export function describeUnknown(name: string, synonyms: readonly ConfigSynonym[]): DescribedConfig {
  return {
    name,
    value: null,
    type: 0,
    isReadOnly: true,
    isSensitive: true,
    source: synonyms[0].source,
    synonyms,
    documentation: null,
  };
}
