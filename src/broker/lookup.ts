/**
 * From what a request names to the replica that serves it, or the error that Kafka gives instead.
 */
import { ZERO_UUID } from "../base/mod.ts";
import { KafkaError } from "../protocol/mod.ts";
import type { Replica } from "../replication/mod.ts";
import type { Broker } from "./broker.ts";
import { topicById } from "./cluster_view.ts";

/** The topic's name; where the request names it by id, the name of the topic with that id. */
export function topicNameOf(broker: Broker, topicId: string | undefined, name: string): string {
  if (topicId === undefined) return name;
  const found = topicId === ZERO_UUID ? undefined : topicById(broker.image(), topicId)?.name;
  if (found === undefined) {
    throw new KafkaError("UNKNOWN_TOPIC_ID", `Cannot find a topic with the id ${topicId}`);
  }
  return found;
}

/** A client that believes in no leader epoch (KIP-320). */
const NONE = -1;

/**
 * The replica of a partition that this broker has, whoever leads it, in the leader epoch that the
 * client believes in.
 */
export function replicaOf(
  broker: Broker,
  topic: string,
  partition: number,
  leaderEpoch: number = NONE,
): Replica {
  const replica = broker.replicas.get(topic, partition);
  if (replica === undefined) throw notHere(broker, topic, partition);
  if (replica.offline !== undefined) throw replica.offline;
  checkLeaderEpoch(replica, leaderEpoch);
  return replica;
}

/**
 * The replica of a partition that this broker leads. A client that is ahead of a follower is told
 * so, and not sent elsewhere: it knows better than this broker who leads.
 */
export function leaderOf(
  broker: Broker,
  topic: string,
  partition: number,
  leaderEpoch: number = NONE,
): Replica {
  const replica = replicaOf(broker, topic, partition, leaderEpoch);
  if (replica.isLeader) return replica;
  throw notLeader(topic, partition, replica.state.leader);
}

function checkLeaderEpoch(replica: Replica, epoch: number): void {
  if (epoch === NONE || epoch === replica.leaderEpoch) return;
  const isOld = epoch < replica.leaderEpoch;
  throw new KafkaError(
    isOld ? "FENCED_LEADER_EPOCH" : "UNKNOWN_LEADER_EPOCH",
    `Cannot serve leader epoch ${epoch}: ours is ${replica.leaderEpoch}`,
  );
}

function notHere(broker: Broker, topic: string, partition: number): KafkaError {
  const known = broker.image().partition(topic, partition);
  return known === undefined
    ? new KafkaError("UNKNOWN_TOPIC_OR_PARTITION", `Cannot find "${topic}"-${partition}`)
    : broker.replicas.whyOffline(topic, partition) ?? notLeader(topic, partition, known.leader);
}

const notLeader = (topic: string, partition: number, leader: number): KafkaError =>
  new KafkaError(
    "NOT_LEADER_OR_FOLLOWER",
    `Cannot serve "${topic}"-${partition}: its leader is ${leader}`,
  );
