/**
 * Carries what leaders ask for to the controller (AlterPartition, KIP-497): what comes up within a
 * moment goes in one request, one request is under way at a time, and of each partition one
 * proposal. What can't be told to the controller is told again until it has answered, or until the
 * leader wants something else.
 */
import { keyOf, type LogEvent, ZERO_UUID } from "../base/mod.ts";
import type { Clock, Timer } from "../platform/mod.ts";
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  errorName,
  type InputOf,
} from "../protocol/mod.ts";
import type { IsrAnswer } from "./isr_answer.ts";
import type { IsrProposal } from "./leadership.ts";
import type { Replica } from "./replica.ts";

const LINGER_MS = 1;
const RETRY_MS = 50;
const MAX_RETRY_MS = 1000;
/** Partitions in one request. */
const MAX_PARTITIONS = 2000;
const RECOVERED = 0;

type Response = InputOf<typeof AlterPartitionResponse>;
type Partition = AlterPartitionRequest["topics"][number]["partitions"][number];

export interface AlterPartitionsOptions {
  readonly nodeId: number;
  /** The epoch of this broker's registration. */
  readonly brokerEpoch: () => number;
  readonly send: (request: AlterPartitionRequest) => Promise<Response>;
  readonly clock: Clock;
  readonly log: LogEvent;
}

interface Wish {
  readonly replica: Replica;
  readonly proposal: IsrProposal;
}

export class AlterPartitions {
  readonly #options: AlterPartitionsOptions;
  /** By topic id and partition, in the order in which they were made. */
  readonly #wishes = new Map<string, Wish>();
  #timer: Timer | undefined;
  #isSending = false;
  #failures = 0;
  #isClosed = false;

  constructor(options: AlterPartitionsOptions) {
    this.#options = options;
  }

  propose(replica: Replica, proposal: IsrProposal): void {
    const { topicPartition: { partition }, topicId } = replica;
    this.#wishes.set(`${topicId}:${partition}`, { replica, proposal });
    this.#sendIn(LINGER_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#wishes.clear();
  }

  #sendIn(delayMs: number): void {
    if (this.#isClosed || this.#isSending || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    const sent = this.#takeWishes();
    if (sent.size === 0) return;
    this.#isSending = true;
    const problem = await this.#trySend(sent);
    this.#isSending = false;
    if (problem === undefined) this.#failures = 0;
    else if (this.#failures++ === 0) {
      const fields = { partitions: sent.size, reason: problem };
      this.#options.log("warn", "cannot have ISRs changed as yet", fields);
    }
    if (this.#wishes.size === 0) return;
    const retryMs = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.max(0, this.#failures - 1));
    this.#sendIn(this.#failures > 0 ? retryMs : LINGER_MS);
  }

  #takeWishes(): Map<string, Wish> {
    const taken = new Map<string, Wish>();
    for (const [key, wish] of this.#wishes) {
      if (taken.size === MAX_PARTITIONS) break;
      this.#wishes.delete(key);
      if (wish.replica.isProposing(wish.proposal)) taken.set(key, wish);
    }
    return taken;
  }

  /** What went wrong, with all or with some, and is to be tried again. */
  async #trySend(sent: ReadonlyMap<string, Wish>): Promise<string | undefined> {
    let problem: string;
    try {
      const response = await this.#options.send(this.#request([...sent.values()]));
      const { errorCode = 0 } = response;
      if (errorCode === 0) return this.#onAnswer(sent, response);
      problem = errorName(errorCode);
    } catch (error) {
      problem = (error as Error).message;
    }
    for (const [key, wish] of sent) this.#wishAgain(key, wish);
    return problem;
  }

  #request(wishes: readonly Wish[]): AlterPartitionRequest {
    const { nodeId, brokerEpoch } = this.#options;
    const topics = new Map<string, Partition[]>();
    for (const wish of wishes) {
      const { topicId } = wish.replica;
      const partitions = topics.get(topicId) ?? [];
      topics.set(topicId, partitions);
      partitions.push(this.#partitionOf(wish));
    }
    return {
      brokerId: nodeId,
      brokerEpoch: brokerEpoch(),
      topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
    };
  }

  #partitionOf({ replica, proposal: { isr, leaderEpoch, partitionEpoch } }: Wish): Partition {
    const { nodeId, brokerEpoch } = this.#options;
    return {
      partitionIndex: replica.topicPartition.partition,
      leaderEpoch,
      partitionEpoch,
      newIsr: [], // as it was before version 3
      newIsrWithEpochs: isr.map((id) => ({
        brokerId: id,
        brokerEpoch: id === nodeId
          ? brokerEpoch()
          : replica.leadership?.follower(id)?.brokerEpoch ?? -1,
      })),
      // A leader is elected with the log that it has: there is nothing more to recover.
      leaderRecoveryState: RECOVERED,
    };
  }

  #onAnswer(
    sent: ReadonlyMap<string, Wish>,
    { topics = [] }: Response,
  ): string | undefined {
    const unanswered = new Map(sent);
    let problem: string | undefined;
    for (const { topicId = ZERO_UUID, partitions = [] } of topics) {
      for (const each of partitions) {
        const key = `${topicId}:${each.partitionIndex}`;
        const wish = unanswered.get(key);
        unanswered.delete(key);
        if (wish === undefined) continue;
        const { errorCode = 0, leaderEpoch = -1, partitionEpoch = -1, isr = [] } = each;
        const answer = { error: errorName(errorCode), leaderEpoch, partitionEpoch, isr };
        if (!this.#onPartitionAnswer(wish, answer)) continue;
        problem = answer.error;
        this.#wishAgain(key, wish);
      }
    }
    for (const [key, wish] of unanswered) {
      problem = "no answer";
      this.#wishAgain(key, wish);
    }
    return problem;
  }

  #onPartitionAnswer({ replica, proposal }: Wish, answer: IsrAnswer): boolean {
    const { log } = this.#options;
    const partition = keyOf(replica.topicPartition);
    const fields = { partition, isr: proposal.isr.join(), epoch: proposal.leaderEpoch };
    if (answer.error === "NONE") log("info", "ISR changed", fields);
    else log("info", "ISR not changed", { ...fields, error: answer.error });
    return replica.onIsrAnswer(proposal, answer);
  }

  #wishAgain(key: string, wish: Wish): void {
    if (!this.#wishes.has(key)) this.#wishes.set(key, wish);
  }
}
