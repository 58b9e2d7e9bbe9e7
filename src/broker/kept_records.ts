/**
 * What Apache Kafka, or a later version of ours, has left in internal topics and this one does not
 * serve: groups on newer protocols (KIP-848, 932, 1071), transactions, the state of share groups.
 * The records stay as they are for whoever comes next, and one line a kind tells of them.
 */
import type { LogEvent } from "../base/mod.ts";
import type { Replica } from "../replication/mod.ts";

const UNSERVED_TOPICS: ReadonlyMap<string, string> = new Map([
  ["__transaction_state", "transactions are not served yet"],
  ["__share_group_state", "share groups are not served yet"],
]);

/** What one partition of `__consumer_offsets` holds of it. */
export interface KeptInGroups {
  readonly records: number;
  /** By their type. */
  readonly groups: ReadonlyMap<string, number>;
  readonly openTransactions: number;
}

export class KeptRecords {
  readonly #log: LogEvent;
  readonly #told = new Set<string>();

  constructor(log: LogEvent) {
    this.#log = log;
  }

  /** A partition is led: is it of a topic that nobody looks into? */
  onLed({ topicPartition: { topic }, logStartOffset, logEndOffset }: Replica): void {
    const reason = UNSERVED_TOPICS.get(topic);
    if (reason === undefined || logEndOffset === logStartOffset || this.#told.has(topic)) return;
    this.#told.add(topic);
    this.#log("info", "records are kept as they are", { topic, reason });
  }

  /** All partitions that came together were read. */
  onGroupsLoaded(topic: string, found: readonly KeptInGroups[]): void {
    const sum = (of: (each: KeptInGroups) => number) =>
      found.reduce((total, each) => total + of(each), 0);
    const records = sum((each) => each.records);
    const openTransactions = sum((each) => each.openTransactions);
    if (records + openTransactions === 0) return;
    const types = new Set(found.flatMap(({ groups }) => [...groups.keys()]));
    this.#log("info", "records are kept as they are", {
      topic,
      reason: "of groups on newer protocols, which are not served yet",
      records,
      ...Object.fromEntries([...types].map((type) => [
        `${type}Groups`,
        sum(({ groups }) => groups.get(type) ?? 0),
      ])),
      ...(openTransactions > 0 ? { openTransactions } : {}),
    });
  }
}
