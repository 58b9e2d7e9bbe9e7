/**
 * What an acknowledgement is worth on a topic, told from the topic's real settings, on any Kafka.
 *
 * What counts is where a record is when the producer is told that it is written: in the page cache
 * of a broker, or on its device (`durability`; Apache Kafka has no such setting, and syncs before
 * it answers with `flush.messages=1` only), and on how many brokers (`acks`, the replicas, and
 * `min.insync.replicas` of them at least). A process that dies leaves the page cache behind, a
 * machine without power does not. Whoever is in sync when the leader goes may lead next, and cuts
 * off what it has not: with `acks=1` that may be the record.
 */
import type { ConfigEntry } from "./admin.ts";

/** Of one `acks` setting. */
export interface Survival {
  /** Brokers that crash, one or all of them. */
  readonly crash: boolean;
  /** A power cut of all machines at once. */
  readonly powerCut: boolean;
  /** How many machines may be lost for good, disks and all. */
  readonly lostNodes: number;
}

export interface Acknowledgement {
  /** One sentence for people. `acks=0` is left out: it acknowledges nothing. */
  readonly sentence: string;
  /** With `acks=all`, when no more replicas are in sync than `min.insync.replicas` asks for. */
  readonly acksAll: Survival;
  readonly acks1: Survival;
}

/** What it stands on. */
export interface AcknowledgementFacts {
  /** On the device, and not only in the page cache, before the answer. */
  readonly isSynced: boolean;
  /** Of the partition that has the fewest. */
  readonly replicas: number;
  readonly minInSyncReplicas: number;
  /** `unclean.leader.election.enable` */
  readonly mayElectUnclean: boolean;
}

/** From a topic's description and its settings, the inherited ones included. */
export function acknowledgementOf(
  partitions: readonly { readonly replicas: readonly number[] }[],
  configs: readonly ConfigEntry[],
): Acknowledgement {
  const values = new Map(configs.map(({ name, value }) => [name, value]));
  const durability = values.get("durability");
  return acknowledgement({
    isSynced: durability === undefined || durability === null
      ? Number(values.get("flush.messages")) === 1
      : durability === "disk",
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    minInSyncReplicas: Number(values.get("min.insync.replicas") ?? 1),
    mayElectUnclean: values.get("unclean.leader.election.enable") === "true",
  });
}

export function acknowledgement(facts: AcknowledgementFacts): Acknowledgement {
  const { isSynced, replicas, minInSyncReplicas, mayElectUnclean } = facts;
  if (replicas <= 1) {
    const only = { crash: true, powerCut: isSynced, lostNodes: 0 };
    return { sentence: sentenceOfOne(isSynced), acksAll: only, acks1: only };
  }
  const copies = Math.min(Math.max(minInSyncReplicas, 1), replicas);
  const isKept = !mayElectUnclean;
  return {
    sentence: sentenceOfMany(isSynced, copies, isKept),
    acksAll: { crash: isKept, powerCut: isKept && isSynced, lostNodes: copies - 1 },
    acks1: { crash: false, powerCut: false, lostNodes: 0 },
  };
}

const sentenceOfOne = (isSynced: boolean): string =>
  isSynced
    ? "An acknowledged record survives a crash of the broker and a power cut of its machine, not " +
      "the loss of its disk: there is one replica."
    : "An acknowledged record survives a crash of the broker, not a power cut of its machine (it " +
      "may be in memory only) nor the loss of its disk: there is one replica.";

function sentenceOfMany(isSynced: boolean, copies: number, isKept: boolean): string {
  const lost = copies - 1;
  const nodes = lost === 1 ? "one machine" : `${lost} machines`;
  const ifAlone = "only if another replica was in sync (min.insync.replicas=1)";
  const survives = isSynced
    ? lost > 0
      ? `crashes, power cuts and the loss of ${nodes}`
      : `crashes and power cuts, the loss of a machine ${ifAlone}`
    : lost > 0
    ? `crashes, and the power cut or loss of ${nodes}, not a power cut of all at once (it may be in ` +
      `memory only)`
    : `crashes, the power cut or loss of a machine ${ifAlone}`;
  const unless = isKept
    ? ""
    : ", unless a replica that is behind is made the leader (unclean.leader.election.enable=true)";
  return `With acks=all an acknowledged record survives ${survives}${unless}; with acks=1 it may ` +
    `be lost with its leader.`;
}
