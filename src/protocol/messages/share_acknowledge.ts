/** ShareAcknowledge, key 79: acknowledges acquired records without reading more (KIP-932). */
import {
  array,
  bool,
  int16,
  int32,
  int64,
  int8,
  nullable,
  string,
  struct,
  uuid,
} from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** Acknowledgements by ranges of offsets. */
export const ShareAcknowledgeRequest = message({
  name: "ShareAcknowledgeRequest",
  apiKey: 79,
  listeners: ["broker"],
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    groupId: nullable(string(), { default: null }),
    memberId: nullable(string()),
    shareSessionEpoch: int32(),
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
  },
});
export type ShareAcknowledgeRequest = ValueOf<typeof ShareAcknowledgeRequest>;

/** How each partition's went. */
export const ShareAcknowledgeResponse = message({
  name: "ShareAcknowledgeResponse",
  apiKey: 79,
  versions: [1, 2],
  flexibleFrom: 0,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { default: null }),
    acquisitionLockTimeoutMs: int32({ since: 2, ignorable: true }),
    responses: array(struct({
      topicId: uuid(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string(), { default: null }),
        currentLeader: struct({
          leaderId: int32(),
          leaderEpoch: int32(),
        }),
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
export type ShareAcknowledgeResponse = ValueOf<typeof ShareAcknowledgeResponse>;
