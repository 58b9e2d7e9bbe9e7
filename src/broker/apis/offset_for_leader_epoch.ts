/**
 * OffsetForLeaderEpoch, key 23: where a leader epoch ended, by which a client finds out that what
 * it has read was cut off meanwhile (KIP-101, KIP-320).
 *
 * Served 2 to 4: 2 checks the leader epoch that the client believes in, 3 says which replica asks,
 * 4 is flexible.
 */
import {
  type InputOf,
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from "../../protocol/mod.ts";
import { defineApi, MAX_PARTITIONS_AT_ONCE } from "../api.ts";
import { asKafkaError } from "../errors.ts";
import { leaderOf } from "../lookup.ts";

type Wanted = OffsetForLeaderEpochRequest["topics"][number]["partitions"][number];
type Answer = NonNullable<
  NonNullable<InputOf<typeof OffsetForLeaderEpochResponse>["topics"]>[number]["partitions"]
>[number];

export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: "OffsetForLeaderEpoch",
  request: OffsetForLeaderEpochRequest,
  response: OffsetForLeaderEpochResponse,
  versions: [2, 4],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle({ topics }, _context, broker) {
    return {
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((wanted): Answer => {
          const { partition, currentLeaderEpoch, leaderEpoch } = wanted;
          try {
            const replica = leaderOf(broker, topic, partition, currentLeaderEpoch);
            const found = replica.endOffsetFor(leaderEpoch);
            return {
              partition,
              leaderEpoch: found?.epoch ?? -1,
              endOffset: found?.endOffset ?? -1,
            };
          } catch (error) {
            return refused(wanted, asKafkaError(error, broker.log).code);
          }
        }),
      })),
    };
  },

  failed: ({ topics }, { code }) => ({
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((wanted) => refused(wanted, code)),
    })),
  }),
});

const refused = ({ partition }: Wanted, errorCode: number): Answer => ({ partition, errorCode });
