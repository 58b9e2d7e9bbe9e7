/** The settings of one topic. */
import type { BrokerConfig } from "./broker_config.ts";
import { ConfigError } from "./config_error.ts";
import { CONFIG_SOURCES } from "./described_config.ts";
import { OverriddenConfig } from "./overridden_config.ts";
import { parseSetting, unknownSetting } from "./parse_setting.ts";
import { refuseGone } from "./prefixed_settings.ts";
import type { Setting } from "./setting.ts";
import { TOPIC_SETTINGS, type TopicSetting } from "./settings/topic.ts";

export class TopicConfig extends OverriddenConfig<typeof TOPIC_SETTINGS> {
  /**
   * A topic's own settings over the broker's. Names that are unknown don't count (a later version
   * may have written them); a value that is not allowed throws {@link ConfigError}.
   */
  static from(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): TopicConfig {
    return new TopicConfig(TOPIC_SETTINGS, CONFIG_SOURCES.topic, overrides, broker);
  }

  /** Throws {@link ConfigError} for a name that nobody knows or a value that is not allowed. */
  static validate(name: string, value: string): void {
    const setting = TopicConfig.setting(name);
    if (!setting) {
      refuseGone(name, value);
      throw unknownSetting("topic", name, value, Object.keys(TOPIC_SETTINGS));
    }
    parseSetting(name, setting, value);
  }

  /** The same for all that a topic is to have, and that they go together. */
  static validateAll(overrides: ReadonlyMap<string, string>, broker: BrokerConfig): void {
    for (const [name, value] of overrides) TopicConfig.validate(name, value);
    const config = TopicConfig.from(overrides, broker);
    const [min, max] = [config.get("min.compaction.lag.ms"), config.get("max.compaction.lag.ms")];
    if (min > max) {
      throw new ConfigError("min.compaction.lag.ms", min, `at most max.compaction.lag.ms, ${max}`);
    }
    if (config.get("remote.storage.enable")) {
      throw new ConfigError("remote.storage.enable", true, "false: there is no tiered storage yet");
    }
  }

  /** The declaration: type, range, default, text. */
  static setting(name: string): Setting<unknown> | undefined {
    return Object.hasOwn(TOPIC_SETTINGS, name)
      ? TOPIC_SETTINGS[name as TopicSetting] as Setting<unknown>
      : undefined;
  }
}
