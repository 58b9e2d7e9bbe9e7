/**
 * The `quorum-state` file: what a voter must not forget (KIP-595). One line of JSON, as Kafka
 * writes it:
 *
 *     {"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,
 *      "currentVoters":[{"voterId":1}],"data_version":0}
 *
 * (on one line, without the blanks). -1 is nobody. Replaced as a whole and synced before the vote
 * or the epoch in it is acted on, or a node could vote twice. At kraft.version 1 (KIP-853) the log
 * holds the voters, and the file the directory that was voted for:
 *
 *     {"leaderId":1,"leaderEpoch":3,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA",
 *      "data_version":1}
 */
import { type Uuid, ZERO_UUID } from "../base/mod.ts";
import { isUuid } from "../bytes/mod.ts";
import type { KeptCopies } from "../log/mod.ts";
import { StorageError } from "../platform/mod.ts";
import type { QuorumStateData } from "../raft/mod.ts";
import { whyOtherVoters } from "./other_voters.ts";

const NOBODY = -1;
export const QUORUM_STATE_FILE = "quorum-state";

/** kraft.version 0: everybody's settings name the voters. */
export interface StaticQuorum {
  readonly voters: readonly number[];
}
/** kraft.version 1: the log names them, with their directories. */
export interface DynamicQuorum {
  readonly directoryOf: (voterId: number) => Uuid;
}

export interface SavedQuorumState extends QuorumStateData {
  /** Of which directory the node is that was voted for, where that is known. */
  readonly votedDirectoryId?: Uuid;
}

export class QuorumStateFile {
  readonly #path: string;

  /** @param files those of the folder, with copies, should a bit of the file change */
  constructor(private readonly files: KeptCopies, folder: string) {
    this.#path = `${folder}/${QUORUM_STATE_FILE}`;
  }

  /**
   * What was written last, undefined when there is no file. Throws StorageError when it makes no
   * sense, or when it is that of a quorum with other voters.
   *
   * @param told who votes by this node's settings
   */
  read(told: readonly number[], nodeId: number): SavedQuorumState | undefined {
    const text = this.files.read(QUORUM_STATE_FILE);
    if (text === undefined) return undefined;
    try {
      const { voters: kept, ...saved } = decodeQuorumState(text);
      const why = whyOtherVoters({ kept, told, nodeId });
      if (why !== undefined) throw new Error(why);
      return saved;
    } catch (cause) {
      const why = (cause as Error).message;
      throw new StorageError(`Cannot use ${this.#path}: ${why}`, this.#path, { cause });
    }
  }

  /** On the device when it returns. */
  write(state: QuorumStateData, quorum: StaticQuorum | DynamicQuorum): void {
    const text = "voters" in quorum
      ? encodeQuorumState(state, quorum.voters)
      : encodeDynamicQuorumState(state, quorum.directoryOf);
    this.files.replace(QUORUM_STATE_FILE, text);
    this.files.save();
  }
}

export function encodeQuorumState(
  { epoch, votedId, leaderId }: QuorumStateData,
  voters: readonly number[],
): string {
  return JSON.stringify({
    clusterId: "", // neither this nor the applied offset was ever filled in by Kafka
    leaderId: leaderId ?? NOBODY,
    leaderEpoch: epoch,
    votedId: votedId ?? NOBODY,
    appliedOffset: 0,
    currentVoters: voters.map((voterId) => ({ voterId })),
    data_version: 0,
  });
}

export function encodeDynamicQuorumState(
  { epoch, votedId, leaderId }: QuorumStateData,
  directoryOf: (voterId: number) => Uuid,
): string {
  return JSON.stringify({
    leaderId: leaderId ?? NOBODY,
    leaderEpoch: epoch,
    votedId: votedId ?? NOBODY,
    votedDirectoryId: votedId === undefined ? ZERO_UUID : directoryOf(votedId),
    data_version: 1,
  });
}

/**
 * Throws a plain Error for the file of a newer version; any other is left to
 * {@link decodeQuorumState}.
 */
export function checkQuorumStateVersion(text: string): void {
  const [, version] = /"data_version"\s*:\s*(\d{1,4})\b/.exec(text) ?? [];
  if (Number(version) > 1) throw unknownVersion(version);
}

const unknownVersion = (version: unknown) =>
  new Error(`its version is ${version}, and this version knows 0 and 1`);

/** With the voters that it names, at kraft.version 0. Throws a plain Error: what is wrong. */
export function decodeQuorumState(text: string): SavedQuorumState & { voters: number[] } {
  const { data_version, leaderId, leaderEpoch, votedId, currentVoters, votedDirectoryId } = JSON
    .parse(text);
  if (data_version !== 0 && data_version !== 1) {
    throw unknownVersion(data_version);
  }
  const id = (name: string, value: unknown): number | undefined => {
    if (!Number.isInteger(value) || (value as number) < NOBODY) {
      throw new Error(`${name} is ${value}`);
    }
    return value === NOBODY ? undefined : value as number;
  };
  const epoch = id("leaderEpoch", leaderEpoch) ?? 0;
  const isKnown = typeof votedDirectoryId === "string" && isUuid(votedDirectoryId) &&
    votedDirectoryId !== ZERO_UUID;
  return {
    epoch,
    votedId: id("votedId", votedId),
    leaderId: id("leaderId", leaderId),
    voters: (currentVoters ?? []).map((voter: { voterId: number }) => voter.voterId),
    ...(isKnown ? { votedDirectoryId } : {}),
  };
}
