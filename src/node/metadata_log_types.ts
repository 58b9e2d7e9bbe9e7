/** What a metadata log is opened with, and what it tells of the quorum. */
import type { LogEvent, Uuid } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { LogDirectory, PartitionLog } from "../log/mod.ts";
import type { Clock, Disk, Random } from "../platform/mod.ts";
import type { RaftMessage } from "../raft/mod.ts";
import type { InspectedMetadata } from "./metadata_inspection.ts";
import type { MetadataLog } from "./metadata_log.ts";
import type { QuorumVoters } from "./quorum_voters.ts";

/** The way to the other nodes of the quorum. */
export interface QuorumLink {
  /** Takes a request to its node, or an answer to who asked. May lose it. */
  send(message: RaftMessage): void;
  /** Whoever waits for an answer gets none, and may ask again. */
  refuse?(): void;
}

/** Who asks for a vote. */
export interface Candidate {
  readonly id: number;
  /** All zeroes where it is not told. */
  readonly directoryId: Uuid;
  readonly epoch: number;
}

/** How far the quorum is with its leaders, as this node knows it. */
export interface Leadership {
  readonly epoch: number;
  readonly leaderId: number | undefined;
  /** This node leads, and has applied all that was committed before it did. */
  readonly isLeader: boolean;
}

export interface MetadataLogOptions {
  /** Where the metadata log lies, mostly beside partitions. */
  readonly directory: LogDirectory;
  /** Partitions of the node, wherever they lie. Default: those of the directory. */
  readonly partitions?: () => Iterable<PartitionLog>;
  readonly nodeId: number;
  readonly config: BrokerConfig;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: LogEvent;
  /** What a look at the files has found before anything was opened. Default: it is done now. */
  readonly inspected?: InspectedMetadata;
  /** Who votes in a cluster that begins here and now; default: whoever the settings say. */
  readonly firstVoters?: QuorumVoters;
  /** Stand for addresses at which the quorum may be found; see `RaftConfig.bootstrapIds`. */
  readonly bootstrapIds?: readonly number[];
  /** Makes the way to other nodes. Default: there are none, and this one leads alone. */
  readonly connect?: (metadata: MetadataLog) => QuorumLink;
  /**
   * Called once when nothing more can be written: the disk failed, or a record contradicts the
   * image.
   */
  readonly onFailure?: (error: Error) => void;
}
