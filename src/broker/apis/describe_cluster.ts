/**
 * DescribeCluster, key 60: the cluster's id, its brokers, and who controls it (KIP-700).
 *
 * Served 0 to 2: 1 asks for brokers or controllers (KIP-919), 2 may include fenced brokers.
 *
 * A broker describes brokers: asked for controllers it answers MISMATCHED_ENDPOINT_TYPE.
 */
import { DescribeClusterRequest, DescribeClusterResponse, KafkaError } from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { brokersOf } from "../cluster_view.ts";
import { CLUSTER_OPERATIONS } from "../operations.ts";
import { errorFields } from "../errors.ts";

const BROKERS = 1;
const CONTROLLERS = 2;

export const describeCluster = defineApi({
  key: 60,
  name: "DescribeCluster",
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
  versions: [0, 2],

  handle(request, { connection }, broker) {
    const { endpointType, includeFencedBrokers, includeClusterAuthorizedOperations } = request;
    if (endpointType === CONTROLLERS) throw new KafkaError("MISMATCHED_ENDPOINT_TYPE");
    if (endpointType !== BROKERS) throw new KafkaError("UNSUPPORTED_ENDPOINT_TYPE");
    const found = brokersOf(broker.image(), connection.listener, {
      includeFenced: includeFencedBrokers,
    });
    return {
      clusterId: broker.clusterId,
      controllerId: broker.nodeId,
      brokers: found.map(({ nodeId, ...rest }) => ({ brokerId: nodeId, ...rest })),
      ...(includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS }
        : {}),
    };
  },

  failed: (_request, error) => errorFields(error),
});
