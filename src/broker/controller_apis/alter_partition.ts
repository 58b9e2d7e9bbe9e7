/**
 * AlterPartition, key 56: the leader of partitions says who is in sync (KIP-497).
 *
 * Served 2 to 3: 3 says which life of each broker is meant (KIP-903).
 */
import { AlterPartitionRequest, AlterPartitionResponse } from "../../protocol/mod.ts";
import { defineControllerApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";

export const alterPartition = defineControllerApi({
  key: 56,
  name: "AlterPartition",
  request: AlterPartitionRequest,
  response: AlterPartitionResponse,
  versions: [2, 3],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle: (request, { version }, { controller }) => controller.alterPartition(request, version),

  failed: (_request, { code }) => ({ errorCode: code }),
});
