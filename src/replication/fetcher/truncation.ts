/**
 * Cuts from a follower's log what its leader never had. The leader says which of its epochs is the
 * largest that is not newer than the follower's last one, and where it ended; the follower's own
 * history says where that epoch ended here. What is behind either was written under somebody else
 * (KIP-101, KIP-279). When the follower does not know the epoch, the next fetch tells the leader of
 * an older one, and so they come to one that both have.
 */
import { keyOf, type LogEvent, type Offset } from "../../base/mod.ts";
import type { Replica } from "../replica.ts";

export interface Cutting {
  readonly log: LogEvent;
  /** Before a log is cut below its high watermark; true when there is another one in its place. */
  readonly keepAside: (replica: Replica) => boolean;
}

export function truncateWhereDiverging(
  replica: Replica,
  { epoch, endOffset }: { epoch: number; endOffset: Offset },
  cutting: Cutting,
): void {
  const ours = replica.log.endOffsetFor(epoch)?.endOffset ?? replica.logEndOffset;
  truncate(replica, Math.min(endOffset, ours, replica.logEndOffset), cutting);
}

/**
 * What was committed is never cut off, unless somebody leads who has not all of it. Where that was
 * not allowed, all of it is kept under another name.
 */
export function truncate(replica: Replica, offset: Offset, { log, keepAside }: Cutting): void {
  const { topicPartition, logEndOffset, highWatermark, leaderEpoch } = replica;
  const fields = { partition: keyOf(topicPartition), offset, logEndOffset, leaderEpoch };
  if (offset < highWatermark) {
    if (keepAside(replica)) return;
    log("error", "log cut below its high watermark", { ...fields, highWatermark });
  } else if (offset < logEndOffset) log("info", "log cut where the leader's differs", fields);
  replica.truncateTo(offset);
}
