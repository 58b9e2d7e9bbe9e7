/**
 * What members of classic consumer groups tell each other through JoinGroup and SyncGroup. To a
 * broker these are bytes. Each is preceded by its version as int16.
 */
import { array, bytes, int32, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/**
 * What a member would like to read, what it owns (v1) since which generation (v2), and its rack
 * (v3).
 */
export const ConsumerProtocolSubscription = message({
  name: "ConsumerProtocolSubscription",
  versions: [0, 3],
  fields: {
    topics: array(string()),
    userData: nullable(bytes(), { default: null }),
    ownedPartitions: array(
      struct({
        topic: string(),
        partitions: array(int32()),
      }),
      { since: 1, ignorable: true },
    ),
    generationId: int32({ since: 2, default: -1, ignorable: true }),
    rackId: nullable(string(), { since: 3, default: null, ignorable: true }),
  },
});
export type ConsumerProtocolSubscription = ValueOf<typeof ConsumerProtocolSubscription>;

/** What a member is to read. */
export const ConsumerProtocolAssignment = message({
  name: "ConsumerProtocolAssignment",
  versions: [0, 3],
  fields: {
    assignedPartitions: array(struct({
      topic: string(),
      partitions: array(int32()),
    })),
    userData: nullable(bytes(), { default: null }),
  },
});
export type ConsumerProtocolAssignment = ValueOf<typeof ConsumerProtocolAssignment>;
