/**
 * Kafka's error codes, once: the number on the wire, what it means in our words, and what clients
 * make of it. An answer carries the number; in the code an error is known by its name.
 */
import type { LimitName } from "../config/mod.ts";

interface ErrorRow {
  readonly code: number;
  readonly message: string;
  /** Clients try again by themselves. */
  readonly retriable?: true;
  /** Clients ask for fresh metadata first. */
  readonly staleMetadata?: true;
}

/** By name. Codes that a 4.x broker never sends are kept, since older peers may. */
export const ERRORS = {
  UNKNOWN_SERVER_ERROR: { code: -1, message: "The broker failed in a way that it did not foresee" },
  NONE: { code: 0, message: "No error" },
  OFFSET_OUT_OF_RANGE: { code: 1, message: "The log does not reach to the offset asked for" },
  CORRUPT_MESSAGE: {
    code: 2,
    message: "The records are damaged, too large, or lack a key that the topic needs",
    retriable: true,
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    code: 3,
    message: "This broker has no such topic or partition",
    retriable: true,
    staleMetadata: true,
  },
  INVALID_FETCH_SIZE: { code: 4, message: "The size asked for makes no sense" },
  LEADER_NOT_AVAILABLE: {
    code: 5,
    message: "The partition has no leader at the moment",
    retriable: true,
    staleMetadata: true,
  },
  NOT_LEADER_OR_FOLLOWER: {
    code: 6,
    message: "This broker neither leads nor follows the partition",
    retriable: true,
    staleMetadata: true,
  },
  REQUEST_TIMED_OUT: {
    code: 7,
    message: "The request was not done within its time",
    retriable: true,
  },
  BROKER_NOT_AVAILABLE: { code: 8, message: "The broker is not there" },
  REPLICA_NOT_AVAILABLE: {
    code: 9,
    message: "The replica is not there",
    retriable: true,
    staleMetadata: true,
  },
  MESSAGE_TOO_LARGE: { code: 10, message: "The records are larger than the topic takes" },
  STALE_CONTROLLER_EPOCH: { code: 11, message: "The controller has been followed by another" },
  OFFSET_METADATA_TOO_LARGE: { code: 12, message: "The text kept with the offset is too long" },
  NETWORK_EXCEPTION: {
    code: 13,
    message: "The connection was lost before the answer came",
    retriable: true,
    staleMetadata: true,
  },
  COORDINATOR_LOAD_IN_PROGRESS: {
    code: 14,
    message: "The coordinator is still reading its log",
    retriable: true,
  },
  COORDINATOR_NOT_AVAILABLE: {
    code: 15,
    message: "There is no coordinator at the moment",
    retriable: true,
  },
  NOT_COORDINATOR: { code: 16, message: "Another broker is the coordinator", retriable: true },
  INVALID_TOPIC_EXCEPTION: {
    code: 17,
    message: "The topic cannot be used in this way, or its name is not allowed",
  },
  RECORD_LIST_TOO_LARGE: { code: 18, message: "The batch is larger than a whole segment" },
  NOT_ENOUGH_REPLICAS: {
    code: 19,
    message: "Fewer replicas are in sync than the topic demands",
    retriable: true,
  },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: {
    code: 20,
    message: "The records are written, to fewer in-sync replicas than the topic demands",
    retriable: true,
  },
  INVALID_REQUIRED_ACKS: { code: 21, message: "acks must be -1, 0 or 1" },
  ILLEGAL_GENERATION: { code: 22, message: "The group has moved on to another generation" },
  INCONSISTENT_GROUP_PROTOCOL: {
    code: 23,
    message: "The member and the group have no protocol in common",
  },
  INVALID_GROUP_ID: { code: 24, message: "The group id is not allowed" },
  UNKNOWN_MEMBER_ID: { code: 25, message: "The group has no such member" },
  INVALID_SESSION_TIMEOUT: {
    code: 26,
    message: "The session timeout is outside of what the broker allows",
  },
  REBALANCE_IN_PROGRESS: { code: 27, message: "The group is rebalancing: join again" },
  INVALID_COMMIT_OFFSET_SIZE: { code: 28, message: "The offset's record would be too large" },
  TOPIC_AUTHORIZATION_FAILED: { code: 29, message: "Not allowed on this topic" },
  GROUP_AUTHORIZATION_FAILED: { code: 30, message: "Not allowed on this group" },
  CLUSTER_AUTHORIZATION_FAILED: { code: 31, message: "Not allowed on the cluster" },
  INVALID_TIMESTAMP: {
    code: 32,
    message: "A record's timestamp is too far from the broker's clock",
  },
  UNSUPPORTED_SASL_MECHANISM: {
    code: 33,
    message: "The broker does not offer this SASL mechanism",
  },
  ILLEGAL_SASL_STATE: {
    code: 34,
    message: "The request does not fit where the SASL exchange stands",
  },
  UNSUPPORTED_VERSION: { code: 35, message: "This version of the API is not served" },
  TOPIC_ALREADY_EXISTS: { code: 36, message: "There already is a topic of this name" },
  INVALID_PARTITIONS: { code: 37, message: "The number of partitions makes no sense" },
  INVALID_REPLICATION_FACTOR: {
    code: 38,
    message: "The replication factor makes no sense, or there are not as many brokers",
  },
  INVALID_REPLICA_ASSIGNMENT: { code: 39, message: "The replicas asked for make no sense" },
  INVALID_CONFIG: { code: 40, message: "A setting has a name or a value that is not allowed" },
  NOT_CONTROLLER: { code: 41, message: "This node is not the active controller", retriable: true },
  INVALID_REQUEST: { code: 42, message: "The request contradicts itself or lacks something" },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: { code: 43, message: "The records' format cannot do this" },
  POLICY_VIOLATION: { code: 44, message: "A policy of this cluster forbids it" },
  OUT_OF_ORDER_SEQUENCE_NUMBER: {
    code: 45,
    message: "Batches of this producer are missing in between",
  },
  DUPLICATE_SEQUENCE_NUMBER: { code: 46, message: "The batch has already been written" },
  INVALID_PRODUCER_EPOCH: { code: 47, message: "The producer has an old epoch" },
  INVALID_TXN_STATE: { code: 48, message: "The transaction is not in a state that allows this" },
  INVALID_PRODUCER_ID_MAPPING: {
    code: 49,
    message: "The transactional id belongs to another producer id",
  },
  INVALID_TRANSACTION_TIMEOUT: {
    code: 50,
    message: "The transaction timeout is longer than the broker allows",
  },
  CONCURRENT_TRANSACTIONS: {
    code: 51,
    message: "The producer's previous transaction is still being completed",
    retriable: true,
  },
  TRANSACTION_COORDINATOR_FENCED: { code: 52, message: "Another coordinator has taken over" },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: {
    code: 53,
    message: "Not allowed with this transactional id",
  },
  SECURITY_DISABLED: { code: 54, message: "The cluster has no authorizer" },
  OPERATION_NOT_ATTEMPTED: {
    code: 55,
    message: "Left undone because another part of the request failed",
  },
  KAFKA_STORAGE_ERROR: {
    code: 56,
    message: "The log directory has failed",
    retriable: true,
    staleMetadata: true,
  },
  LOG_DIR_NOT_FOUND: { code: 57, message: "There is no such log directory" },
  SASL_AUTHENTICATION_FAILED: { code: 58, message: "Authentication failed" },
  UNKNOWN_PRODUCER_ID: { code: 59, message: "Nothing is known of this producer any more" },
  REASSIGNMENT_IN_PROGRESS: { code: 60, message: "The partition is being moved" },
  DELEGATION_TOKEN_AUTH_DISABLED: { code: 61, message: "Delegation tokens are switched off" },
  DELEGATION_TOKEN_NOT_FOUND: { code: 62, message: "There is no such delegation token" },
  DELEGATION_TOKEN_OWNER_MISMATCH: {
    code: 63,
    message: "The delegation token belongs to someone else",
  },
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: {
    code: 64,
    message: "Delegation tokens are not served on this connection",
  },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: {
    code: 65,
    message: "Not allowed with this delegation token",
  },
  DELEGATION_TOKEN_EXPIRED: { code: 66, message: "The delegation token has expired" },
  INVALID_PRINCIPAL_TYPE: { code: 67, message: "The principal is of a type that is not known" },
  NON_EMPTY_GROUP: { code: 68, message: "The group still has members" },
  GROUP_ID_NOT_FOUND: { code: 69, message: "There is no such group" },
  FETCH_SESSION_ID_NOT_FOUND: { code: 70, message: "The fetch session is gone", retriable: true },
  INVALID_FETCH_SESSION_EPOCH: {
    code: 71,
    message: "The fetch session expected another epoch",
    retriable: true,
  },
  LISTENER_NOT_FOUND: {
    code: 72,
    message: "The partition's leader cannot be reached by this listener",
    retriable: true,
    staleMetadata: true,
  },
  TOPIC_DELETION_DISABLED: { code: 73, message: "Topics cannot be deleted here" },
  FENCED_LEADER_EPOCH: {
    code: 74,
    message: "The leader epoch is older than the broker's",
    retriable: true,
    staleMetadata: true,
  },
  UNKNOWN_LEADER_EPOCH: {
    code: 75,
    message: "The leader epoch is newer than the broker's",
    retriable: true,
  },
  UNSUPPORTED_COMPRESSION_TYPE: {
    code: 76,
    message: "The client cannot read how the records are compressed",
  },
  STALE_BROKER_EPOCH: { code: 77, message: "The broker has registered again since" },
  OFFSET_NOT_AVAILABLE: {
    code: 78,
    message: "The new leader does not know its high watermark yet",
    retriable: true,
  },
  MEMBER_ID_REQUIRED: { code: 79, message: "Join again with the member id given" },
  PREFERRED_LEADER_NOT_AVAILABLE: {
    code: 80,
    message: "The preferred leader cannot take over",
    retriable: true,
    staleMetadata: true,
  },
  GROUP_MAX_SIZE_REACHED: { code: 81, message: "The group has as many members as it may" },
  FENCED_INSTANCE_ID: { code: 82, message: "Another member has joined under this instance id" },
  ELIGIBLE_LEADERS_NOT_AVAILABLE: {
    code: 83,
    message: "No replica may become leader",
    retriable: true,
    staleMetadata: true,
  },
  ELECTION_NOT_NEEDED: {
    code: 84,
    message: "The partition has the leader it should have",
    retriable: true,
    staleMetadata: true,
  },
  NO_REASSIGNMENT_IN_PROGRESS: { code: 85, message: "The partition is not being moved" },
  GROUP_SUBSCRIBED_TO_TOPIC: { code: 86, message: "The group is reading the topic" },
  INVALID_RECORD: { code: 87, message: "A record fails the broker's checks" },
  UNSTABLE_OFFSET_COMMIT: {
    code: 88,
    message: "An open transaction may still change the offset",
    retriable: true,
  },
  THROTTLING_QUOTA_EXCEEDED: { code: 89, message: "A quota is used up for now", retriable: true },
  PRODUCER_FENCED: { code: 90, message: "A newer producer has taken over the transactional id" },
  RESOURCE_NOT_FOUND: { code: 91, message: "There is nothing of this name" },
  DUPLICATE_RESOURCE: {
    code: 92,
    message: "There already is something of this name, or the request names it twice",
  },
  UNACCEPTABLE_CREDENTIAL: { code: 93, message: "The credential does not meet the requirements" },
  INCONSISTENT_VOTER_SET: {
    code: 94,
    message: "The sender is not among the voters, or has another set of them",
  },
  INVALID_UPDATE_VERSION: { code: 95, message: "The version to update to is not allowed" },
  FEATURE_UPDATE_FAILED: { code: 96, message: "The feature could not be updated" },
  PRINCIPAL_DESERIALIZATION_FAILURE: {
    code: 97,
    message: "The forwarded principal does not parse",
  },
  SNAPSHOT_NOT_FOUND: { code: 98, message: "There is no such snapshot" },
  POSITION_OUT_OF_RANGE: { code: 99, message: "The snapshot has no such position" },
  UNKNOWN_TOPIC_ID: {
    code: 100,
    message: "This broker has no topic of this id",
    retriable: true,
    staleMetadata: true,
  },
  DUPLICATE_BROKER_REGISTRATION: { code: 101, message: "Another broker runs under this id" },
  BROKER_ID_NOT_REGISTERED: { code: 102, message: "No broker is registered under this id" },
  INCONSISTENT_TOPIC_ID: {
    code: 103,
    message: "The topic's id is not that of the log",
    retriable: true,
    staleMetadata: true,
  },
  INCONSISTENT_CLUSTER_ID: { code: 104, message: "The sender belongs to another cluster" },
  TRANSACTIONAL_ID_NOT_FOUND: { code: 105, message: "There is no such transactional id" },
  FETCH_SESSION_TOPIC_ID_ERROR: {
    code: 106,
    message: "The fetch session mixes topic names and topic ids",
    retriable: true,
  },
  INELIGIBLE_REPLICA: { code: 107, message: "A replica cannot be in the ISR now" },
  NEW_LEADER_ELECTED: { code: 108, message: "The change went through, and there is a new leader" },
  OFFSET_MOVED_TO_TIERED_STORAGE: { code: 109, message: "The offset is in remote storage only" },
  FENCED_MEMBER_EPOCH: { code: 110, message: "The group has fenced this member epoch: join again" },
  UNRELEASED_INSTANCE_ID: { code: 111, message: "The instance id is still used by another member" },
  UNSUPPORTED_ASSIGNOR: { code: 112, message: "The group coordinator has no such assignor" },
  STALE_MEMBER_EPOCH: { code: 113, message: "The member must first learn its new epoch" },
  MISMATCHED_ENDPOINT_TYPE: {
    code: 114,
    message: "The request came to the wrong kind of listener",
  },
  UNSUPPORTED_ENDPOINT_TYPE: { code: 115, message: "There is no such kind of listener" },
  UNKNOWN_CONTROLLER_ID: { code: 116, message: "There is no controller of this id" },
  UNKNOWN_SUBSCRIPTION_ID: {
    code: 117,
    message: "The telemetry subscription is outdated: ask for it again",
  },
  TELEMETRY_TOO_LARGE: { code: 118, message: "The pushed metrics are too large" },
  INVALID_REGISTRATION: { code: 119, message: "The controller refuses the registration as it is" },
  TRANSACTION_ABORTABLE: {
    code: 120,
    message: "The transaction must be aborted; the producer may go on",
  },
  INVALID_RECORD_STATE: {
    code: 121,
    message: "A record's state does not allow this acknowledgement",
  },
  SHARE_SESSION_NOT_FOUND: { code: 122, message: "The share session is gone", retriable: true },
  INVALID_SHARE_SESSION_EPOCH: {
    code: 123,
    message: "The share session expected another epoch",
    retriable: true,
  },
  FENCED_STATE_EPOCH: { code: 124, message: "The share coordinator has a newer state epoch" },
  INVALID_VOTER_KEY: { code: 125, message: "The voter's id and directory do not match" },
  DUPLICATE_VOTER: { code: 126, message: "The node is already a voter" },
  VOTER_NOT_FOUND: { code: 127, message: "There is no such voter" },
  INVALID_REGULAR_EXPRESSION: { code: 128, message: "The regular expression does not parse" },
  REBOOTSTRAP_REQUIRED: {
    code: 129,
    message: "The client must start again from its bootstrap servers",
  },
  STREAMS_INVALID_TOPOLOGY: { code: 130, message: "The topology makes no sense" },
  STREAMS_INVALID_TOPOLOGY_EPOCH: { code: 131, message: "The topology epoch makes no sense" },
  STREAMS_TOPOLOGY_FENCED: { code: 132, message: "The group has a newer topology" },
  SHARE_SESSION_LIMIT_REACHED: {
    code: 133,
    message: "The broker has as many share sessions as it may",
    retriable: true,
  },
} as const satisfies Record<string, ErrorRow>;

/** Kafka's name for an error, `NONE` included. */
export type ErrorName = keyof typeof ERRORS;

const NAMES = new Map(
  Object.entries(ERRORS).map(([name, { code }]) => [code as number, name as ErrorName]),
);

/** The number on the wire. */
export const errorCode = (name: ErrorName): number => ERRORS[name].code;

/**
 * The name of a number from the wire; what is not in the table is `UNKNOWN_SERVER_ERROR`, as for
 * Kafka's clients.
 */
export const errorName = (code: number): ErrorName => NAMES.get(code) ?? "UNKNOWN_SERVER_ERROR";

/** Whether clients try again by themselves. */
export const isRetriable = (name: ErrorName): boolean =>
  (ERRORS[name] as ErrorRow).retriable ?? false;

/**
 * A request cannot be served, said from deep inside a call; the API's file turns it into the
 * answer's field.
 *
 * It is an answer and no fault of ours, and so an Error to who catches it, but without a stack: one
 * request may be refused a hundred thousand times over, an item each, and the ten microseconds that
 * V8 takes to note a stack would be most of what it costs.
 */
export class KafkaError implements Error {
  readonly name = "KafkaError";
  readonly cause: unknown;
  /** The limit that whoever asked has come to, if it is that. */
  readonly limit: LimitName | undefined;

  static {
    Object.setPrototypeOf(KafkaError.prototype, Error.prototype);
  }

  constructor(
    readonly error: ErrorName,
    /** Sent to the client where the answer has room for it; without it, the table's. */
    readonly message: string = ERRORS[error].message,
    options?: ErrorOptions & { readonly limit?: LimitName },
  ) {
    this.cause = options?.cause;
    this.limit = options?.limit;
  }

  /** The number on the wire. */
  get code(): number {
    return ERRORS[this.error].code;
  }
}
