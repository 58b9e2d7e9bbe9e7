/**
 * `--listen`, `--advertise` and `--controller-listen` as `listeners` and `advertised.listeners`. A
 * flag takes the place of the listeners of its kind, and of no others: clients' or controllers'.
 */
import { address } from "./address_flag.ts";
import { UsageError } from "./io.ts";

interface Values {
  listen?: string;
  advertise?: string;
  "controller-listen"?: string;
}

const DEFAULT = "PLAINTEXT://127.0.0.1:9092";

/** Changes the settings that were read so far; `process.roles` is among them already. */
export function applyListenFlags(values: Values, settings: Map<string, string>): void {
  const { listen, advertise, "controller-listen": controller } = values;
  const roles = settings.get("process.roles") ?? "broker,controller";
  const isBroker = roles.includes("broker");
  if (!isBroker && (listen ?? advertise) !== undefined) {
    throw new UsageError(
      `--${listen ? "listen" : "advertise"} is for clients, and --roles controller serves none`,
      "Give --controller-listen HOST:PORT alone",
    );
  }
  const names = partsOf(settings.get("controller.listener.names") ?? "CONTROLLER");
  if (listen !== undefined || controller !== undefined) {
    const before = partsOf(settings.get("listeners") ?? DEFAULT);
    const [theirs, clients] = split(before, names);
    settings.set(
      "listeners",
      [
        ...listen ? [`PLAINTEXT://${address("--listen", listen)}`] : isBroker ? clients : [],
        ...controller
          ? [`${names[0] ?? "CONTROLLER"}://${address("--controller-listen", controller)}`]
          : theirs,
      ].join(","),
    );
  }
  if (advertise !== undefined) {
    const [theirs] = split(partsOf(settings.get("advertised.listeners") ?? ""), names);
    const told = `PLAINTEXT://${address("--advertise", advertise)}`;
    settings.set("advertised.listeners", [told, ...theirs].join(","));
  }
}

const partsOf = (text: string) =>
  text.split(",").map((part) => part.trim()).filter((part) => part !== "");

/** The controllers' listeners, and all others. */
function split(listeners: readonly string[], names: readonly string[]): [string[], string[]] {
  const isTheirs = (listener: string) =>
    names.some((name) => listener.toUpperCase().startsWith(`${name.toUpperCase()}://`));
  return [listeners.filter(isTheirs), listeners.filter((listener) => !isTheirs(listener))];
}
