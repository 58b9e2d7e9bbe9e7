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

export const LIMITS = {
  // Connections.
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

  // What comes and goes through them.
  "socket.request.max.bytes": { of: "bytes of a request", edge: "the connection is closed" },
  "queued.max.request.bytes": {
    of: "bytes of large requests over all connections (256 MiB where the setting says no limit)",
    edge: "the socket is not read until others have finished",
  },
  "pipelined.requests": {
    of: "requests of one connection that wait for the disk",
    edge: "the connection is not read until one is answered",
    fixed: 32,
  },
  "array.elements": {
    of: "elements of all arrays of a request",
    edge: "the connection is closed",
    fixed: 1 << 20,
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

/** Told when somebody came to a limit. */
export type OnLimit = (limit: LimitName) => void;
