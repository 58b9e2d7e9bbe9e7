/**
 * What members of a Kafka Streams application on the classic protocol put into their subscriptions.
 * To a broker these are bytes; tools may look in.
 */
import { array, bytes, int32, int64, int8, nullable, string, struct, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

const taskId = struct({
  topicGroupId: int32({ until: 6 }),
  partition: int32({ until: 6 }),
});

/** The tasks that a streams client has had, and how current its states are. */
export const SubscriptionInfoData = message({
  name: "SubscriptionInfoData",
  versions: [1, 11],
  fields: {
    version: int32(),
    latestSupportedVersion: int32({ since: 3, default: -1 }),
    processId: uuid(),
    prevTasks: array(taskId, { until: 6 }),
    standbyTasks: array(taskId, { until: 6 }),
    userEndPoint: bytes({ since: 2 }),
    taskOffsetSums: array(
      struct({
        topicGroupId: int32(),
        partition: int32({ since: 10 }),
        offsetSum: int64({ since: 10 }),
        namedTopology: nullable(string(), { since: 10 }),
        partitionToOffsetSum: array(
          struct({
            partition: int32(),
            offsetSum: int64(),
          }),
          { until: 9 },
        ),
      }),
      { since: 7 },
    ),
    uniqueField: int8({ since: 8 }),
    errorCode: int32({ since: 9 }),
    clientTags: array(
      struct({
        key: bytes(),
        value: bytes(),
      }),
      { since: 11 },
    ),
  },
});
export type SubscriptionInfoData = ValueOf<typeof SubscriptionInfoData>;
