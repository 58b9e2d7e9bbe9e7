/**
 * Topics that are made because someone asked for them (`auto.create.topics.enable`), and the
 * broker's own `__consumer_offsets`. Many clients ask at once for the same missing topic; the
 * controller is asked once.
 */
import { InvariantError, type LogEvent } from "../base/mod.ts";
import { LIMITS, type OnLimit } from "../config/mod.ts";
import type { MutationQuota } from "../controller/mod.ts";
import {
  type CreateTopicsResponse,
  errorCode,
  errorName,
  type InputOf,
  KafkaError,
} from "../protocol/mod.ts";
import type { Asker, ControllerClient } from "./controller_client.ts";

/** Names that are being created; more have to wait for another Metadata request. */
const MAX_UNDER_WAY = LIMITS["auto.topics"].fixed;

export class AutoTopics {
  readonly #controller: ControllerClient;
  readonly #log: LogEvent;
  readonly #underWay = new Set<string>();
  /** Refusals that were told: clients ask again and again. */
  readonly #told = new Set<string>();
  readonly #onLimit: OnLimit;

  constructor(controller: ControllerClient, log: LogEvent, onLimit: OnLimit = () => {}) {
    this.#onLimit = onLimit;
    this.#controller = controller;
    this.#log = log;
  }

  /** Asks for topics and does not wait: the client comes back. */
  create(names: readonly string[], asker: Asker, quota: MutationQuota): void {
    const room = MAX_UNDER_WAY - this.#underWay.size;
    const missing = [...new Set(names)].filter((name) => !this.#underWay.has(name));
    if (missing.length > room) this.#onLimit("auto.topics");
    const fresh = missing.slice(0, room);
    if (fresh.length === 0) return;
    for (const name of fresh) this.#underWay.add(name);
    this.#create(fresh, asker, quota).finally(() => {
      for (const name of fresh) this.#underWay.delete(name);
    });
  }

  /**
   * Makes the coordinators' topic. Why the controller refuses is the operator's to know, and stands
   * in the log; clients are told to come again (COORDINATOR_NOT_AVAILABLE), as by Kafka.
   */
  async createNow(name: string): Promise<void> {
    const { topics } = await this.#askFor(name);
    const { errorCode: code = 0, errorMessage } = topics?.[0] ?? {};
    if (code === 0 || code === errorCode("TOPIC_ALREADY_EXISTS")) return;
    this.#refused(name, errorName(code), errorMessage);
    throw new KafkaError("COORDINATOR_NOT_AVAILABLE", `Cannot make ${name}: ${errorName(code)}`);
  }

  /** A controller that can't be reached is no reason for a client to give up either. */
  async #askFor(name: string): Promise<InputOf<typeof CreateTopicsResponse>> {
    try {
      return await this.#controller.autoCreateTopics([name]);
    } catch (cause) {
      if (cause instanceof InvariantError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.#refused(name, reason);
      throw new KafkaError("COORDINATOR_NOT_AVAILABLE", `Cannot make ${name}: ${reason}`, {
        cause,
      });
    }
  }

  async #create(names: readonly string[], asker: Asker, quota: MutationQuota): Promise<void> {
    try {
      const { topics = [] } = await this.#controller.autoCreateTopics(names, asker, quota);
      for (const { name, errorCode: code = 0 } of topics) {
        if (code === 0 || code === errorCode("TOPIC_ALREADY_EXISTS")) continue;
        this.#refused(name ?? "", errorName(code));
      }
    } catch (error) {
      this.#refused(names.join(","), error instanceof Error ? error.message : String(error));
    }
  }

  #refused(topic: string, error: string, reason: string | null = null): void {
    const refusal = `${topic} ${error}`;
    if (this.#told.has(refusal)) return;
    if (this.#told.size >= MAX_UNDER_WAY) this.#told.clear();
    this.#told.add(refusal);
    const fields = { topic, error: reason ?? error };
    this.#log("warn", "cannot create a topic that was asked for", fields);
  }
}
