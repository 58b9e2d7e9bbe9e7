/**
 * Topics that are made because someone asked for them (`auto.create.topics.enable`), and the broker's own
 * `__consumer_offsets`. Many clients ask at once for the same missing topic; the controller is asked once.
 */
import type { BrokerConfig } from "../config/mod.ts";
import type { LogEvent } from "../base/mod.ts";
import { errorCode, errorName, KafkaError } from "../protocol/mod.ts";
import type { ControllerClient } from "./controller_client.ts";
import { OFFSETS_TOPIC } from "./groups.ts";

/** Names that are being created; more have to wait for another Metadata request. */
const MAX_UNDER_WAY = 1000;

export interface AutoTopicsOptions {
  readonly controller: ControllerClient;
  readonly config: () => BrokerConfig;
  readonly log: LogEvent;
  /** How many brokers there are to put replicas on. */
  readonly brokerCount: () => number;
}

export class AutoTopics {
  readonly #options: AutoTopicsOptions;
  readonly #underWay = new Set<string>();

  constructor(options: AutoTopicsOptions) {
    this.#options = options;
  }

  /** Asks for topics and does not wait: the client comes back. */
  create(names: readonly string[]): void {
    const fresh = [...new Set(names)].filter((name) => !this.#underWay.has(name));
    const room = MAX_UNDER_WAY - this.#underWay.size;
    for (const name of fresh.slice(0, room)) {
      this.#underWay.add(name);
      this.#create(name)
        .catch((error) => {
          this.#options.log("warn", "cannot create a topic that was asked for", {
            topic: name,
            error: error instanceof Error ? error.message : String(error),
          });
        })
        .finally(() => this.#underWay.delete(name));
    }
  }

  /** Makes `__consumer_offsets`. Rejects when the controller refuses for any reason but that it is there. */
  createOffsetsTopic(): Promise<void> {
    return this.#create(OFFSETS_TOPIC);
  }

  async #create(name: string): Promise<void> {
    const { topics } = await this.#options.controller.createTopics({
      topics: [name === OFFSETS_TOPIC ? this.#offsetsTopic() : this.#ordinaryTopic(name)],
      timeoutMs: this.#options.config().get("request.timeout.ms"),
    });
    const { errorCode: code = 0, errorMessage } = topics?.[0] ?? {};
    if (code === 0 || code === errorCode("TOPIC_ALREADY_EXISTS")) return;
    throw new KafkaError(errorName(code), errorMessage ?? undefined);
  }

  #ordinaryTopic(name: string) {
    return { name, numPartitions: -1, replicationFactor: -1 };
  }

  /** Never more replicas than there are brokers: Kafka's default of three would keep a lone node from groups. */
  #offsetsTopic() {
    const config = this.#options.config();
    const brokers = this.#options.brokerCount();
    return {
      name: OFFSETS_TOPIC,
      numPartitions: config.get("offsets.topic.num.partitions"),
      replicationFactor: Math.min(config.get("offsets.topic.replication.factor"), brokers),
      configs: [
        { name: "cleanup.policy", value: "compact" },
        { name: "compression.type", value: "producer" },
        { name: "segment.bytes", value: String(config.get("offsets.topic.segment.bytes")) },
      ],
    };
  }
}
