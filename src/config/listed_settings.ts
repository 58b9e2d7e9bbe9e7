/** Every setting there is, for each kind of resource, as people and `COMPATIBILITY.md` want it. */
import type { Dynamic, Setting, SettingType } from "./setting.ts";
import { BROKER_SETTINGS } from "./settings/broker.ts";
import { CLIENT_METRICS_SETTINGS, GROUP_SETTINGS } from "./settings/resources.ts";
import { TOPIC_SETTINGS } from "./settings/topic.ts";
import { whyWithoutEffect } from "./without_effect.ts";

const TABLES = {
  topic: TOPIC_SETTINGS,
  broker: BROKER_SETTINGS,
  group: GROUP_SETTINGS,
  "client-metrics": CLIENT_METRICS_SETTINGS,
};
/** What has settings, by the words of Kafka's own tool. */
export type SettingKind = keyof typeof TABLES;
export const SETTING_KINDS = Object.keys(TABLES) as SettingKind[];

export interface ListedSetting {
  readonly kind: SettingKind;
  readonly name: string;
  readonly type: SettingType;
  /** As text; null for none. Where {@link from} is set, what that has comes first. */
  readonly default: string | null;
  /** The broker's setting that is its default. */
  readonly from: string | null;
  /** As the end of "it must be …". */
  readonly allowed: string;
  /** A broker's: whether it may change while it runs. All others may. */
  readonly dynamic: Dynamic;
  readonly hasEffect: boolean;
  /** Why it has none. */
  readonly reason: string | null;
  readonly doc: string;
}

/** Those of one kind by name, without Kafka's internal ones. */
export function listSettings(kind: SettingKind): ListedSetting[] {
  return Object.entries(TABLES[kind] as Record<string, Setting<unknown>>)
    .filter(([, { isHidden }]) => !isHidden)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, setting]) => {
      const reason = whyWithoutEffect(name) ?? null;
      return {
        kind,
        name,
        type: setting.type,
        default: setting.format(setting.default),
        from: setting.from ?? null,
        allowed: setting.allowed,
        dynamic: kind === "broker" ? setting.dynamic : "cluster",
        hasEffect: reason === null,
        reason,
        doc: setting.doc,
      };
    });
}
