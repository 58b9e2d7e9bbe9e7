/** Records of `__consumer_offsets` for groups on the classic protocol. */
import { array, bytes, int32, int64, nullable, string, struct } from "../../fields.ts";
import { message, type ValueOf } from "../../message.ts";

/** Type 2: a classic group. */
export const GroupMetadataKey = message({
  name: "GroupMetadataKey",
  apiKey: 2,
  versions: [0, 0],
  fields: {
    group: string(),
  },
});
export type GroupMetadataKey = ValueOf<typeof GroupMetadataKey>;

/** A generation of the group with its members. */
export const GroupMetadataValue = message({
  name: "GroupMetadataValue",
  apiKey: 2,
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: nullable(string()),
    leader: nullable(string()),
    currentStateTimestamp: int64({ since: 2, default: -1, ignorable: true }),
    members: array(struct({
      memberId: string(),
      groupInstanceId: nullable(string(), { since: 3, default: null, ignorable: true }),
      clientId: string(),
      clientHost: string(),
      rebalanceTimeout: int32({ since: 1, default: -1, ignorable: true }),
      sessionTimeout: int32(),
      subscription: bytes(),
      assignment: bytes(),
    })),
  },
});
export type GroupMetadataValue = ValueOf<typeof GroupMetadataValue>;
