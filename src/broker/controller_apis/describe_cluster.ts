/**
 * DescribeCluster, key 60, on the controllers' listener: the cluster's id, its controllers, and
 * which of them is the active one (KIP-919). A node that joins a cluster learns its id by it.
 *
 * Served 0 to 2: 1 asks for brokers or controllers, 2 may include fenced brokers, which means
 * nothing here.
 *
 * A controller describes controllers, as they have registered: asked for brokers it answers
 * MISMATCHED_ENDPOINT_TYPE. In the first moments of a cluster it has no id yet:
 * BROKER_NOT_AVAILABLE.
 */
import { DescribeClusterRequest, DescribeClusterResponse, KafkaError } from "../../protocol/mod.ts";
import { defineControllerApi } from "../api.ts";
import { errorFields } from "../errors.ts";
import { CLUSTER_OPERATIONS } from "../operations.ts";

const BROKERS = 1;
const CONTROLLERS = 2;
const NOBODY = -1;

export const describeControllers = defineControllerApi({
  key: 60,
  name: "DescribeCluster",
  request: DescribeClusterRequest,
  response: DescribeClusterResponse,
  versions: [0, 2],

  handle({ endpointType, includeClusterAuthorizedOperations }, { version, connection }, node) {
    if (version === 0 || endpointType === BROKERS) throw new KafkaError("MISMATCHED_ENDPOINT_TYPE");
    if (endpointType !== CONTROLLERS) throw new KafkaError("UNSUPPORTED_ENDPOINT_TYPE");
    const { clusterId } = node;
    if (clusterId === undefined) throw new KafkaError("BROKER_NOT_AVAILABLE");
    const brokers = [...node.image().controllers.values()].flatMap((controller) => {
      const { endPoints, controllerId: brokerId } = controller;
      const at = endPoints.find(({ name }) => name === connection.listener) ?? endPoints[0];
      return at === undefined ? [] : [{ brokerId, host: at.host, port: at.port }];
    });
    return {
      endpointType,
      clusterId,
      controllerId: node.quorum.leaderId ?? NOBODY,
      brokers,
      ...(includeClusterAuthorizedOperations
        ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS }
        : {}),
    };
  },

  failed: (_request, error) => errorFields(error),
});
