/** Rules between settings: what each allows by itself may still not go together. */
import type { BrokerConfig, BrokerSettings } from "./broker_config.ts";
import { checkCluster, controllerNames } from "./check_cluster.ts";
import { ConfigError } from "./config_error.ts";

type NumberSetting = {
  [N in keyof BrokerSettings]: BrokerSettings[N] extends number ? N : never;
}[keyof BrokerSettings];

/** Each first must be at most the second. */
const AT_MOST: readonly (readonly [NumberSetting, NumberSetting])[] = [
  ["broker.heartbeat.interval.ms", "broker.session.timeout.ms"],
  ["group.min.session.timeout.ms", "group.max.session.timeout.ms"],
  ["replica.fetch.wait.max.ms", "replica.lag.time.max.ms"],
  ["log.cleaner.min.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"],
  ["add.partitions.to.txn.retry.backoff.ms", "add.partitions.to.txn.retry.backoff.max.ms"],
  ...["consumer", "share", "streams"].flatMap((kind) =>
    ["session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"].flatMap((what) =>
      within(`group.${kind}`, what)
    )
  ),
  ...["delivery.count.limit", "record.lock.duration.ms", "partition.max.record.locks"]
    .flatMap((what) => within("group.share", what)),
];

function within(prefix: string, what: string): [NumberSetting, NumberSetting][] {
  const [min, value, max] = [`${prefix}.min.${what}`, `${prefix}.${what}`, `${prefix}.max.${what}`];
  return [[min, value], [value, max]] as [NumberSetting, NumberSetting][];
}

/** Throws {@link ConfigError} for the first rule that is broken. */
export function checkTogether(config: BrokerConfig): void {
  for (const [smaller, larger] of AT_MOST) {
    const limit = config.get(larger);
    if (config.get(smaller) > limit) {
      throw new ConfigError(smaller, config.get(smaller), `at most ${larger}, which is ${limit}`);
    }
  }
  checkIds(config);
  checkTimes(config);
  checkLimits(config);
  checkFolders(config);
  checkAddresses(config);
  checkCluster(config);
}

function checkIds(config: BrokerConfig): void {
  if (config.isSet("node.id") && config.isSet("broker.id")) {
    const [node, broker] = [config.declared("node.id"), config.declared("broker.id")];
    if (node !== broker) throw new ConfigError("broker.id", broker, `the same as node.id, ${node}`);
  }
  if (config.get("node.id") < 0) {
    throw new ConfigError("broker.id", config.get("node.id"), "a whole number of at least 0");
  }
}

function checkTimes(config: BrokerConfig): void {
  for (
    const name of ["log.retention.ms", "log.retention.minutes", "log.retention.hours"] as const
  ) {
    if (config.get(name) === 0) throw new ConfigError(name, 0, "-1 for ever, or at least 1");
  }
  for (const what of ["ms", "bytes"] as const) {
    const [local, all] = [`log.local.retention.${what}`, `log.retention.${what}`] as const;
    checkLocal({ name: local, value: config.get(local) }, { name: all, value: config.get(all) });
  }
}

interface Named {
  readonly name: string;
  readonly value: number;
}

/** What stays here (-2: as long as the whole) is part of what stays at all (-1: for ever). */
function checkLocal(local: Named, all: Named): void {
  if (local.value === -2 || all.value < 0 || local.value >= 0 && local.value <= all.value) return;
  throw new ConfigError(local.name, local.value, `at most ${all.name}, which is ${all.value}`);
}

const CLEANER_BUFFER_BYTES = 1024 * 1024;

function checkLimits(config: BrokerConfig): void {
  const perIp = "max.connections.per.ip";
  if (config.get(perIp) === 0 && config.get(`${perIp}.overrides`).size === 0) {
    throw new ConfigError(perIp, 0, `at least 1 as long as ${perIp}.overrides is not set`);
  }
  const [threads, bytes] = ["log.cleaner.threads", "log.cleaner.dedupe.buffer.size"] as const;
  if (!config.get("log.cleaner.enable")) return;
  if (config.get(threads) === 0) throw new ConfigError(threads, 0, "at least 1");
  if (config.get(bytes) / config.get(threads) <= CLEANER_BUFFER_BYTES) {
    const allowed = `more than ${CLEANER_BUFFER_BYTES} for each of ${threads}`;
    throw new ConfigError(bytes, config.get(bytes), allowed);
  }
}

function checkFolders(config: BrokerConfig): void {
  const [folders, cordoned] = [config.get("log.dirs"), config.get("cordoned.log.dirs")];
  const strange = cordoned.find((each) => each !== "*" && !folders.includes(each));
  if (strange === undefined) return;
  throw new ConfigError("cordoned.log.dirs", cordoned.join(","), `folders of ${folders.join(",")}`);
}

const EVERYWHERE = new Set(["", "0.0.0.0", "::"]);

function checkAddresses(config: BrokerConfig): void {
  const listeners = config.get("listeners");
  const names = new Set(listeners.map(({ name }) => name));
  const ports = listeners.map(({ port }) => port).filter((port) => port !== 0);
  if (new Set(ports).size < ports.length) {
    throw new ConfigError("listeners", config.text("listeners"), "of listeners with a port each");
  }
  for (const { name, host } of config.get("advertised.listeners")) {
    const shown = config.text("advertised.listeners");
    if (shown === undefined) break; // taken from `listeners`, where an empty host is fine
    if (!names.has(name)) {
      throw new ConfigError(
        "advertised.listeners",
        shown,
        `of listeners that there are, not ${name}`,
      );
    }
    if (EVERYWHERE.has(host)) {
      throw new ConfigError("advertised.listeners", shown, "of addresses that clients can reach");
    }
  }
  const protocols = config.get("listener.security.protocol.map");
  const controllers = controllerNames(config);
  for (const name of names) {
    // As in Kafka, controllers' listeners are plain unless a map says otherwise.
    const isPlain = controllers.includes(name) && !config.isSet("listener.security.protocol.map");
    if (!protocols.has(name) && !isPlain) {
      throw new ConfigError(
        "listeners",
        config.text("listeners"),
        `of names that listener.security.protocol.map knows, and ${name} is not one`,
      );
    }
  }
}
