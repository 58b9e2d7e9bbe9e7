/**
 * Everything that could grow has an edge, and here is the list: what is bounded, by which setting
 * or fixed number, and what happens there. A limit goes by its setting's name; one that is fixed
 * has a name of the same kind. `streamer metrics` and `/metrics` show for each how near it is
 * (`streamer_limit`, `streamer_limit_used`) and how often somebody came to it
 * (`streamer_limit_hits_total`); `test/limits_test.ts` goes to each of them.
 */

export interface Limit {
  /** What there is at most so many of. */
  readonly of: string;
  /** What happens to who wants more. */
  readonly edge: string;
  /** Where it is no setting: the number. */
  readonly fixed?: number;
}

const MIB = 1024 * 1024;

const CONNECTIONS = {
  "max.connections": {
    of: "connections, of all and of a listener",
    edge: "nobody more is accepted until one has gone",
  },
  "max.connections.per.ip": {
    of: "connections of one address, with overrides",
    edge: "accepted and closed at once",
  },
  "max.connection.creation.rate": {
    of: "new connections a second, of all and of a listener",
    edge: "accepting pauses",
  },
  "connection_creation_rate": {
    of: "new connections a second of one address (a quota)",
    edge: "accepted, not read, closed after a pause",
  },
  "open.files": {
    of: "files and sockets of the process (ulimit -n)",
    edge: "files that rest are closed until they are used; nobody more is accepted for a while",
  },
  "held.connections": {
    of: "connections that wait to be closed since their address had too many",
    edge: "closed at once instead",
    fixed: 1000,
  },
  "connections.max.idle.ms": {
    of: "time in which a connection asks for nothing whole",
    edge: "the connection is closed",
  },
  "stall.ms": {
    of: "time in which half a request does not go on, and an answer is not read",
    edge: "the connection is closed",
    fixed: 30_000,
  },
} as const satisfies Record<string, Limit>;

const REQUESTS = {
  "socket.request.max.bytes": { of: "bytes of a request", edge: "the connection is closed" },
  "queued.max.request.bytes": {
    of: "bytes of large requests over all connections; 256 MiB where it is not set",
    edge: "the socket is not read until others have finished",
  },
  "queued.max.requests": {
    of: "requests over all connections that wait for the disk, beyond one of each",
    edge: "the connection is not read until its own are answered",
  },
  "pipelined.requests": {
    of: "requests of one connection that wait for the disk",
    edge: "the connection is not read until its own are answered",
    fixed: 32,
  },
  "array.elements": {
    of: "elements of all arrays of a request; four times as many where clients name all " +
      "partitions that they have to do with",
    edge: "the connection is closed",
    fixed: 1 << 15,
  },
  "queued.max.response.bytes": {
    of: "bytes of answers over all connections that wait to be read by clients",
    edge: "fetches bring less, 64 KiB or a batch at least",
  },
  "fetch.max.bytes": { of: "bytes of a fetch's answer", edge: "the rest comes with the next" },
} as const satisfies Record<string, Limit>;

const RECORDS = {
  "message.max.bytes": {
    of: "bytes of a record batch (a topic's max.message.bytes)",
    edge: "MESSAGE_TOO_LARGE",
  },
  "unpacked.bytes": {
    of: "bytes that a batch unpacks to, or 8 times max.message.bytes where that is more; and " +
      "together with 8 times the request's own bytes, what all of its batches do",
    edge: "MESSAGE_TOO_LARGE",
    fixed: 64 * MIB,
  },
  "rebuilt.parts": {
    of: "records and headers of a batch that has gaps and so is made anew",
    edge: "INVALID_RECORD",
    fixed: 1 << 18,
  },
  "max.producer.ids.per.partition": {
    of: "idempotent producers that a partition remembers",
    edge: "those that wrote longest ago are forgotten",
  },
} as const satisfies Record<string, Limit>;

const FETCHES = {
  "max.incremental.fetch.session.cache.slots": {
    of: "fetch sessions",
    edge: "one that nobody uses makes room, else there is no session and fetches are whole",
  },
  "fetch.session.partitions": {
    of: "partitions over all fetch sessions",
    edge: "as with too many sessions",
    fixed: 500_000,
  },
} as const satisfies Record<string, Limit>;

const GROUPS = {
  "group.coordinator.max.groups": {
    of: "groups",
    edge: "GROUP_MAX_SIZE_REACHED for who begins another",
  },
  "group.coordinator.max.bytes": {
    of: "bytes of what members say, what is assigned to them, and committed offsets",
    edge: "GROUP_MAX_SIZE_REACHED for who joins, INVALID_COMMIT_OFFSET_SIZE for new offsets",
  },
  "group.max.size": { of: "members of a group", edge: "GROUP_MAX_SIZE_REACHED" },
  "group.pending.members": {
    of: "member ids that a group has given out and that did not come back yet",
    edge: "GROUP_MAX_SIZE_REACHED",
    fixed: 10_000,
  },
  "offset.metadata.max.bytes": {
    of: "characters of a committed offset's metadata",
    edge: "OFFSET_METADATA_TOO_LARGE",
  },
} as const satisfies Record<string, Limit>;

const CLUSTER = {
  "max.broker.partitions": {
    of: "replicas of partitions, of a broker",
    edge: "POLICY_VIOLATION for who makes more",
  },
  "request.partitions": {
    of: "partitions that one request makes",
    edge: "POLICY_VIOLATION",
    fixed: 10_000,
  },
  "auto.topics": {
    of: "topics that are being made since somebody asked for them",
    edge: "not made until asked for again",
    fixed: 1000,
  },
  "directory.wishes": {
    of: "partitions that do not exist yet and are wanted in a certain directory",
    edge: "the oldest wish is forgotten",
    fixed: 1000,
  },
  "max.request.partition.size.limit": {
    of: "partitions that one answer describes",
    edge: "the rest comes with the next page",
  },
} as const satisfies Record<string, Limit>;

const OTHERS = {
  "telemetry.max.bytes": {
    of: "bytes of figures that a client pushes at once",
    edge: "TELEMETRY_TOO_LARGE",
  },
  "telemetry.instances": {
    of: "clients that push figures",
    edge: "the one unheard of for longest is forgotten",
    fixed: 16_384,
  },
} as const satisfies Record<string, Limit>;

export const LIMITS = {
  ...CONNECTIONS,
  ...REQUESTS,
  ...RECORDS,
  ...FETCHES,
  ...GROUPS,
  ...CLUSTER,
  ...OTHERS,
};

export type LimitName = keyof typeof LIMITS;

/** Told when somebody came to a limit. */
export type OnLimit = (limit: LimitName) => void;
