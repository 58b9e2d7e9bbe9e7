/**
 * The listeners that clients come in by: opened before the node is registered, since their real
 * ports are told to everyone, served when it is ready, and changed while it runs (`listeners` of a
 * broker is dynamic, KIP-226). A listener that comes later is not told of in Metadata, as in Kafka:
 * for that the broker has to register anew.
 */
import { isLoopbackHost, type LogEvent } from "../base/mod.ts";
import { type BrokerConfig, ConfigError, type ListenerAddress } from "../config/mod.ts";
import type { KafkaServer } from "../net/mod.ts";
import type { Listener, Network } from "../platform/mod.ts";

interface Open {
  /** As the settings name it, with port 0 if they do. */
  readonly wanted: ListenerAddress;
  readonly listener: Listener;
}

export class BrokerListeners {
  readonly #network: Network;
  readonly #log: LogEvent;
  readonly #open = new Map<string, Open>();
  #server: KafkaServer | undefined;

  constructor(network: Network, log: LogEvent) {
    this.#network = network;
    this.#log = log;
  }

  /** Where clients come in, with the real ports. */
  get addresses(): ListenerAddress[] {
    return [...this.#open].map(([name, { listener }]) => ({ name, ...listener.address }));
  }

  /** Opens all that are set. Throws ConfigError for what can't be served yet, and ListenError. */
  bind(config: BrokerConfig): void {
    for (const wanted of ofBroker(config)) {
      checkPlain(wanted, config);
      this.#bind(wanted, config);
    }
  }

  #bind(wanted: ListenerAddress, config: BrokerConfig): Listener {
    const listener = this.#network.listen({
      host: wanted.host || "0.0.0.0",
      port: wanted.port,
      backlog: config.get("socket.listen.backlog.size"),
    });
    this.#open.set(wanted.name, { wanted, listener });
    return listener;
  }

  /** Lets clients in. */
  serve(server: KafkaServer): void {
    this.#server = server;
    for (const [name, { listener }] of this.#open) server.serve(name, listener);
  }

  /** Closes what is no longer set, and its connections; opens what is new. */
  follow(config: BrokerConfig): void {
    const server = this.#server;
    if (server === undefined) return;
    const wanted = ofBroker(config);
    const isAmongUs = this.addresses.every(({ host }) => isLoopbackHost(host));
    for (const [name, open] of this.#open) {
      if (wanted.some((each) => isSame(each, open.wanted))) continue;
      this.#open.delete(name);
      server.stopServing(name, open.listener);
      this.#log("info", "listener closed", { listener: name });
    }
    for (const each of wanted) {
      const { name, host, port } = each;
      if (this.#open.has(name)) continue;
      try {
        checkPlain(each, config);
        // Whoever started the node said that only this machine reaches it: no request widens that.
        if (isAmongUs && !isLoopbackHost(host)) {
          throw new ConfigError(
            "listeners",
            host,
            "an address of this machine's own, as the others",
          );
        }
        server.serve(name, this.#bind(each, config));
        this.#log("info", "listener opened", { listener: name, host, port });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log("error", "cannot open a listener", { listener: name, error: reason });
      }
    }
  }

  /** Nobody new comes in. */
  close(): void {
    for (const { listener } of this.#open.values()) listener.close();
  }
}

const isSame = (a: ListenerAddress, b: ListenerAddress) =>
  a.name === b.name && a.host === b.host && a.port === b.port;

/** All listeners but the controllers', which are served by `controller_listener.ts`. */
function ofBroker(config: BrokerConfig): ListenerAddress[] {
  const controllers = config.get("controller.listener.names");
  return config.get("listeners").filter(({ name }) => !controllers.includes(name));
}

/** What is asked for and can't be had yet is refused, not ignored. */
function checkPlain({ name }: ListenerAddress, config: BrokerConfig): void {
  const protocol = config.get("listener.security.protocol.map").get(name) ?? name;
  if (protocol === "PLAINTEXT") return;
  throw new ConfigError("listeners", `${name} (${protocol})`, "PLAINTEXT, as yet");
}
