/**
 * Which operations a client may do on a resource, as a set of bits: bit n for the operation with
 * Kafka's code n (KIP-430). As long as there is no authorizer, everyone may do everything that the
 * kind of resource knows.
 */

const OPERATION_CODES = {
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  clusterAction: 9,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const;

type Operation = keyof typeof OPERATION_CODES;

const bitsOf = (...operations: Operation[]): number =>
  operations.reduce((bits, operation) => bits | (1 << OPERATION_CODES[operation]), 0);

export const TOPIC_OPERATIONS = bitsOf(
  "read",
  "write",
  "create",
  "describe",
  "delete",
  "alter",
  "describeConfigs",
  "alterConfigs",
);
export const CLUSTER_OPERATIONS = bitsOf(
  "create",
  "clusterAction",
  "describeConfigs",
  "alterConfigs",
  "idempotentWrite",
  "alter",
  "describe",
);
export const GROUP_OPERATIONS = bitsOf(
  "read",
  "delete",
  "describe",
  "describeConfigs",
  "alterConfigs",
);
