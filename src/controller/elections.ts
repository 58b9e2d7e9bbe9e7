/**
 * Who leads a partition when brokers come and go. A leader must be alive and in the ISR, for only
 * there is all that was committed; then those that are eligible though they fell out of it
 * (KIP-966); then, only where it is allowed, anyone alive, at the price of what the others had.
 * With nobody to lead, the ISR stays, as the last word on who has everything.
 */
import {
  type MetadataImage,
  metadataRecord,
  NO_LEADER,
  type PartitionImage,
  type TopicImage,
  writtenVersion,
} from "../metadata/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";

const LEADER_UNCHANGED = -2;
/** 3.6-IV0: before it, a shrinking ISR needed a new leader epoch. */
const NO_EPOCH_BUMP_ON_SHRINK = 12;
const RECOVERING = 1;

export interface ElectionRules {
  /** Whether a broker may lead, after what is being decided. */
  readonly isAlive: (brokerId: number) => boolean;
  /** Leaves every ISR in which it is not the last. */
  readonly leaving?: number;
  readonly isUncleanAllowed: (topic: TopicImage) => boolean;
}

interface Choice {
  readonly leader: number;
  readonly isr: readonly number[];
  readonly isUnclean?: boolean;
}

/** Records for all partitions of which the leader or the ISR changes by these rules. */
export function electLeaders(
  image: MetadataImage,
  rules: ElectionRules,
  isConcerned: (partition: PartitionImage) => boolean,
): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  const { metadataVersion } = image;
  for (const topic of image.topics.values()) {
    topic.partitions.forEach((partition, partitionId) => {
      if (!isConcerned(partition)) return;
      const choice = choose(partition, rules, () => rules.isUncleanAllowed(topic));
      const changes = changesTo(partition, choice, metadataVersion);
      if (changes === undefined) return;
      const version = writtenVersion("PartitionChangeRecord", metadataVersion);
      records.push(metadataRecord("PartitionChangeRecord", version, {
        topicId: topic.id,
        partitionId,
        ...changes,
      }));
    });
  }
  return records;
}

function choose(
  partition: PartitionImage,
  { isAlive, leaving }: ElectionRules,
  isUncleanAllowed: () => boolean,
): Choice {
  const { leader, replicas, eligibleLeaderReplicas, lastKnownElr } = partition;
  const others = partition.isr.filter((id) => id !== leaving);
  const isr = others.length > 0 ? others : partition.isr;
  const candidate = (ids: readonly number[]) =>
    replicas.find((id) => id !== leaving && ids.includes(id) && isAlive(id));

  if (isr.includes(leader) && leader !== leaving && isAlive(leader)) return { leader, isr };
  const inIsr = candidate(isr);
  if (inIsr !== undefined) return { leader: inIsr, isr };
  if (isr.length === 0) {
    const eligible = candidate(eligibleLeaderReplicas);
    if (eligible !== undefined) return { leader: eligible, isr: [eligible] };
    const [last, ...rest] = lastKnownElr;
    if (last !== undefined && rest.length === 0 && candidate([last]) !== undefined) {
      return { leader: last, isr: [last], isUnclean: true };
    }
  }
  const anyone = candidate(replicas);
  if (anyone !== undefined && isUncleanAllowed()) {
    return { leader: anyone, isr: [anyone], isUnclean: true };
  }
  return { leader: NO_LEADER, isr };
}

function changesTo(partition: PartitionImage, { leader, isr, isUnclean }: Choice, level: number) {
  const isNewLeader = leader !== partition.leader;
  const isNewIsr = isr.length !== partition.isr.length ||
    isr.some((id, i) => id !== partition.isr[i]);
  if (!isNewLeader && !isNewIsr) return undefined;
  const shrinks = isr.length < partition.isr.length;
  const namesLeader = isNewLeader || (shrinks && level < NO_EPOCH_BUMP_ON_SHRINK);
  const leavesElr = leader !== NO_LEADER && partition.eligibleLeaderReplicas.length > 0;
  return {
    leader: namesLeader ? leader : LEADER_UNCHANGED,
    isr: isNewIsr ? isr : null,
    leaderRecoveryState: isUnclean ? RECOVERING : -1,
    // Whoever leads now is in the ISR; the list's others may lag behind it from here on.
    ...(leavesElr ? { eligibleLeaderReplicas: [], lastKnownElr: [] } : {}),
  };
}
