/**
 * DescribeCluster, key 60: the cluster's id, brokers and controller; with the endpoint type 2, its
 * controllers (KIP-700, KIP-919). Fenced brokers too since version 2 (KIP-1073).
 */
import { array, bool, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** What is wanted besides. */
export const DescribeClusterRequest = message({
  name: "DescribeClusterRequest",
  apiKey: 60,
  listeners: ["broker", "controller"],
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ since: 1, default: 1 }),
    includeFencedBrokers: bool({ since: 2 }),
  },
});
export type DescribeClusterRequest = ValueOf<typeof DescribeClusterRequest>;

/** The cluster. */
export const DescribeClusterResponse = message({
  name: "DescribeClusterResponse",
  apiKey: 60,
  versions: [0, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    endpointType: int8({ since: 1, default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array(struct({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string(), { default: null }),
      isFenced: bool({ since: 2 }),
    })),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
});
export type DescribeClusterResponse = ValueOf<typeof DescribeClusterResponse>;
