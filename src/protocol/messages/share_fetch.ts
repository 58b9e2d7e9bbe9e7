/**
 * ShareFetch, key 78: acquires records for a member of a share group, and acknowledges earlier ones
 * (KIP-932).
 */
import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  nullable,
  records,
  string,
  struct,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions to read, and acknowledgements of what was read before. */
export const ShareFetchRequest = message({
  name: "ShareFetchRequest",
  apiKey: 78,
  listeners: ["broker"],
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    groupId: nullable(string(), { default: null }),
    memberId: nullable(string()),
    shareSessionEpoch: int32(),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff }),
    maxRecords: int32(),
    batchSize: int32(),
    shareAcquireMode: int8({ since: 2, ignorable: true }),
    isRenewAck: bool({ since: 2 }),
    topics: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partitionIndex: int32(),
        acknowledgementBatches: array(struct({
          firstOffset: int64(),
          lastOffset: int64(),
          acknowledgeTypes: array(int8()),
        })),
      })),
    })),
    forgottenTopicsData: array(struct({
      topicId: uuid(),
      partitions: array(int32()),
    })),
  },
});
export type ShareFetchRequest = ValueOf<typeof ShareFetchRequest>;

/** Records, and which of them are the member's for a while. */
export const ShareFetchResponse = message({
  name: "ShareFetchResponse",
  apiKey: 78,
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    acquisitionLockTimeoutMs: int32(),
    responses: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
        acknowledgeErrorCode: int16(),
        acknowledgeErrorMessage: nullable(string(), { default: null }),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
        records: records(),
        acquiredRecords: array(struct({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryCount: int16(),
        })),
      })),
    })),
    nodeEndpoints: array(struct({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: nullable(string(), { default: null }),
    })),
  },
});
export type ShareFetchResponse = ValueOf<typeof ShareFetchResponse>;
