/**
 * The listeners by which other controllers and brokers come to this one. Opened early, since voters
 * elect each other by them before any node can go on; they are told to others with their real ports.
 * Unlike clients' listeners they stay as they are while the node runs.
 */
import type { LogEvent } from "../base/mod.ts";
import {
  type BrokerConfig,
  ConfigError,
  controllerNames,
  type ListenerAddress,
} from "../config/mod.ts";
import { KafkaServer, type RequestHandler } from "../net/mod.ts";
import type { Clock, Listener, Network } from "../platform/mod.ts";

export class ControllerListener {
  readonly #open: { readonly name: string; readonly listener: Listener }[] = [];
  #server: KafkaServer | undefined;

  constructor(
    private readonly options: { network: Network; clock: Clock; log: LogEvent },
  ) {}

  /** Opens them. Throws ConfigError for what can't be served yet, and ListenError. */
  bind(config: BrokerConfig): void {
    for (const { name, host, port } of controllerListeners(config)) {
      const protocol = config.get("listener.security.protocol.map").get(name) ?? "PLAINTEXT";
      if (protocol !== "PLAINTEXT") {
        throw new ConfigError("listeners", `${name} (${protocol})`, "PLAINTEXT, as yet");
      }
      const backlog = config.get("socket.listen.backlog.size");
      const at = { host: host || "0.0.0.0", port, backlog };
      this.#open.push({ name, listener: this.options.network.listen(at) });
    }
  }

  /** With the real ports; none where this node is no controller, or has nobody to talk to. */
  get addresses(): ListenerAddress[] {
    return this.#open.map(({ name, listener }) => ({ name, ...listener.address }));
  }

  serve(handler: RequestHandler, config: BrokerConfig): void {
    const server = new KafkaServer({
      ...this.options,
      handler,
      limits: {
        maxRequestBytes: config.get("socket.request.max.bytes"),
        idleMs: config.get("connections.max.idle.ms"),
      },
    });
    this.#server = server;
    for (const { name, listener } of this.#open) server.serve(name, listener);
  }

  async close(graceMs: number): Promise<void> {
    for (const { listener } of this.#open) listener.close();
    await this.#server?.close({ graceMs });
  }
}

const controllerListeners = (config: BrokerConfig): ListenerAddress[] => {
  if (!config.get("process.roles").includes("controller")) return [];
  const names = controllerNames(config);
  return config.get("listeners").filter(({ name }) => names.includes(name));
};
