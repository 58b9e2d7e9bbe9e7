/**
 * What the requests about access control entries (29 to 31) have in common as long as there is no
 * authorizer. Kinds of resources, patterns, operations and permissions are numbers, of which 0 is
 * "unknown" and may not be sent: Kafka takes a request with it for one that does not parse.
 */
import { KafkaError } from "../protocol/mod.ts";
import type { HangUp } from "./api.ts";

const UNKNOWN = 0;

/** Instead of an answer to a request with an unknown kind of something in it. */
export const UNKNOWN_KIND: HangUp = { close: "an access control entry of unknown kind" };

export const hasUnknownKind = (...kinds: readonly number[]): boolean => kinds.includes(UNKNOWN);

export const noAuthorizer = (): KafkaError =>
  new KafkaError("SECURITY_DISABLED", "No authorizer is configured");
