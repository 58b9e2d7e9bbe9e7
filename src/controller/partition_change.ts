/**
 * What becomes of one partition: given the ISR and the replicas that it shall have, who leads, who
 * stays eligible, and whether a reassignment is done, as one PartitionChangeRecord. Fencing,
 * elections and reassignments all take this road, so that each keeps the others' rules:
 *
 * - A leader is alive and in the ISR, for only there is all that was committed; then one of those
 *   that are eligible though they fell out of it (KIP-966); then the last known leader, if nobody
 *   is left of either; then, only where it is allowed, anyone alive, at the price of what the
 *   others had.
 * - With the feature eligible.leader.replicas.version, an ISR that is smaller than
 *   min.insync.replicas leaves those behind as eligible who went last, and may become empty.
 *   Without it the last one of the ISR stays in it, as the last word on who has everything.
 * - A reassignment (KIP-455) is done when all that were added are in the ISR and one that stays is.
 *   Who was added by one and is to go by the next is not waited for.
 */
import type { Uuid } from "../base/mod.ts";
import {
  LEVEL,
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
const UNCHANGED = -1, RECOVERING = 1;

/** What is so for all partitions while something is being decided. */
export interface ChangeRules {
  readonly metadataVersion: number;
  /** Whether the feature eligible.leader.replicas.version is on. */
  readonly hasElr: boolean;
  /** Whether a broker may lead, after what is being decided. */
  readonly isAlive: (brokerId: number) => boolean;
  /** Whether what lies in a directory of the broker can be had (KIP-858); without one it can. */
  readonly isOnline: (brokerId: number, directory: Uuid | undefined) => boolean;
  readonly isUncleanAllowed: (topic: TopicImage) => boolean;
  readonly minIsr: (topic: TopicImage) => number;
  /** Where a replica will lie that is new on a broker. */
  readonly directoryFor: (brokerId: number) => Uuid;
}

/** What the partition shall be; what is left out stays. */
export interface PartitionTarget {
  readonly isr?: readonly number[];
  readonly replicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  readonly addingReplicas?: readonly number[];
  /** Along with the replicas, which stay. */
  readonly directories?: readonly Uuid[];
  /** What the leader says of itself: 0 when it has recovered from an unclean election. */
  readonly leaderRecoveryState?: number;
  /** A broker that lost what it had not synced: no longer eligible. */
  readonly uncleanBroker?: number;
  /**
   * "online": whoever leads goes on; "preferred": the first replica if it can; "unclean": anyone
   * alive when nobody else can.
   */
  readonly election?: "online" | "preferred" | "unclean";
}

interface Targets {
  replicas: readonly number[];
  removing: readonly number[];
  adding: readonly number[];
  isr: readonly number[];
  elr: readonly number[];
  lastKnownElr: readonly number[];
  leader: number;
  recovery: number;
}

/** The record that makes it so; undefined when it is so already. */
export function changePartition(
  topic: TopicImage,
  partitionId: number,
  target: PartitionTarget,
  all: ChangeRules,
): MetadataRecord | undefined {
  const before = topic.partitions[partitionId];
  const lying = { ...before, directories: target.directories ?? before.directories };
  const isAlive = (id: number) => all.isAlive(id) && all.isOnline(id, directoryOf(lying, id));
  const rules = { ...all, isAlive };
  const after = targetsOf(before, target, rules);
  completeReassignment(after);
  if (rules.hasElr) setEligible(before, after, target.uncleanBroker, rules.minIsr(topic));
  elect(before, after, target.election ?? "online", topic, rules);
  setLastKnownLeader(before, after, rules);
  const changes = changesTo(before, after, rules, target.directories);
  if (changes === undefined) return undefined;
  const version = writtenVersion("PartitionChangeRecord", rules.metadataVersion);
  return metadataRecord("PartitionChangeRecord", version, {
    topicId: topic.id,
    partitionId,
    ...changes,
  });
}

function targetsOf(
  before: PartitionImage,
  target: PartitionTarget,
  { hasElr }: ChangeRules,
): Targets {
  const isr = target.isr ?? before.isr;
  return {
    replicas: target.replicas ?? before.replicas,
    removing: target.removingReplicas ?? before.removingReplicas,
    adding: target.addingReplicas ?? before.addingReplicas,
    isr: isr.length === 0 && !hasElr ? before.isr : isr,
    elr: before.eligibleLeaderReplicas,
    lastKnownElr: before.lastKnownElr,
    leader: before.leader,
    recovery: target.leaderRecoveryState ?? before.leaderRecoveryState,
  };
}

function completeReassignment(after: Targets): void {
  const { removing, adding, replicas, isr } = after;
  if (removing.length + adding.length === 0) return;
  const staying = replicas.filter((id) => !removing.includes(id));
  const stayingIsr = isr.filter((id) => !removing.includes(id));
  const awaited = adding.filter((id) => !removing.includes(id));
  if (stayingIsr.length === 0 || !awaited.every((id) => stayingIsr.includes(id))) return;
  Object.assign(after, { replicas: staying, isr: stayingIsr, removing: [], adding: [] });
}

/**
 * While the ISR is smaller than it must be, whoever was in it or eligible before stays eligible.
 */
function setEligible(
  before: PartitionImage,
  after: Targets,
  uncleanBroker: number | undefined,
  minIsr: number,
): void {
  if (after.isr.length >= Math.min(minIsr, after.replicas.length)) {
    after.elr = [];
    return;
  }
  const candidates = [...new Set([...before.eligibleLeaderReplicas, ...before.isr])];
  after.elr = candidates.filter((id) =>
    !after.isr.includes(id) && id !== uncleanBroker && after.replicas.includes(id)
  );
}

function elect(
  before: PartitionImage,
  after: Targets,
  election: "online" | "preferred" | "unclean",
  topic: TopicImage,
  rules: ChangeRules,
): void {
  const { replicas, isr } = after;
  // Where the feature is off nobody keeps the list, and it is true only of a time without an ISR.
  const elr = rules.hasElr || isr.length === 0 ? after.elr : [];
  const canLead = (id: number) =>
    replicas.includes(id) && (isr.includes(id) || elr.includes(id)) && rules.isAlive(id);
  const [preferred] = replicas;
  if (election === "preferred" && canLead(preferred)) return seat(after, preferred);
  if (canLead(before.leader)) return seat(after, before.leader);
  const clean = replicas.find(canLead);
  if (clean !== undefined) return seat(after, clean);
  const [last, ...others] = after.lastKnownElr;
  const isLastKnown = isr.length + elr.length + others.length === 0 && last !== undefined;
  if (isLastKnown && rules.isAlive(last)) return seatUnclean(after, last);
  const anyone = replicas.find(rules.isAlive);
  if (anyone !== undefined && (election === "unclean" || rules.isUncleanAllowed(topic))) {
    return seatUnclean(after, anyone);
  }
  after.leader = NO_LEADER;
}

/** Of those that are eligible only, the one that leads is the whole ISR. */
function seat(after: Targets, leader: number): void {
  after.leader = leader;
  if (after.isr.includes(leader)) return;
  after.isr = [leader];
  after.elr = after.elr.filter((id) => id !== leader);
}

function seatUnclean(after: Targets, leader: number): void {
  Object.assign(after, { leader, isr: [leader], elr: [], recovery: RECOVERING });
}

/** Noted when the last one goes, and kept until somebody leads. */
function setLastKnownLeader(
  before: PartitionImage,
  after: Targets,
  { hasElr }: ChangeRules,
): void {
  if (after.leader !== NO_LEADER) {
    after.lastKnownElr = [];
    if (!hasElr) after.elr = [];
  } else if (hasElr && after.isr.length === 0 && before.leader !== NO_LEADER) {
    after.lastKnownElr = [before.leader];
  }
}

function changesTo(
  before: PartitionImage,
  after: Targets,
  rules: ChangeRules,
  assigned: readonly Uuid[] | undefined,
) {
  const { metadataVersion } = rules;
  const ifNew = <T>(was: readonly T[], is: readonly T[]) => isSame(was, is) ? undefined : is;
  const isr = ifNew(before.isr, after.isr);
  const replicas = ifNew(before.replicas, after.replicas);
  const removingReplicas = ifNew(before.removingReplicas, after.removing);
  const addingReplicas = ifNew(before.addingReplicas, after.adding);
  const elr = ifNew(before.eligibleLeaderReplicas, after.elr);
  const lastKnownElr = ifNew(before.lastKnownElr, after.lastKnownElr);
  const isNewLeader = after.leader !== before.leader;
  const moved = assigned && ifNew(before.directories, assigned);
  const recovers = after.recovery !== before.leaderRecoveryState;
  const changed = [isr, replicas, removingReplicas, addingReplicas, elr, lastKnownElr, moved];
  const isChanged = isNewLeader || recovers || changed.some((each) => each !== undefined);
  if (!isChanged) return undefined;

  const shrinks = after.isr.length < before.isr.length;
  // Whoever was removed must learn that it is no replica: followers of the old epoch are fenced.
  const removes = before.replicas.some((id) => !after.replicas.includes(id));
  const namesLeader = isNewLeader || removes ||
    (shrinks && metadataVersion < NO_EPOCH_BUMP_ON_SHRINK);
  const directories = replicas && metadataVersion >= LEVEL.directories
    ? after.replicas.map((id) => directoryOf(before, id) ?? rules.directoryFor(id))
    : moved;
  return {
    leader: namesLeader ? after.leader : LEADER_UNCHANGED,
    leaderRecoveryState: recovers ? after.recovery : UNCHANGED,
    isr: isr ?? null,
    replicas: replicas ?? null,
    removingReplicas: removingReplicas ?? null,
    addingReplicas: addingReplicas ?? null,
    ...(directories ? { directories } : {}),
    ...(elr ? { eligibleLeaderReplicas: elr } : {}),
    ...(lastKnownElr ? { lastKnownElr } : {}),
  };
}

function directoryOf({ replicas, directories }: PartitionImage, id: number): Uuid | undefined {
  const at = replicas.indexOf(id);
  return at < 0 ? undefined : directories[at];
}

const isSame = <T>(one: readonly T[], other: readonly T[]): boolean =>
  one.length === other.length && one.every((each, i) => each === other[i]);
