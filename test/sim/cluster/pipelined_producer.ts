/**
 * An idempotent producer that goes about as librdkafka does (2.16: `rdkafka_broker.c`,
 * `rdkafka_request.c`), since it believes a broker more than others do. It has up to five batches of
 * each partition under way, on one connection. What failed is put back in its place, and nothing more
 * of the partition is sent until all that is under way there has come back.
 *
 * - What is under way counts as ended a moment before it is back in its place. When the leader has
 *   changed what is behind it may be sent meanwhile, and so overtake it.
 * - A batch that is written makes all before it written, in its eyes: also one that was refused.
 * - A gap before a batch that is not the next in its row (OUT_OF_ORDER_SEQUENCE_NUMBER) begins a new
 *   epoch of the producer id once nothing is under way in any partition. Whatever is not acknowledged
 *   is numbered anew, and sent, be it written already or not.
 * - A gap before the next in its row is the end of it.
 *
 * So each record is there once, in its place, only if no broker gives it a cause for that.
 */
import { BrokenPromise, type SentBatch } from "../ledger.ts";
import { drawBatch, encodeSent } from "../records.ts";
import { type Actor, answerOf, type Stage, TRY_AGAIN } from "./actor.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { type Target, targetsIn } from "./promises.ts";

const OK = 0, OUT_OF_ORDER = 45;
const MAX_UNDER_WAY = 5;
/** Of one partition so many wait at most. */
const MAX_QUEUED = 8;
const BACKOFF_MS = 50;
const TIMEOUT_MS = 5000;

/** The id and epoch under which all partitions' batches go. */
interface Identity {
  producerId: number;
  epoch: number;
  /** Of all partitions. */
  underWay: number;
  /** A new epoch begins when nothing is under way. */
  isEnding: boolean;
}

export class PipelinedProducer implements Actor {
  readonly client: ClusterClient;
  readonly #rows = new Map<string, Promise<void>>();

  constructor(client: ClusterClient) {
    this.client = client;
  }

  async play(stage: Stage): Promise<void> {
    const { clock } = this.client;
    const identity = await this.#identify(stage);
    while (!stage.isClosing && identity !== undefined) {
      for (const target of stage.promises.lasting.flatMap(targetsIn)) {
        const { name } = target.ledger;
        if (this.#rows.has(name)) continue;
        const row = new Row(this.client, target, identity).play(stage);
        row.catch((error) => stage.world.fail(error));
        this.#rows.set(name, row);
      }
      await clock.sleep(500);
    }
    await Promise.all(this.#rows.values());
  }

  async #identify(stage: Stage): Promise<Identity | undefined> {
    const request = { transactionalId: null, transactionTimeoutMs: 60_000 };
    while (!stage.isClosing) {
      const answer = await answerOf(this.client.askAny("InitProducerId", 4, request));
      if (answer?.errorCode === OK) {
        stage.promises.onProducerId(answer.producerId);
        return { producerId: answer.producerId, epoch: 0, underWay: 0, isEnding: false };
      }
      await this.client.clock.sleep(BACKOFF_MS);
    }
    return undefined;
  }
}

interface Queued {
  readonly batch: SentBatch;
  /** Of its first record, counted from the first that was ever sent to the partition. */
  readonly number: number;
  isUnderWay: boolean;
  /** It has failed, and is not back in its place yet. */
  isComingBack: boolean;
}

/** One partition's batches, from the first that is not acknowledged on. */
class Row {
  readonly #client: ClusterClient;
  readonly #target: Target;
  readonly #identity: Identity;
  readonly #queue: Queued[] = [];
  #drawn = 0;
  #order = 0;
  #epoch = 0;
  /** The number that has sequence 0 in this epoch. */
  #base = 0;
  /** The sequence behind the last one that was acknowledged. */
  #nextToAck = 0;
  /** Nothing is sent until all that is under way has come back. */
  #isDraining = false;
  #leader: number | undefined;

  constructor(client: ClusterClient, target: Target, identity: Identity) {
    this.#client = client;
    this.#target = target;
    this.#identity = identity;
  }

  async play(stage: Stage): Promise<void> {
    const { clock, random } = this.#client;
    while (!stage.isClosing || this.#queue.length > 0) {
      const isFull = this.#queue.length >= MAX_QUEUED;
      if (!stage.isClosing && !isFull && random.chance(0.5)) this.#draw();
      const next = await this.#next();
      if (next !== undefined) this.#send(next, stage);
      await clock.sleep(random.int(random.chance(0.7) ? 3 : 200));
    }
  }

  #draw(): void {
    const { random, name: producer, clock } = this.#client;
    const drawn = { producer, order: this.#order++, now: clock.now(), isIdempotent: true };
    const batch = drawBatch(random, drawn);
    this.#queue.push({ batch, number: this.#drawn, isUnderWay: false, isComingBack: false });
    this.#drawn += batch.records.length;
    this.#target.ledger.send(batch);
  }

  /** What may be sent now. */
  async #next(): Promise<Queued | undefined> {
    if (this.#queue.length === 0) return undefined;
    const { topic, partition } = this.#target;
    const leader = await answerOf(this.#client.leaderOf(topic, partition));
    const underWay = this.#queue.filter(({ isUnderWay }) => isUnderWay).length;
    const mustDrain = this.#isDraining || leader !== this.#leader ||
      this.#epoch !== this.#identity.epoch;
    if (leader === undefined || this.#identity.isEnding) return undefined;
    if (mustDrain && underWay > 0) return undefined;
    // Who sends to the same leader as before puts back what has failed itself.
    if (leader === this.#leader && this.#queue.some((each) => each.isComingBack)) return undefined;
    this.#isDraining = false;
    this.#leader = leader;
    if (this.#epoch !== this.#identity.epoch) {
      this.#epoch = this.#identity.epoch;
      this.#base = this.#queue[0].number;
      this.#nextToAck = 0;
    }
    if (underWay >= MAX_UNDER_WAY) return undefined;
    return this.#queue.find(({ isUnderWay, isComingBack }) => !isUnderWay && !isComingBack);
  }

  #send(queued: Queued, stage: Stage): void {
    const { topic, partition } = this.#target;
    const { producerId, epoch: producerEpoch } = this.#identity;
    const baseSequence = queued.number - this.#base;
    const records = encodeSent(queued.batch, { producerId, producerEpoch, baseSequence });
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }];
    const request = { transactionalId: null, acks: -1, timeoutMs: TIMEOUT_MS, topicData };
    queued.isUnderWay = true;
    this.#identity.underWay++;
    answerOf(this.#client.askNode(this.#leader!, "Produce", 9, request)).then((answer) => {
      queued.isUnderWay = false;
      this.#identity.underWay--;
      this.#take(queued, answer?.responses[0].partitionResponses[0], stage);
      this.#endEpoch(stage);
    }).catch((error) => stage.world.fail(error));
  }

  #take(
    queued: Queued,
    answer: { errorCode: number; errorMessage: string | null; baseOffset: number } | undefined,
    { world }: Stage,
  ): void {
    if (answer?.errorCode === OK) return this.#onWritten(queued, answer.baseOffset);
    const { records: [{ id }] } = queued.batch;
    this.#isDraining = true;
    const { clock, random } = this.#client;
    queued.isComingBack = random.chance(0.5);
    clock.after(random.int(40), () => {
      if (queued.isComingBack) this.#isDraining = true;
      queued.isComingBack = false;
    });
    this.#client.forget();
    world.say(`${this.#client.name} sends ${id} again after ${answer?.errorCode ?? "no answer"}`);
    if (answer === undefined || TRY_AGAIN.has(answer.errorCode)) return;
    const isAhead = queued.number - this.#base > this.#nextToAck;
    if (answer.errorCode !== OUT_OF_ORDER || !isAhead) {
      const what = `${id} is refused with ${answer.errorCode}: ${answer.errorMessage}`;
      throw new BrokenPromise(`${this.#target.ledger.name}: ${what}`);
    }
    this.#identity.isEnding = true;
  }

  #onWritten(queued: Queued, baseOffset: number): void {
    const { ledger } = this.#target;
    const at = this.#queue.indexOf(queued);
    for (const { batch } of this.#queue.splice(0, at + 1).slice(0, -1)) ledger.believe(batch);
    ledger.acknowledge(queued.batch, baseOffset, true);
    this.#nextToAck = queued.number - this.#base + queued.batch.records.length;
  }

  #endEpoch({ world }: Stage): void {
    if (!this.#identity.isEnding || this.#identity.underWay > 0) return;
    this.#identity.isEnding = false;
    this.#identity.epoch++;
    world.say(`${this.#client.name} begins epoch ${this.#identity.epoch} of its producer id`);
  }
}
