/**
 * What this node has promised the quorum, on disk: its epoch, whom it voted for, and who leads
 * (`quorum_state.ts`). The core knows ids only; here a vote is given to a node's disk (KIP-853), so
 * that a node whose disk was replaced does not get the vote that its old one got.
 */
import { type LogEvent, type Uuid, ZERO_UUID } from "../base/mod.ts";
import { KeptCopies, type LogDirectory } from "../log/mod.ts";
import type { Disk } from "../platform/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import {
  NOTHING_PROMISED,
  type QuorumState,
  type QuorumStateData,
  toPersist,
} from "../raft/mod.ts";
import type { Candidate } from "./metadata_log_types.ts";
import type { VotersHistory } from "./metadata_voters.ts";
import { QuorumStateFile, type SavedQuorumState } from "./quorum_state.ts";

export interface QuorumVotesOptions {
  readonly disk: Disk;
  /** Of the metadata log. */
  readonly folder: string;
  readonly directory: LogDirectory;
  readonly nodeId: number;
  readonly history: VotersHistory;
  readonly staticVoters: readonly number[];
  readonly log: LogEvent;
}

export class QuorumVotes {
  readonly #options: QuorumVotesOptions;
  readonly #file: QuorumStateFile;
  /** Who asked for a vote last. */
  #candidate: Candidate | undefined;
  /** Of the node that this one voted for in this epoch; undefined where that is not known. */
  #votedDirectory: Uuid | undefined;
  #saved: QuorumStateData = NOTHING_PROMISED;

  constructor(options: QuorumVotesOptions) {
    this.#options = options;
    const { disk, folder, log } = options;
    this.#file = new QuorumStateFile(new KeptCopies(disk, folder, log), folder);
  }

  /** What was promised before this start. Throws StorageError. */
  read(): SavedQuorumState | undefined {
    const { staticVoters, nodeId } = this.#options;
    const saved = this.#file.read(staticVoters, nodeId);
    this.#votedDirectory = saved?.votedDirectoryId;
    this.#saved = saved ?? NOTHING_PROMISED;
    return saved;
  }

  /** What is on the device. */
  get saved(): QuorumStateData {
    return this.#saved;
  }

  /** See `MetadataLog.onCandidate`. */
  onCandidate(candidate: Candidate, state: QuorumState): void {
    const { id, directoryId, epoch } = candidate;
    const { votedId } = toPersist(state, this.#options.nodeId);
    const isTold = this.#votedDirectory !== undefined && directoryId !== ZERO_UUID;
    const isOther = isTold && directoryId !== this.#votedDirectory;
    if (epoch === state.epoch && votedId === id && isOther) {
      throw new KafkaError("INVALID_VOTER_KEY");
    }
    this.#candidate = candidate;
  }

  /** On the device when it returns. Throws StorageError, and then what was promised before stands. */
  write(state: QuorumStateData): void {
    const { history, staticVoters, directory } = this.#options;
    const votedDirectory = state.votedId === undefined
      ? undefined
      : this.#directoryOf(state.votedId, state.epoch);
    const directoryOf = () => votedDirectory ?? ZERO_UUID;
    const quorum = history.latest.kraftVersion === 0 ? { voters: staticVoters } : { directoryOf };
    directory.withReserve(() => this.#file.write(state, quorum));
    this.#saved = state;
    this.#votedDirectory = votedDirectory;
  }

  /** Of who is voted for: it has just asked, or it is this node, or it was voted for before. */
  #directoryOf(votedId: number, votedEpoch: number): Uuid | undefined {
    const { nodeId, directory } = this.#options;
    if (votedId === nodeId) return directory.directoryId;
    const { id, directoryId, epoch } = this.#candidate ?? {};
    if (id === votedId && epoch === votedEpoch) {
      return directoryId === ZERO_UUID ? undefined : directoryId;
    }
    return this.#votedDirectory;
  }
}
