/** Topics and partitions as the image holds them, and what a record changes in one partition. */
import type { BrokerId, TopicId, Uuid } from "../base/mod.ts";
import type { PartitionChangeRecord, PartitionRecord } from "../protocol/mod.ts";

/** No leader: nobody in the ISR is alive. */
export const NO_LEADER = -1;
/** In a change record: the leader stays and so does its epoch. */
const LEADER_UNCHANGED = -2;

/**
 * One partition. All lists of replicas hold broker ids; `directories` goes along with `replicas`.
 */
export interface PartitionImage {
  readonly replicas: readonly number[];
  /** In which log directory each replica lies (KIP-858). */
  readonly directories: readonly Uuid[];
  readonly isr: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly addingReplicas: readonly number[];
  /** Out of the ISR, yet sure to hold all that was committed (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[];
  readonly lastKnownElr: readonly number[];
  /** A broker's id, or {@link NO_LEADER}. */
  readonly leader: number;
  /** 1 while a leader that was elected unclean has not said that it recovered. */
  readonly leaderRecoveryState: number;
  /** Counts leaders: grows with each record that names one, even the same. */
  readonly leaderEpoch: number;
  /** Counts changes of any kind. */
  readonly partitionEpoch: number;
}

export interface TopicImage {
  readonly name: string;
  readonly id: TopicId;
  /** By partition number. */
  readonly partitions: readonly PartitionImage[];
}

/** Whether this broker has a replica. */
export const hasReplica = (partition: PartitionImage, broker: BrokerId | number): boolean =>
  partition.replicas.includes(broker);

/** Whether other brokers are in sync, and nobody relies on what this one has. */
export const isInSyncElsewhere = (
  { isr, eligibleLeaderReplicas }: PartitionImage,
  broker: BrokerId | number,
): boolean => isr.length > 0 && !isr.includes(broker) && !eligibleLeaderReplicas.includes(broker);

export function partitionFrom(record: PartitionRecord): PartitionImage {
  return {
    replicas: record.replicas,
    directories: record.directories,
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
  };
}

/**
 * The partition after a change: null and -2 mean unchanged, a leader that is named begins a new
 * leader epoch.
 */
export function changed(before: PartitionImage, record: PartitionChangeRecord): PartitionImage {
  const { leader, leaderRecoveryState } = record;
  const namesLeader = leader !== LEADER_UNCHANGED;
  return {
    replicas: record.replicas ?? before.replicas,
    directories: record.directories ?? before.directories,
    isr: record.isr ?? before.isr,
    removingReplicas: record.removingReplicas ?? before.removingReplicas,
    addingReplicas: record.addingReplicas ?? before.addingReplicas,
    eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
    leader: namesLeader ? leader : before.leader,
    leaderRecoveryState: leaderRecoveryState < 0 ? before.leaderRecoveryState : leaderRecoveryState,
    leaderEpoch: before.leaderEpoch + (namesLeader ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
  };
}
