/**
 * Settings that, when they are not given, are worked out from others: Kafka's synonyms in other
 * units (hours, minutes, milliseconds) and defaults that depend on the rest.
 */
import type { BrokerConfig } from "./broker_config.ts";
import type { ListenerAddress } from "./listeners.ts";

/** What `get` gives for these, which is never null although the declared default is. */
export interface DerivedSettings {
  "broker.id": number;
  "node.id": number;
  "log.retention.ms": number;
  "log.roll.ms": number;
  "log.roll.jitter.ms": number;
  "log.flush.interval.ms": number;
  "log.dirs": readonly string[];
  "metadata.log.dir": string;
  "advertised.listeners": readonly ListenerAddress[];
  "controller.listener.names": readonly string[];
  "inter.broker.listener.name": string;
  "early.start.listeners": readonly string[];
  "num.replica.alter.log.dirs.threads": number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

type Derive = {
  readonly [N in keyof DerivedSettings]: (config: BrokerConfig) => DerivedSettings[N];
};

/** By name, for when the setting itself is not given. */
export const DERIVE: Derive = {
  "node.id": (config) => config.isSet("broker.id") ? config.declared("broker.id") : 1,
  "broker.id": (config) => config.get("node.id"),
  "log.retention.ms": (config) => {
    const minutes = config.get("log.retention.minutes");
    const ms = minutes === null ? config.get("log.retention.hours") * HOUR_MS : minutes * MINUTE_MS;
    return ms < 0 ? -1 : ms;
  },
  "log.roll.ms": (config) => config.get("log.roll.hours") * HOUR_MS,
  "log.roll.jitter.ms": (config) => config.get("log.roll.jitter.hours") * HOUR_MS,
  "log.flush.interval.ms": (config) => config.get("log.flush.scheduler.interval.ms"),
  "log.dirs": (config) => config.get("log.dir"),
  "metadata.log.dir": (config) => config.get("log.dirs")[0],
  "advertised.listeners": (config) => {
    const controllers = config.get("controller.listener.names");
    return config.get("listeners").filter(({ name }) => !controllers.includes(name));
  },
  "controller.listener.names": () => ["CONTROLLER"], // in Kafka it must be given
  "inter.broker.listener.name": (config) => config.get("security.inter.broker.protocol"),
  "early.start.listeners": (config) => config.get("controller.listener.names"),
  "num.replica.alter.log.dirs.threads": (config) => config.get("log.dirs").length,
};
