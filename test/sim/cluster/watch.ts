/**
 * Looks into nodes while they run: takes hold of each metadata log that is opened, and holds what
 * it commits and who leads against Raft's promises.
 */
import { MetadataLog } from "../../../src/node/metadata_log.ts";
import type { RaftCheck } from "./raft_check.ts";
import type { World } from "./world.ts";

/** From now on, until what it returns is called. One story at a time. */
export function watchMetadata(world: World, check: RaftCheck): () => void {
  const { open } = MetadataLog;
  MetadataLog.open = async (options) => {
    const metadata = await open.call(MetadataLog, options);
    const { nodeId } = options;
    const guard = (look: () => void) => {
      try {
        look();
      } catch (error) {
        world.fail(error as Error);
      }
    };
    const onApplied = () => {
      const { offset, epoch } = metadata.image;
      if (offset > world.image.offset) world.image = metadata.image;
      if (offset >= 0) guard(() => check.onApplied(nodeId, { offset, epoch, what: "something" }));
    };
    onApplied();
    metadata.onCommitted(onApplied);
    metadata.onLeadership(({ isLeader, epoch }) => {
      if (isLeader) guard(() => check.onDecides(nodeId, epoch, metadata.image.offset + 1));
    });
    return metadata;
  };
  return () => MetadataLog.open = open;
}
