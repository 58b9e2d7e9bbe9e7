/**
 * Names that are not in the table and are still known: settings for one listener or one mechanism,
 * settings that are handed to plugins by a prefix, and those that older Kafkas had.
 */
import { ConfigError } from "./config_error.ts";
import { parseSetting } from "./parse_setting.ts";
import { brokerSetting } from "./settings/broker.ts";

const LISTENER_PREFIX = /^listener\.name\.([a-z0-9_-]+)\.(.+)$/;
const MECHANISM_PREFIX = /^(?:plain|gssapi|oauthbearer|scram-sha-(?:256|512))\.(sasl\..+)$/;
const PLUGIN_PREFIX = /^(?:rsm\.config|rlmm\.config|config\.providers\.[^.]+|metrics\.context)\./;

/** The setting that a prefixed name stands for, without its prefixes; undefined for other names. */
export function withoutPrefix(name: string): string | undefined {
  const inner = LISTENER_PREFIX.exec(name)?.[2];
  if (inner === undefined) return undefined;
  return MECHANISM_PREFIX.exec(inner)?.[1] ?? inner;
}

/** Whether the name is about this listener, named in lower case. */
export const isOfListener = (name: string, listener: string): boolean =>
  LISTENER_PREFIX.exec(name)?.[1] === listener;

/**
 * Whether the name is known by its prefix; its value is then checked. Throws {@link ConfigError}.
 */
export function acceptPrefixed(name: string, value: string): boolean {
  if (PLUGIN_PREFIX.test(name)) return true;
  const inner = withoutPrefix(name);
  const setting = inner === undefined ? undefined : brokerSetting(inner);
  if (setting === undefined) return false;
  parseSetting(name, setting, value);
  return true;
}

const GONE: readonly (readonly [names: RegExp, why: string])[] = [
  [/^zookeeper\./, "Kafka has no ZooKeeper since 4.0; leave it out"],
  [
    /^(inter\.broker\.protocol\.version|log\.message\.(format\.version|downconversion\.enable)|message\.(format\.version|downconversion\.enable))$/,
    "records and requests have one format since Kafka 4.0; leave it out",
  ],
  [
    /^(log\.)?message\.timestamp\.difference\.max\.ms$/,
    "Kafka 4.0 split it into (log.)message.timestamp.before.max.ms and .after.max.ms",
  ],
  [/^(advertised\.)?(host\.name|port)$/, "use listeners and advertised.listeners"],
  [/^delegation\.token\.master\.key$/, "it is called delegation.token.secret.key now"],
  [
    /^(broker\.id\.generation\.enable|reserved\.broker\.max\.id|control\.plane\.listener\.name|password\.encoder\..*|offsets\.commit\.required\.acks|auto\.include\.jmx\.reporter|controlled\.shutdown\.(max\.retries|retry\.backoff\.ms))$/,
    "Kafka 4.0 dropped it; leave it out",
  ],
];

/** Throws {@link ConfigError} for a name that Kafka had once. */
export function refuseGone(name: string, value: string): void {
  const why = GONE.find(([names]) => names.test(name))?.[1];
  if (why !== undefined) {
    throw new ConfigError(name, value, "left out", `There is no setting ${name} any more: ${why}`);
  }
}
