/**
 * ElectLeaders, key 43: elects the preferred leaders of partitions, or, since version 1, any
 * replica that lives (KIP-460).
 */
import { array, int16, int32, int8, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions; null is all. */
export const ElectLeadersRequest = message({
  name: "ElectLeadersRequest",
  apiKey: 43,
  listeners: ["broker", "controller"],
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    electionType: int8({ since: 1 }),
    topicPartitions: nullable(array(struct({
      topic: string(),
      partitions: array(int32()),
    }))),
    timeoutMs: int32({ default: 60000 }),
  },
});
export type ElectLeadersRequest = ValueOf<typeof ElectLeadersRequest>;

/** How each election went. */
export const ElectLeadersResponse = message({
  name: "ElectLeadersResponse",
  apiKey: 43,
  versions: [0, 2],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 1 }),
    replicaElectionResults: array(struct({
      topic: string(),
      partitionResult: array(struct({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
      })),
    })),
  },
});
export type ElectLeadersResponse = ValueOf<typeof ElectLeadersResponse>;
