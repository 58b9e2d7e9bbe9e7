/** Settings of something that has the broker's for its defaults: a topic, a group. */
import type { BrokerConfig } from "./broker_config.ts";
import {
  CONFIG_SOURCES,
  type ConfigSource,
  type DescribedConfig,
  describeSetting,
} from "./described_config.ts";
import { parseSetting } from "./parse_setting.ts";
import type { Setting, ValuesOf } from "./setting.ts";
import { type BrokerSetting, brokerSetting } from "./settings/broker.ts";

export type SettingTable = { readonly [name: string]: Setting<any> };

/**
 * Immutable. Overrides that are not in the table don't count: a later version may have written
 * them.
 */
export class OverriddenConfig<Table extends SettingTable> {
  readonly #table: Table;
  readonly #source: ConfigSource;
  readonly #values = new Map<string, unknown>();

  constructor(
    table: Table,
    source: ConfigSource,
    /** Name and text of what is set here. */
    readonly overrides: ReadonlyMap<string, string>,
    readonly broker: BrokerConfig,
  ) {
    this.#table = table;
    this.#source = source;
    for (const [name, text] of overrides) {
      if (Object.hasOwn(table, name)) this.#values.set(name, parseSetting(name, table[name], text));
    }
  }

  /** What is set here, or else the broker's. */
  get<N extends keyof Table & string>(name: N): ValuesOf<Table>[N] {
    let value = this.#values.get(name);
    if (value === undefined) {
      const setting = this.#table[name];
      value = setting.from !== undefined && brokerSetting(setting.from)
        ? this.broker.get(setting.from as BrokerSetting)
        : setting.default;
      this.#values.set(name, value);
    }
    return value as ValuesOf<Table>[N];
  }

  isSet(name: keyof Table & string): boolean {
    return this.overrides.has(name);
  }

  /** Every setting, in order of name. */
  describe(): DescribedConfig[] {
    return Object.keys(this.#table).sort().map((name) => {
      const setting = this.#table[name];
      const value = setting.format(this.get(name));
      const own = this.isSet(name) ? [{ name, value, source: this.#source }] : [];
      return describeSetting(name, setting, value, [...own, ...this.#inherited(setting)], false);
    });
  }

  #inherited({ from, default: byDefault, format }: Setting<unknown>) {
    if (from === undefined) return [];
    if (brokerSetting(from)) return this.broker.synonymsOf(from);
    // Kafka names a default of groups that is no setting of brokers.
    return [{ name: from, value: format(byDefault), source: CONFIG_SOURCES.default }];
  }
}
