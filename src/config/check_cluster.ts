/**
 * Rules between the settings that make a node part of a cluster: what it does (`process.roles`),
 * where its controller listens, and how it finds the quorum. They are Kafka's, with one difference:
 * a node that is told of nobody else is a cluster of its own, and needs neither a controller's
 * listener nor a list of voters.
 */
import { isLoopbackHost } from "../base/mod.ts";
import type { BrokerConfig } from "./broker_config.ts";
import { ConfigError } from "./config_error.ts";
import { parseAddress } from "./listeners.ts";

const ROLES = "process.roles";
const LISTENERS = "listeners";
const NAMES = "controller.listener.names";
const VOTERS = "controller.quorum.voters";
const SERVERS = "controller.quorum.bootstrap.servers";
const JOINING = "controller.quorum.auto.join.enable";
const NEW_CLUSTER = "controller.quorum.new.cluster";

/** Is the node by its settings a cluster of its own, with nobody to talk to? */
export function isAlone(config: BrokerConfig): boolean {
  const id = config.get("node.id");
  return config.get(ROLES).length === 2 && !seeksQuorum(config) &&
    !config.get(NEW_CLUSTER) && config.get(VOTERS).every((voter) => voter.id === id);
}

/**
 * Is the node to find its quorum at other nodes? The server.properties that Kafka ships names the
 * node's own controller as the only place to look, where nobody else can be found.
 */
export function seeksQuorum(config: BrokerConfig): boolean {
  if (config.get(JOINING)) return true;
  const names = controllerNames(config);
  const own = [...config.get(LISTENERS), ...config.get("advertised.listeners")]
    .filter(({ name }) => names.includes(name));
  return config.get(SERVERS).some((server) => {
    const { host, port } = parseAddress(server) ?? { host: "", port: 0 };
    return !own.some((at) => at.port === port && isSameHost(at.host, host));
  });
}

const EVERYWHERE = new Set(["", "0.0.0.0", "::"]);

const isSameHost = (listening: string, host: string): boolean =>
  listening === host ||
  isLoopbackHost(host) && (EVERYWHERE.has(listening) || isLoopbackHost(listening));

/** Names of the listeners that controllers use among themselves, in capitals. */
export const controllerNames = (config: BrokerConfig): string[] =>
  config.get(NAMES).map((name) => name.toUpperCase());

/** Throws {@link ConfigError} for the first rule that is broken. */
export function checkCluster(config: BrokerConfig): void {
  const roles = config.get(ROLES);
  const isBroker = roles.includes("broker");
  const isController = roles.includes("controller");
  if (!isBroker && !isController) throw new ConfigError(ROLES, "", "broker, controller, or both");
  checkQuorum(config, isController);
  if (isController) checkController(config, isBroker);
  else checkBrokerAlone(config);
  if (isBroker) checkClients(config);
}

/** How the node comes to its quorum. */
function checkQuorum(config: BrokerConfig, isController: boolean): void {
  const servers = config.get(SERVERS);
  const wrong = servers.find((server) =>
    !parseAddress(server)?.host || !parseAddress(server)?.port
  );
  if (wrong !== undefined) throw new ConfigError(SERVERS, servers.join(","), "HOST:PORT by commas");
  if (config.get(JOINING) && !isController) {
    throw new ConfigError(JOINING, true, `false where ${ROLES} has no controller`);
  }
  if (config.get(NEW_CLUSTER)) checkFirst(config, isController);
  const voters = config.get(VOTERS);
  if (voters.length === 0) return;
  const id = config.get("node.id");
  const isVoter = voters.some((voter) => voter.id === id);
  if (isController && !isVoter) {
    throw refusal(
      config,
      VOTERS,
      `Cannot vote in the quorum of ${VOTERS}, ${config.text(VOTERS)}: this node.id is ${id}, ` +
        `which is not among them; list it as ${id}@HOST:PORT on all nodes, or give it another id`,
    );
  }
  if (!isController && isVoter) {
    throw refusal(
      config,
      VOTERS,
      `Cannot use node.id ${id} for a broker: in ${VOTERS} it is a controller; give the broker ` +
        `another id, or add controller to ${ROLES}`,
    );
  }
}

/** Whoever begins a cluster is its first voter, and joins nobody. */
function checkFirst(config: BrokerConfig, isController: boolean): void {
  if (!isController) {
    throw new ConfigError(NEW_CLUSTER, true, `false where ${ROLES} has no controller`);
  }
  if (config.get(VOTERS).length > 0) {
    const message = `Cannot begin a new cluster by ${NEW_CLUSTER} with ${VOTERS}: a list of ` +
      "voters that is the same on all of them forms the cluster by itself; give one of the two";
    throw refusal(config, NEW_CLUSTER, message);
  }
  if (config.get(JOINING)) {
    const message = `Cannot begin a new cluster by ${NEW_CLUSTER} and join one by ${JOINING}: ` +
      "the first node begins it, all others join";
    throw refusal(config, NEW_CLUSTER, message);
  }
}

function checkController(config: BrokerConfig, isBroker: boolean): void {
  const [all, controllers] = [config.get(LISTENERS), controllerNames(config)];
  const mine = all.filter(({ name }) => controllers.includes(name));
  const id = config.get("node.id");
  if (mine.length === 0 && !isAlone(config)) {
    const own = config.get(VOTERS).find((voter) => voter.id === id);
    const at = own === undefined ? "HOST:PORT" : `${own.host}:${own.port}`;
    const name = controllers[0] ?? "CONTROLLER";
    throw refusal(
      config,
      LISTENERS,
      `Cannot be a controller of a cluster: none of listeners (${
        config.text(LISTENERS) ?? ""
      }) is ` +
        `one of ${NAMES} (${controllers.join(", ")}); add ${name}://${at}, by --controller-listen`,
    );
  }
  const missing = controllers.find((name) => !mine.some((each) => each.name === name));
  if (missing !== undefined && config.isSet(NAMES) && !isAlone(config)) {
    throw new ConfigError(NAMES, config.text(NAMES), `of listeners, and ${missing} is not one`);
  }
  const other = all.find(({ name }) => !controllers.includes(name));
  if (!isBroker && other !== undefined) {
    throw refusal(
      config,
      LISTENERS,
      `Cannot listen on ${other.name} as a controller only: clients have no business there; leave ` +
        `it out of listeners, or add broker to ${ROLES}`,
    );
  }
}

function checkBrokerAlone(config: BrokerConfig): void {
  if (config.get(VOTERS).length === 0 && config.get(SERVERS).length === 0) {
    throw refusal(
      config,
      ROLES,
      `Cannot be a broker without a controller: neither ${VOTERS} nor ${SERVERS} says where the ` +
        "controllers are; give --voters or --join",
    );
  }
  const controllers = controllerNames(config);
  if (controllers.length === 0) {
    throw new ConfigError(NAMES, "", "at least one name, of the listener that controllers have");
  }
  const wrong = config.get(LISTENERS).find(({ name }) => controllers.includes(name));
  if (wrong === undefined) return;
  throw refusal(
    config,
    LISTENERS,
    `Cannot listen on ${wrong.name} as a broker only: it is for controllers; leave it out of ` +
      `listeners (--controller-listen), or add controller to ${ROLES}`,
  );
}

/** A broker has an address for clients, and one of them for other brokers. */
function checkClients(config: BrokerConfig): void {
  const controllers = controllerNames(config);
  const names = config.get("advertised.listeners").map(({ name }) => name)
    .filter((name) => !controllers.includes(name));
  if (names.length === 0) {
    throw new ConfigError(
      config.isSet("advertised.listeners") ? "advertised.listeners" : LISTENERS,
      config.text(config.isSet("advertised.listeners") ? "advertised.listeners" : LISTENERS),
      "of at least one listener for clients, as long as process.roles has broker",
    );
  }
  const own = "inter.broker.listener.name";
  const name = config.get(own).toUpperCase();
  if (names.includes(name) || isAlone(config) && !config.isSet(own)) return;
  throw new ConfigError(own, name, `one of the listeners: ${names.join(", ")}`);
}

/** In words of its own, since it is about more settings than one. */
const refusal = (config: BrokerConfig, setting: string, message: string) =>
  new ConfigError(setting, config.text(setting), "", message);
