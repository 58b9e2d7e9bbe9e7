/**
 * DescribeLogDirs, key 35: a broker's log directories and the replicas in them. Space of the volume
 * since version 4 (KIP-827), whether it is cordoned since 5.
 */
import { array, bool, int16, int32, int64, nullable, string, struct } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The partitions to look for; null is all. */
export const DescribeLogDirsRequest = message({
  name: "DescribeLogDirsRequest",
  apiKey: 35,
  listeners: ["broker"],
  versions: [1, 5],
  flexibleFrom: 2,
  fields: {
    topics: nullable(array(struct({
      topic: string(),
      partitions: array(int32()),
    }))),
  },
});
export type DescribeLogDirsRequest = ValueOf<typeof DescribeLogDirsRequest>;

/** Directories with the replicas found. */
export const DescribeLogDirsResponse = message({
  name: "DescribeLogDirsResponse",
  apiKey: 35,
  versions: [1, 5],
  flexibleFrom: 2,
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ since: 3, ignorable: true }),
    results: array(struct({
      errorCode: int16(),
      logDir: string(),
      topics: array(struct({
        name: string(),
        partitions: array(struct({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        })),
      })),
      totalBytes: int64({ since: 4, default: -1, ignorable: true }),
      usableBytes: int64({ since: 4, default: -1, ignorable: true }),
      isCordoned: bool({ since: 5, ignorable: true }),
    })),
  },
});
export type DescribeLogDirsResponse = ValueOf<typeof DescribeLogDirsResponse>;
