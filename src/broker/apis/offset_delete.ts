/**
 * OffsetDelete, key 47: forgets how far a group has read in some partitions (KIP-496).
 *
 * Served 0. Partitions that don't exist are refused here, the rest is the coordinator's.
 */
import { errorCode, OffsetDeleteRequest, OffsetDeleteResponse } from "../../protocol/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE, NO_ANSWER } from "../api.ts";
import { callerOf } from "../group_caller.ts";

export const offsetDelete = defineApi({
  key: 47,
  name: "OffsetDelete",
  request: OffsetDeleteRequest,
  response: OffsetDeleteResponse,
  versions: [0, 0],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  async handle(request, context, broker) {
    const image = broker.image();
    const known = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.filter((each) => image.partition(name, each.partitionIndex)),
    }));
    const decided = await broker.groups.run<OffsetDeleteResponse>(
      request.groupId,
      (coordinator, reply) => {
        const wanted = { ...request, topics: known };
        return coordinator.offsetDelete(wanted, context.version, callerOf(context, broker), reply);
      },
    );
    if (decided === NO_ANSWER || decided.errorCode !== 0) return decided;
    return {
      ...decided,
      topics: request.topics.map(({ name, partitions }, index) => {
        const { partitions: answered } = decided.topics[index];
        const codes = new Map(answered.map((each) => [each.partitionIndex, each.errorCode]));
        const missing = errorCode("UNKNOWN_TOPIC_OR_PARTITION");
        return {
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: codes.get(partitionIndex) ?? missing,
          })),
        };
      }),
    };
  },

  failed: (_request, { code }) => ({ errorCode: code }),
});
