/**
 * AlterPartition (56): the leader of a partition says who is in sync (KIP-497). The controller has
 * the last word, since only it knows who is fenced or going: a replica that is let into the ISR may
 * lead from then on. Each partition is answered by itself, with what it is now.
 *
 * Epochs come first. A leader that knows of a later epoch than we do is ahead of a controller that
 * has been replaced; one that knows an earlier one has to read the metadata before it asks again.
 * A broker's epoch tells one life of it from the next: a follower that crashed and came back may
 * have lost what the leader saw it fetch, so it joins as who it is now, or not at all (KIP-903).
 *
 * An ISR that completes a reassignment may take the leadership from whoever asked. That is written,
 * and answered with NEW_LEADER_ELECTED: there is nothing more for this leader to say.
 */
import { assert, topicId } from "../base/mod.ts";
import { changed, type PartitionImage } from "../metadata/mod.ts";
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  errorCode,
  type ErrorName,
  type MetadataRecord,
} from "../protocol/mod.ts";
import type { Decision, DecisionContext } from "./decision.ts";
import { rulesOf } from "./elections.ts";
import { changePartition, type ChangeRules } from "./partition_change.ts";
import { isActive } from "./placement.ts";

type Proposal = AlterPartitionRequest["topics"][number]["partitions"][number];
type Answered = AlterPartitionResponse["topics"][number]["partitions"][number];
type Member = Proposal["newIsrWithEpochs"][number];

const RECOVERED = 0, RECOVERING = 1;
/** The leader does not know the follower's epoch, and it is not looked at. */
const UNKNOWN_EPOCH = -1;

export function alterPartition(
  { brokerId, brokerEpoch, topics }: AlterPartitionRequest,
  version: number,
  context: DecisionContext,
): Decision<AlterPartitionResponse> {
  const { image } = context;
  if (image.brokers.get(brokerId)?.brokerEpoch !== brokerEpoch) {
    const stale = errorCode("STALE_BROKER_EPOCH");
    return { records: [], response: { throttleTimeMs: 0, errorCode: stale, topics: [] } };
  }
  const rules = rulesOf(context);
  const records: MetadataRecord[] = [];
  const answered = topics.map((asked) => ({
    topicId: asked.topicId,
    partitions: asked.partitions.map((proposal) => {
      const isr = membersOf(proposal, version);
      const change = decide({ brokerId, proposal, isr, topic: asked.topicId }, context, rules);
      if (typeof change === "string") return refused(proposal.partitionIndex, change);
      if (change.record) records.push(change.record);
      const { leader } = change.after;
      // Nobody leading is no new leader: the epochs in the answer tell it.
      if (change.record && leader !== brokerId && leader >= 0) {
        return refused(proposal.partitionIndex, "NEW_LEADER_ELECTED");
      }
      return accepted(proposal.partitionIndex, change.after);
    }),
  }));
  return { records, response: { throttleTimeMs: 0, errorCode: 0, topics: answered } };
}

const membersOf = ({ newIsr, newIsrWithEpochs }: Proposal, version: number): readonly Member[] =>
  version >= 3
    ? newIsrWithEpochs
    : newIsr.map((brokerId) => ({ brokerId, brokerEpoch: UNKNOWN_EPOCH }));

interface Asked {
  readonly brokerId: number;
  readonly topic: string;
  readonly proposal: Proposal;
  readonly isr: readonly Member[];
}

/** What becomes of one partition, or why nothing does. */
function decide(
  { brokerId, topic: id, proposal, isr }: Asked,
  context: DecisionContext,
  rules: ChangeRules,
): { record?: MetadataRecord; after: PartitionImage } | ErrorName {
  const { image } = context;
  const topic = image.topicById(topicId(id));
  const before = topic?.partitions[proposal.partitionIndex];
  if (topic === undefined) return "UNKNOWN_TOPIC_ID";
  if (before === undefined) return "UNKNOWN_TOPIC_OR_PARTITION";
  const error = refusalOf(brokerId, proposal, isr, before) ??
    (isr.every((member) => mayJoin(member, context)) ? undefined : "INELIGIBLE_REPLICA");
  if (error !== undefined) return error;
  const { partitionIndex, leaderRecoveryState } = proposal;
  const target = { isr: isr.map((member) => member.brokerId), leaderRecoveryState };
  const record = changePartition(topic, partitionIndex, target, rules);
  if (record === undefined) return { after: before };
  assert(record.type === "PartitionChangeRecord", "a partition changes by another record");
  return { record, after: changed(before, record.value) };
}

/** What Kafka looks at, in its order. */
function refusalOf(
  brokerId: number,
  { leaderEpoch, partitionEpoch, leaderRecoveryState }: Proposal,
  isr: readonly Member[],
  before: PartitionImage,
): ErrorName | undefined {
  if (leaderEpoch > before.leaderEpoch) return "NOT_CONTROLLER";
  if (partitionEpoch > before.partitionEpoch) return "NOT_CONTROLLER";
  if (leaderEpoch < before.leaderEpoch) return "FENCED_LEADER_EPOCH";
  if (brokerId !== before.leader) return "INVALID_REQUEST";
  if (partitionEpoch < before.partitionEpoch) return "INVALID_UPDATE_VERSION";
  const ids = new Set(isr.map((member) => member.brokerId));
  const isValid = ids.size === isr.length && ids.has(before.leader) &&
    isr.every((member) => before.replicas.includes(member.brokerId));
  if (!isValid) return "INVALID_REQUEST";
  if (leaderRecoveryState !== RECOVERED && leaderRecoveryState !== RECOVERING) {
    return "INVALID_REQUEST";
  }
  if (leaderRecoveryState === RECOVERED) return undefined;
  const isRecovered = before.leaderRecoveryState === RECOVERED;
  return isr.length > 1 || isRecovered ? "INVALID_REQUEST" : undefined;
}

function mayJoin({ brokerId, brokerEpoch }: Member, { image }: DecisionContext): boolean {
  const broker = image.brokers.get(brokerId);
  if (broker === undefined || !isActive(broker)) return false;
  return brokerEpoch === UNKNOWN_EPOCH || brokerEpoch === broker.brokerEpoch;
}

const refused = (partitionIndex: number, error: ErrorName): Answered => ({
  partitionIndex,
  errorCode: errorCode(error),
  leaderId: 0,
  leaderEpoch: 0,
  isr: [],
  leaderRecoveryState: RECOVERED,
  partitionEpoch: 0,
});

const accepted = (partitionIndex: number, after: PartitionImage): Answered => ({
  partitionIndex,
  errorCode: 0,
  leaderId: after.leader,
  leaderEpoch: after.leaderEpoch,
  isr: [...after.isr],
  leaderRecoveryState: after.leaderRecoveryState,
  partitionEpoch: after.partitionEpoch,
});
