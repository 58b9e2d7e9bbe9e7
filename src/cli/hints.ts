/**
 * What to do next, for errors that are known to have an answer. The message itself says what stood
 * in the way.
 */

/** A line to print under the message, or nothing. */
export function hintFor(error: Error): string | undefined {
  if (error.name === "BrokersUnreachable") return "Name other brokers by --brokers HOST:PORT";
  if (error.name === "ConnectionLost") {
    return "The broker may have done what was asked, or not: see when it answers again";
  }
  if (/^Cannot go on without .* log directory/.test(error.message)) {
    return "See what the system says of this disk (dmesg), mend or replace it, and start again";
  }
  if (/^Cannot place the \d+ replicas/.test(error.message)) {
    return "Name more brokers or start one, or have fewer replicas: streamer cluster reassign --replicas";
  }
  if (/ does not know Metadata$/.test(error.message)) {
    return "That is where controllers meet: name an address of a broker's by --brokers HOST:PORT";
  }
  const code = (error as { error?: string }).error;
  const missing = /^Topic "([^"]+)" does not exist/.exec(error.message)?.[1];
  if (missing) return `Make it by: streamer topic create ${missing}`;
  switch (code) {
    case "TOPIC_ALREADY_EXISTS":
      return "Add --if-not-exists if that is fine";
    case "INVALID_REPLICATION_FACTOR":
      return "A topic cannot have more replicas than there are brokers: choose by --replicas";
    case "MESSAGE_TOO_LARGE":
    case "RECORD_LIST_TOO_LARGE":
      return "The topic's max.message.bytes is the limit: streamer topic alter TOPIC --config max.message.bytes=…";
    case "GROUP_ID_NOT_FOUND":
      return "See which there are: streamer group list";
    case "TOPIC_AUTHORIZATION_FAILED":
    case "CLUSTER_AUTHORIZATION_FAILED":
    case "GROUP_AUTHORIZATION_FAILED":
      return "The cluster does not let you; ask who looks after it";
  }
}
