/** Broker addresses as people write them. */
import type { NetworkAddress } from "../platform/mod.ts";
import { ClientError } from "./errors.ts";

const KAFKA_PORT = 9092;

/**
 * `host:9092,[::1]:9092,other` as addresses; the port may be left out. Throws {@link ClientError}.
 */
export function parseAddresses(text: string): NetworkAddress[] {
  const words = text.split(",").map((word) => word.trim()).filter((word) => word !== "");
  if (words.length === 0) throw new ClientError(`No broker is named in "${text}": write HOST:PORT`);
  return words.map(parseAddress);
}

function parseAddress(word: string): NetworkAddress {
  const match = /^(?:[A-Z_]+:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(
    word,
  );
  const port = Number(match?.[3] ?? KAFKA_PORT);
  if (!match || port < 1 || port > 65_535) {
    throw new ClientError(`Cannot read the broker address "${word}": write HOST:PORT`);
  }
  return { host: match[1] ?? match[2], port };
}
