/** The settings of one group, and of one subscription to clients' figures. */
import { BrokerConfig } from "./broker_config.ts";
import { ConfigError } from "./config_error.ts";
import { CONFIG_SOURCES } from "./described_config.ts";
import { LinearPattern } from "./linear_pattern.ts";
import { OverriddenConfig, type SettingTable } from "./overridden_config.ts";
import { parseSetting, unknownSetting } from "./parse_setting.ts";
import type { Setting } from "./setting.ts";
import { type BrokerSetting, brokerSetting } from "./settings/broker.ts";
import { CLIENT_METRICS_SETTINGS, GROUP_SETTINGS } from "./settings/resources.ts";

export class GroupConfig extends OverriddenConfig<typeof GROUP_SETTINGS> {
  /** As `TopicConfig.from`. */
  static from(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): GroupConfig {
    return new GroupConfig(GROUP_SETTINGS, CONFIG_SOURCES.group, overrides, broker);
  }

  /**
   * Throws {@link ConfigError}, also for what is beyond the broker's minimum or maximum for groups.
   */
  static validate(name: string, value: string, broker: BrokerConfig): void {
    const setting = GroupConfig.setting(name);
    if (!setting) throw unknownSetting("group", name, value, Object.keys(GROUP_SETTINGS));
    const parsed = parseSetting(name, setting, value);
    if (typeof parsed !== "number") return;
    const [kind, what] = [name.slice(0, name.indexOf(".")), name.slice(name.indexOf(".") + 1)];
    const min = limit(broker, `group.${kind}.min.${what}`) ?? -Infinity;
    const max = limit(broker, `group.${kind}.max.${what.replace(/^num\./, "")}`) ?? Infinity;
    if (parsed < min) throw new ConfigError(name, value, `at least ${min}, the broker's minimum`);
    if (parsed > max) throw new ConfigError(name, value, `at most ${max}, the broker's maximum`);
  }

  static setting(name: string): Setting<unknown> | undefined {
    return settingIn(GROUP_SETTINGS, name);
  }
}

function limit(broker: BrokerConfig, name: string): number | undefined {
  return brokerSetting(name) ? broker.get(name as BrokerSetting) as number : undefined;
}

export class ClientMetricsConfig extends OverriddenConfig<typeof CLIENT_METRICS_SETTINGS> {
  /** As `TopicConfig.from`. */
  static from(overrides: ReadonlyMap<string, string>): ClientMetricsConfig {
    const broker = BrokerConfig.from(new Map());
    const source = CONFIG_SOURCES.clientMetrics;
    return new ClientMetricsConfig(CLIENT_METRICS_SETTINGS, source, overrides, broker);
  }

  /** Throws {@link ConfigError} for a name that nobody knows or a value that is not allowed. */
  static validate(name: string, value: string): void {
    const setting = ClientMetricsConfig.setting(name);
    if (!setting) {
      throw unknownSetting("client metrics", name, value, Object.keys(CLIENT_METRICS_SETTINGS));
    }
    const parsed = parseSetting(name, setting, value);
    if (name === "match") { for (const each of parsed as string[]) checkMatch(each, value); }
  }

  static setting(name: string): Setting<unknown> | undefined {
    return settingIn(CLIENT_METRICS_SETTINGS, name);
  }
}

/** What of a client may be matched (KIP-714). */
const MATCHED = [
  "client_instance_id",
  "client_id",
  "client_software_name",
  "client_software_version",
  "client_source_address",
  "client_source_port",
];

function checkMatch(each: string, value: string): void {
  const [key, pattern = "", ...more] = each.split("=").map((part) => part.trim());
  const isPattern = pattern !== "" && more.length === 0 && isRegularExpression(pattern);
  if (isPattern && MATCHED.includes(key)) return;
  throw new ConfigError("match", value, `key=pattern, with a key of ${MATCHED.join(", ")}`);
}

function isRegularExpression(pattern: string): boolean {
  try {
    new LinearPattern(pattern);
    return true;
  } catch {
    return false;
  }
}

function settingIn(table: SettingTable, name: string): Setting<unknown> | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
