/**
 * The settings of one node: its own file and flags, under what was set in the metadata log for all
 * brokers and for this one. The later counts: default, static, cluster-wide, this broker's own.
 */
import { checkTogether } from "./check_together.ts";
import { DERIVE, type DerivedSettings } from "./derived_settings.ts";
import {
  CONFIG_SOURCES,
  type ConfigSource,
  type ConfigSynonym,
  type DescribedConfig,
  describeSetting,
  describeUnknown,
} from "./described_config.ts";
import { parseSetting, unknownSetting } from "./parse_setting.ts";
import { acceptPrefixed, refuseGone, withoutPrefix } from "./prefixed_settings.ts";
import type { Setting } from "./setting.ts";
import {
  BROKER_SETTINGS,
  type BrokerSetting,
  brokerSetting,
  type DeclaredBrokerSettings,
} from "./settings/broker.ts";
import { whyWithoutEffect } from "./without_effect.ts";

/** The typed value of each setting of a node. */
export type BrokerSettings =
  & Omit<DeclaredBrokerSettings, keyof DerivedSettings>
  & DerivedSettings;

type Texts = ReadonlyMap<string, string>;

/** For whom something is set while brokers run: for all, or for one. */
export type DynamicScope = "cluster" | "broker";

/** What the metadata log says about this broker's settings. */
export interface DynamicSettings {
  /** For all brokers. */
  cluster?: Texts;
  /** For this one. */
  broker?: Texts;
}

const NONE: Texts = new Map();

/** Settings in several units: one stands for the others when those come first and are not given. */
const FAMILIES: readonly (readonly string[])[] = [
  ["log.retention.ms", "log.retention.minutes", "log.retention.hours"],
  ["log.roll.ms", "log.roll.hours"],
  ["log.roll.jitter.ms", "log.roll.jitter.hours"],
  ["log.flush.interval.ms", "log.flush.scheduler.interval.ms"],
];

/** Immutable; {@link with} makes another. */
export class BrokerConfig {
  /** The one that counts first. */
  readonly #layers: readonly (readonly [ConfigSource, Texts])[];
  /** What was worked out so far. */
  readonly #values = new Map<string, unknown>();

  private constructor(readonly fixed: Texts, readonly dynamic: DynamicSettings) {
    this.#layers = [
      [CONFIG_SOURCES.dynamicBroker, dynamic.broker ?? NONE],
      [CONFIG_SOURCES.dynamicDefaultBroker, dynamic.cluster ?? NONE],
      [CONFIG_SOURCES.staticBroker, fixed],
    ];
  }

  /**
   * From names and texts as in `server.properties`. Throws {@link ConfigError} for names that
   * nobody knows (and suggests), values that are not allowed, and values that don't go together.
   */
  static from(values: Texts): BrokerConfig {
    for (const [name, value] of values) BrokerConfig.validate(name, value);
    const config = new BrokerConfig(withBothIds(values), {});
    checkTogether(config);
    return config;
  }

  /** Throws {@link ConfigError} for a name that nobody knows or a value that is not allowed. */
  static validate(name: string, value: string): void {
    const setting = brokerSetting(name);
    if (setting) {
      parseSetting(name, setting, value);
      return;
    }
    if (acceptPrefixed(name, value)) return;
    refuseGone(name, value);
    throw unknownSetting("broker", name, value, Object.keys(BROKER_SETTINGS));
  }

  /** The declaration: type, range, default, text. */
  static setting(name: string): Setting<unknown> | undefined {
    return brokerSetting(name);
  }

  /**
   * This node's static settings under others from the metadata log. What is set there and is not
   * allowed doesn't count, as in Kafka: another release, or another broker, may have thought
   * otherwise.
   */
  with({ cluster = NONE, broker = NONE }: DynamicSettings): BrokerConfig {
    return new BrokerConfig(this.fixed, { cluster: allowed(cluster), broker: allowed(broker) });
  }

  /** The value that counts; worked out from others where Kafka does so (`log.retention.hours`). */
  get<N extends BrokerSetting>(name: N): BrokerSettings[N] {
    let value = this.#values.get(name);
    if (value === undefined) {
      value = this.#isGiven(name) || !Object.hasOwn(DERIVE, name)
        ? this.declared(name)
        : DERIVE[name as keyof DerivedSettings](this);
      this.#values.set(name, value);
    }
    return value as BrokerSettings[N];
  }

  /** The same without working out: null where nothing is given and the declared default is null. */
  declared<N extends BrokerSetting>(name: N): DeclaredBrokerSettings[N] {
    const setting = BROKER_SETTINGS[name] as unknown as Setting<DeclaredBrokerSettings[N]>;
    const text = this.text(name);
    return text === undefined ? setting.default : parseSetting(name, setting, text);
  }

  /** The text that was given, for any name, prefixed ones too; undefined when none was. */
  text(name: string): string | undefined {
    for (const [, texts] of this.#layers) {
      const text = texts.get(name);
      if (text !== undefined) return text;
    }
  }

  /** The value for one listener: `listener.name.<name>.<setting>`, or else the general one. */
  getFor<N extends BrokerSetting>(listener: string, name: N): BrokerSettings[N] {
    const prefixed = `listener.name.${listener.toLowerCase()}.${name}`;
    const text = this.text(prefixed);
    if (text === undefined) return this.get(name);
    const setting = BROKER_SETTINGS[name] as unknown as Setting<BrokerSettings[N]>;
    return parseSetting(prefixed, setting, text);
  }

  isSet(name: BrokerSetting): boolean {
    return this.text(name) !== undefined;
  }

  /** What was set and changes nothing as yet, with the reason; for a line at the start. */
  withoutEffect(): { name: string; reason: string }[] {
    return [...this.fixed.keys()].flatMap((name) => {
      const reason = whyWithoutEffect(withoutPrefix(name) ?? name);
      return reason === undefined ? [] : [{ name, reason }];
    });
  }

  /** Every setting, in order of name; hidden ones, and those without a declaration, when set. */
  describe(): DescribedConfig[] {
    const given = this.#layers.flatMap(([, texts]) => [...texts.keys()]);
    const shown = Object.keys(BROKER_SETTINGS).filter((name) => !brokerSetting(name)!.isHidden);
    return [...new Set([...shown, ...given])].sort().map((name) =>
      brokerSetting(name) ? this.#describe(name as BrokerSetting) : this.#describeOther(name)
    );
  }

  #describe(name: BrokerSetting): DescribedConfig {
    const setting = brokerSetting(name)!;
    const value = setting.format(this.declared(name));
    const described = describeSetting(
      name,
      setting,
      value,
      this.synonymsOf(name),
      setting.dynamic === "no",
    );
    return setting.isHidden ? { ...described, documentation: null } : described;
  }

  /** One of a single listener, or one that nobody knows, which may be a secret. */
  #describeOther(name: string): DescribedConfig {
    const inner = withoutPrefix(name);
    const setting = inner === undefined ? undefined : brokerSetting(inner);
    const own = this.#given([name]);
    const synonyms = inner === undefined ? own : [...own, ...this.synonymsOf(inner)];
    if (setting === undefined) return describeUnknown(name, synonyms);
    const value = setting.format(parseSetting(name, setting, this.text(name)!));
    return { ...describeSetting(name, setting, value, synonyms, true), documentation: null };
  }

  /** All places that give the setting a value, the one that counts first. */
  synonymsOf(name: string): ConfigSynonym[] {
    const family = FAMILIES.find((names) => names.includes(name)) ?? [name];
    const given = this.#given(family);
    const byDefault = family.flatMap((member) => {
      const setting = brokerSetting(member);
      const value = setting?.isHidden ? null : setting?.format(setting.default) ?? null;
      return value === null ? [] : [{ name: member, value, source: CONFIG_SOURCES.default }];
    });
    // As Kafka does it: a relative that counts before the setting itself is not told of.
    const all = [...given, ...byDefault];
    const own = all.findIndex((each) => each.name === name);
    return own < 0 ? [] : all.slice(own);
  }

  /** Where any of these names is set, and to what. */
  #given(names: readonly string[]): ConfigSynonym[] {
    return this.#layers.flatMap(([source, texts]) =>
      names.filter((name) => texts.has(name))
        .map((name) => synonym(name, texts.get(name)!, source))
    );
  }

  /** Null counts as not given, as in `log.retention.ms`. */
  #isGiven(name: BrokerSetting): boolean {
    return this.isSet(name) && this.declared(name) !== null;
  }
}

function allowed(texts: Texts): Texts {
  return new Map([...texts].filter(([name, text]) => {
    const inner = withoutPrefix(name);
    const setting = brokerSetting(inner ?? name);
    if (setting === undefined) return true;
    return (inner !== undefined || setting.dynamic !== "no") && setting.parse(text) !== undefined;
  }));
}

/** Kafka shows the broker's id under both names, whichever it was given under. */
function withBothIds(values: Texts): Texts {
  const id = values.get("node.id") ?? values.get("broker.id");
  return id === undefined
    ? new Map(values)
    : new Map([["node.id", id], ["broker.id", id], ...values]);
}

/** The text as it was given; what may be a secret is not told. */
function synonym(name: string, text: string, source: ConfigSource): ConfigSynonym {
  const type = brokerSetting(withoutPrefix(name) ?? name)?.type ?? "password";
  return { name, value: type === "password" ? null : text, source };
}
