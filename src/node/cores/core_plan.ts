/**
 * The brokers that one machine runs in one process, a core each: who is what, and where. The first
 * is the node as it would be alone, with its id, its ports, its folders and its part in the quorum:
 * a node grows into several and loses nothing. Each of the others is a broker and no more, so that
 * a machine is one voter however many cores it has, and its loss one vote. Its id and its ports lie
 * behind the first one's, its data in `cores/<id>` within the same folders, which may be whole
 * disks.
 *
 *     node 1   broker, controller   :9092   ./streamer-data
 *     node 2   broker               :9093   ./streamer-data/cores/2
 *     node 3   broker               :9094   ./streamer-data/cores/3
 *
 * All stand in one rack, the machine, unless its owner says which: replicas are spread over racks,
 * and two of a partition on one machine would go with it together.
 */
import {
  BrokerConfig,
  ConfigError,
  controllerNames,
  isAlone,
  type ListenerAddress,
  seeksQuorum,
  whyWithoutEffect,
} from "../../config/mod.ts";

/** One of them, as it is started. */
export interface CorePlan {
  readonly id: number;
  /** By Kafka's names, as texts. */
  readonly settings: ReadonlyMap<string, string>;
  /** The quorum is the first one's, and where that listens is not known before it does. */
  readonly awaitsController: boolean;
}

const CORES = "node.cores";
const VOTERS = "controller.quorum.voters";
const SERVERS = "controller.quorum.bootstrap.servers";
const LISTENERS = "listeners";
const ADVERTISED = "advertised.listeners";

/** Within each of the first one's folders. It cannot pass for a partition's, which has a dash. */
export const CORES_FOLDER = "cores";

/** A machine is one place to lose: copies in it are of no use, as they are not to a lone node. */
const INTERNAL_REPLICAS = [
  "offsets.topic.replication.factor",
  "transaction.state.log.replication.factor",
  "share.coordinator.state.topic.replication.factor",
];

/**
 * The plan for so many cores, the first one's first. Throws {@link ConfigError} for what cannot be.
 *
 * @param hostName the machine's, which is its rack where none was given
 */
export function planCores(
  config: BrokerConfig,
  { cores, hostName }: { cores: number; hostName: string },
): CorePlan[] {
  if (!config.get("process.roles").includes("broker")) {
    throw refusal(
      cores,
      "Cannot run a controller on more cores than one: each core is a broker, and process.roles " +
        "has none",
    );
  }
  const shared = {
    [CORES]: `${cores}`,
    "broker.rack": config.get("broker.rack") ?? hostName,
    ...cores > 1 ? withoutCopies(config) : {},
  };
  const plans = [
    first(config, { ...shared, ...cores > 1 ? withDoor(config) : {} }),
    ...Array.from({ length: cores - 1 }, (_, index) => other(config, index + 1, shared)),
  ];
  checkPorts(plans, cores);
  return plans;
}

/** Its settings, typed and checked; the quorum of one that awaits it is somewhere. */
export function configOf({ settings, awaitsController }: CorePlan): BrokerConfig {
  if (!awaitsController) return BrokerConfig.from(settings);
  return BrokerConfig.from(withController(settings, [{ name: "", host: "127.0.0.1", port: 1 }]));
}

/** What is known of the quorum once the first one listens. */
export function withController(
  settings: ReadonlyMap<string, string>,
  [controller]: readonly ListenerAddress[],
): ReadonlyMap<string, string> {
  const host = LOOPBACK_OF[controller.host] ?? controller.host;
  return new Map(settings).set(SERVERS, shownAddress({ ...controller, host }));
}

/** The same ports again where the system chose them: others know them by now. */
export function withRealPorts(
  settings: ReadonlyMap<string, string>,
  real: readonly ListenerAddress[],
): ReadonlyMap<string, string> {
  const listeners = BrokerConfig.from(settings).get(LISTENERS).map((listener) => {
    const bound = real.find(({ name }) => name === listener.name);
    return { ...listener, port: listener.port || (bound?.port ?? 0) };
  });
  return new Map(settings).set(LISTENERS, shown(listeners));
}

const LOOPBACK_OF: Readonly<Record<string, string>> = {
  "": "127.0.0.1",
  "0.0.0.0": "127.0.0.1",
  "::": "::1",
};

function first(config: BrokerConfig, settings: Record<string, string>): CorePlan {
  return {
    id: config.get("node.id"),
    settings: new Map([...config.fixed, ...Object.entries(settings)]),
    awaitsController: false,
  };
}

/**
 * Of a machine that is a cluster of its own: what brokers keep for themselves, as a lone one would.
 */
function withoutCopies(config: BrokerConfig): Record<string, string> {
  if (!isAlone(config)) return {};
  const unset = INTERNAL_REPLICAS.filter((name) =>
    config.text(name) === undefined && whyWithoutEffect(name) === undefined
  );
  return Object.fromEntries(unset.map((name) => [name, "1"]));
}

/** By which the others' brokers come to the first's controller, where nobody else would. */
function withDoor(config: BrokerConfig): Record<string, string> {
  const names = controllerNames(config);
  const listeners = config.get(LISTENERS);
  if (!isAlone(config) || listeners.some(({ name }) => names.includes(name))) return {};
  const door = { name: names[0] ?? "CONTROLLER", host: "127.0.0.1", port: 0 };
  return { [LISTENERS]: shown([...listeners, door]) };
}

function other(config: BrokerConfig, index: number, shared: Record<string, string>): CorePlan {
  const id = config.get("node.id") + index;
  checkId(config, id, index);
  const names = controllerNames(config);
  const shifted = (setting: typeof LISTENERS | typeof ADVERTISED) =>
    shown(
      config.get(setting).filter(({ name }) => !names.includes(name))
        .map((listener) => ({ ...listener, port: portAt(listener.port, index, setting) })),
    );
  const within = (folder: string) => `${folder.replace(/\/+$/, "")}/${CORES_FOLDER}/${id}`;
  const settings = new Map([
    ...config.fixed,
    ...Object.entries({
      ...shared,
      "node.id": `${id}`,
      "broker.id": `${id}`,
      "process.roles": "broker",
      [LISTENERS]: shifted(LISTENERS),
      "log.dirs": config.get("log.dirs").map(within).join(","),
    }),
  ]);
  for (const name of OF_THE_FIRST) settings.delete(name);
  if (config.isSet(ADVERTISED)) settings.set(ADVERTISED, shifted(ADVERTISED));
  if (config.isSet("metadata.log.dir")) {
    settings.set("metadata.log.dir", within(config.get("metadata.log.dir")));
  }
  const cordoned = config.get("cordoned.log.dirs");
  if (cordoned.length > 0) {
    const folders = cordoned.map((folder) => folder === "*" ? folder : within(folder));
    settings.set("cordoned.log.dirs", folders.join(","));
  }
  const metrics = config.get("metrics.listener");
  if (metrics !== null) {
    const port = portAt(metrics.port, index, "metrics.listener");
    settings.set("metrics.listener", shownAddress({ ...metrics, port }));
  }
  const awaitsController = config.get(VOTERS).length === 0 && !seeksQuorum(config);
  if (awaitsController) settings.delete(SERVERS);
  return { id, settings, awaitsController };
}

/** How the first came to the quorum, and the elder name of what is given anew. */
const OF_THE_FIRST = [
  "log.dir",
  "controller.quorum.new.cluster",
  "controller.quorum.auto.join.enable",
];

function checkId(config: BrokerConfig, id: number, index: number): void {
  const voters = config.get(VOTERS);
  if (!voters.some((voter) => voter.id === id)) return;
  const message = `Cannot give the broker on core ${index + 1} the id ${id}, behind node.id ` +
    `${config.get("node.id")}: in ${VOTERS}, ${config.text(VOTERS)}, it is a controller; leave ` +
    "as many ids between the controllers' as a machine has cores, like 1, 101, 201";
  throw refusal(index + 1, message);
}

function portAt(port: number, index: number, setting: string): number {
  if (port === 0 || port + index <= 65_535) return port === 0 ? 0 : port + index;
  const message = `Cannot give core ${index + 1} the port behind ${port + index - 1} ` +
    `(${setting}): there is none`;
  throw refusal(index + 1, message);
}

interface Taken {
  readonly by: string;
  readonly host: string;
  readonly port: number;
}

const EVERYWHERE = new Set(["", "0.0.0.0", "::"]);
const mayMeet = (a: Taken, b: Taken) =>
  a.port === b.port && (a.host === b.host || EVERYWHERE.has(a.host) || EVERYWHERE.has(b.host));

/** Two that want one port are found here, and not when the second one cannot have it. */
function checkPorts(plans: readonly CorePlan[], cores: number): void {
  const taken: Taken[] = [];
  for (const plan of plans) {
    const config = configOf(plan);
    const metrics = config.get("metrics.listener");
    const wanted = [
      ...config.get(LISTENERS),
      ...metrics === null ? [] : [{ name: "metrics.listener", ...metrics }],
    ].map(({ name, host, port }) => ({ by: `${name} of node ${plan.id}`, host, port }));
    for (const one of wanted.filter(({ port }) => port > 0)) {
      const before = taken.find((each) => mayMeet(each, one));
      if (before === undefined) {
        taken.push(one);
        continue;
      }
      const message =
        `Cannot give port ${one.port} to ${before.by} and ${one.by}: each core takes ` +
        `the port behind the one before it; leave room for ${cores} behind each address`;
      throw refusal(cores, message);
    }
  }
}

const shownAddress = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

const shown = (listeners: readonly ListenerAddress[]): string =>
  listeners.map((listener) => `${listener.name}://${shownAddress(listener)}`).join(",");

const refusal = (cores: number, message: string) => new ConfigError(CORES, cores, "", message);
