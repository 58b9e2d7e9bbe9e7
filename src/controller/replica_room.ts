/**
 * How many replicas of partitions may still be made: `max.broker.partitions` for each broker, less
 * what there is. Kafka has no such limit; KIP-578, whose name the setting has, wanted one. The
 * coordinators' own topics are never refused for it.
 */
import { KafkaError } from "../protocol/mod.ts";
import type { DecisionContext } from "./decision.ts";
import { isInternalTopic } from "./internal_topics.ts";

export class ReplicaRoom {
  readonly #context: DecisionContext;
  #left: number | undefined;

  constructor(context: DecisionContext) {
    this.#context = context;
  }

  /** Throws KafkaError POLICY_VIOLATION, and takes nothing then. */
  take(topic: string, replicas: readonly (readonly number[])[]): void {
    const wanted = replicas.reduce((sum, brokerIds) => sum + brokerIds.length, 0);
    const { limited, config } = this.#context;
    this.#left ??= this.#count();
    if (wanted <= this.#left || isInternalTopic(topic)) {
      this.#left -= wanted;
      return;
    }
    limited("max.broker.partitions");
    throw new KafkaError(
      "POLICY_VIOLATION",
      `Cannot make ${replicas.length} partitions: max.broker.partitions=` +
        `${config.get("max.broker.partitions")} leaves room for ${Math.max(0, this.#left)}`,
    );
  }

  #count(): number {
    const { image: { topics, brokers }, config } = this.#context;
    let left = config.get("max.broker.partitions") * brokers.size;
    for (const { partitions } of topics.values()) {
      for (const { replicas } of partitions) left -= replicas.length;
    }
    return left;
  }
}
