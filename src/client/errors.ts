/**
 * What a client can say of a cluster that does not do as asked. Answers by Kafka's codes are
 * `KafkaError`s.
 */
import type { NetworkAddress } from "../platform/mod.ts";

/** Something the caller can mend: a wrong address, a partition that is not there. */
export class ClientError extends Error {
  override name = "ClientError";
}

/** None of the brokers could be reached; worth another try later. */
export class BrokersUnreachable extends Error {
  override name = "BrokersUnreachable";
}

/** A broker that had answered no longer does: it stopped, or is too slow. May be tried again. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

export const addressText = ({ host, port }: NetworkAddress): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * `connection refused`, `no such host`: what stood in the way of a connection, in a person's words.
 */
export function reasonOf(error: unknown): string {
  const texts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    texts.push(`${at.name} ${at.message}`);
  }
  const text = texts.join(" ");
  if (/refused/i.test(text)) return "connection refused";
  if (/lookup|not known|ENOTFOUND|No such host|No address/i.test(text)) return "no such host";
  if (/timed? ?out|TimedOut|ETIMEDOUT/i.test(text)) return "no answer in time";
  if (/unreachable/i.test(text)) return "network unreachable";
  if (/reset|aborted|broken pipe|EPIPE/i.test(text)) return "connection reset";
  return error instanceof Error ? error.message : String(error);
}
