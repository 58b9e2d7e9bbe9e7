/**
 * What of a node's settings may change while it runs, and to what: Kafka checks a change with all
 * that it would be set beside, as if the node were started anew with it, and then asks the parts
 * that would have to follow. So does this.
 */
import type { BrokerConfig, DynamicScope } from "./broker_config.ts";
import { checkTogether } from "./check_together.ts";
import { ConfigError } from "./config_error.ts";
import { parseSetting } from "./parse_setting.ts";
import { isOfListener, withoutPrefix } from "./prefixed_settings.ts";
import { type BrokerSetting, brokerSetting } from "./settings/broker.ts";

/** For all brokers at once these may be set of a listener, others only broker by broker. */
const OF_ANY_LISTENER = new Set([
  "max.connections",
  "max.connection.creation.rate",
  "num.network.threads",
]);

/** They are read when a listener opens, so that they are changed for one listener at a time. */
const BY_LISTENER_ONLY =
  /^ssl\.(keystore\.(type|location|password|key|certificate\.chain)|truststore\.(type|location|password|certificates)|key\.password)$/;

/** Counts of threads, which Kafka lets grow to the double and shrink to the half in one step. */
const THREADS = [
  "num.network.threads",
  "num.io.threads",
  "num.replica.fetchers",
  "num.recovery.threads.per.data.dir",
  "background.threads",
  "log.cleaner.threads",
  "remote.log.reader.threads",
  "remote.log.manager.copier.thread.pool.size",
  "remote.log.manager.expiration.thread.pool.size",
  "remote.log.manager.follower.thread.pool.size",
] as const;

/** It has to be a class of one kind, of which Kafka has the default only. */
const PRINCIPALS = "principal.builder.class";

/** Limits that may be 0 in a file, and not be set to it later. */
const NEVER_ZERO = new Set(["max.connections", "max.connection.creation.rate"]);

/**
 * Throws {@link ConfigError} for what can't be set while a node runs: one that only the start can
 * change, one of a single broker or listener when it is meant for all, a value that is not allowed
 * by itself or beside the others. What nobody knows is kept, as Kafka keeps it for plugins.
 *
 * @param texts all that is to be set in this scope, what stays included
 */
export function checkDynamicChange(
  before: BrokerConfig,
  scope: DynamicScope,
  texts: ReadonlyMap<string, string>,
): void {
  for (const [name, text] of texts) {
    const inner = withoutPrefix(name);
    if (inner === undefined) checkChangeable(name, text, scope);
    else if (scope === "cluster" && !OF_ANY_LISTENER.has(inner)) throw onlyForOne(name, text);
    const setting = brokerSetting(inner ?? name);
    if (setting === undefined) continue;
    const value = parseSetting(name, setting, text);
    if (setting.type === "class") checkClass(name, text);
    if (value === 0 && NEVER_ZERO.has(inner ?? name) && isServed(name, before)) {
      throw new ConfigError(name, text, "at least 1");
    }
  }
  const after = before.with({ ...before.dynamic, [scope]: texts });
  checkTogether(after);
  checkReporters(after);
  for (const name of THREADS) checkThreads(name, before.get(name), after.get(name));
  const name = "num.network.threads"; // each listener has its own
  for (const { name: listener } of after.get("listeners")) {
    checkThreads(name, before.getFor(listener, name), after.getFor(listener, name));
  }
}

function checkChangeable(name: string, text: string, scope: DynamicScope): void {
  const setting = brokerSetting(name);
  if (setting === undefined) return;
  if (setting.dynamic === "no") {
    const message = `Cannot change ${name}: it needs a restart`;
    throw new ConfigError(name, text, "left as it is", message);
  }
  if (BY_LISTENER_ONLY.test(name)) {
    const message = `Cannot set ${name} while brokers run: it is set as listener.name.….${name}`;
    throw new ConfigError(name, text, "set for one listener", message);
  }
  if (setting.dynamic === "broker" && scope === "cluster") throw onlyForOne(name, text);
}

function onlyForOne(name: string, text: string): ConfigError {
  const message = `Cannot set ${name} for all brokers: it is set for each by itself`;
  return new ConfigError(name, text, "set for one broker", message);
}

/** Whether it is about all listeners, or one that there is. */
function isServed(name: string, config: BrokerConfig): boolean {
  const listeners = config.get("listeners").map((listener) => listener.name.toLowerCase());
  return withoutPrefix(name) === undefined || listeners.some((each) => isOfListener(name, each));
}

/** Kafka finds out at once whether a class is there; those that come with it are. */
function checkClass(name: string, text: string): void {
  const isDefault = text.trim() === brokerSetting(name)?.default;
  if (
    isDefault || name !== PRINCIPALS && /^(org\.apache\.kafka|java)\.[\w.$]+$/.test(text.trim())
  ) return;
  throw new ConfigError(name, text, "a class that comes with Kafka");
}

/** The one reporter that comes with Kafka, or none. */
function checkReporters(config: BrokerConfig): void {
  if (config.text("metric.reporters") === undefined) return;
  for (const each of config.get("metric.reporters") ?? []) checkClass("metric.reporters", each);
}

function checkThreads(name: BrokerSetting, before: number, after: number): void {
  const [least, most] = [Math.floor(before / 2), before * 2];
  if (after >= least && after <= most) return;
  throw new ConfigError(name, after, `from ${least} to ${most}: from half to double, step by step`);
}
