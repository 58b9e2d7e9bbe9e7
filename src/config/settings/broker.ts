/**
 * Every setting of a node, by subject; Kafka's names, types, defaults and ranges, and a few of our
 * own.
 */
import type { Setting, ValuesOf } from "../setting.ts";
import { GROUPS_SETTINGS } from "./groups.ts";
import { LOG_SETTINGS } from "./log.ts";
import { METRICS_SETTINGS } from "./metrics.ts";
import { NETWORK_SETTINGS } from "./network.ts";
import { NODE_SETTINGS } from "./node.ts";
import { OWN_SETTINGS } from "./own.ts";
import { REMOTE_SETTINGS } from "./remote.ts";
import { REPLICATION_SETTINGS } from "./replication.ts";
import { SECURITY_SETTINGS } from "./security.ts";
import { SHARE_SETTINGS } from "./share.ts";
import { SSL_SETTINGS } from "./ssl.ts";
import { TOPICS_SETTINGS } from "./topics.ts";
import { TRANSACTIONS_SETTINGS } from "./transactions.ts";

export const BROKER_SETTINGS = {
  ...NODE_SETTINGS,
  ...NETWORK_SETTINGS,
  ...TOPICS_SETTINGS,
  ...LOG_SETTINGS,
  ...REPLICATION_SETTINGS,
  ...GROUPS_SETTINGS,
  ...SHARE_SETTINGS,
  ...TRANSACTIONS_SETTINGS,
  ...SSL_SETTINGS,
  ...SECURITY_SETTINGS,
  ...REMOTE_SETTINGS,
  ...METRICS_SETTINGS,
  ...OWN_SETTINGS,
};

export type BrokerSetting = keyof typeof BROKER_SETTINGS;
export type DeclaredBrokerSettings = ValuesOf<typeof BROKER_SETTINGS>;

export function brokerSetting(name: string): Setting<unknown> | undefined {
  return Object.hasOwn(BROKER_SETTINGS, name)
    ? BROKER_SETTINGS[name as BrokerSetting] as unknown as Setting<unknown>
    : undefined;
}
