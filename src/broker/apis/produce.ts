/**
 * Produce, key 0: appends one record batch to each of the partitions named.
 *
 * Served 3 to 13, advertised from 0 (KAFKA-18659: librdkafka up to 2.11.0 stops compressing when it
 * sees more).
 *
 * | v | adds |
 * | --- | --- |
 * | 3 | transactional id; batches must be of format 2 |
 * | 5 | log start offset in the answer |
 * | 7 | zstd |
 * | 8 | which records were wrong (KIP-467) |
 * | 9 | flexible |
 * | 10 | the new leader, where it has moved (KIP-951) |
 * | 11 | the client knows TRANSACTION_ABORTABLE |
 * | 12 | a transactional write adds its partition to the transaction |
 * | 13 | topics by id (KIP-516) |
 *
 * Differs from Kafka: an acknowledgement waits until the batch is synced where the topic's
 * durability is `disk` (our default). A request that only waits lets the connection's next one in,
 * so that several are written under one sync; the answers keep their order. What an idempotent
 * producer has under way behind a batch that is refused is refused with the same error, where Kafka
 * answers OUT_OF_ORDER_SEQUENCE_NUMBER, or takes it (`refused_batches.ts`). Transactions are not
 * served yet: a transactional batch is refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, at which
 * every client gives up with a clear message instead of trying again.
 */
import { ZERO_UUID } from "../../base/mod.ts";
import { isInternalTopic } from "../../controller/mod.ts";
import { type AppendResult, InvalidRecords, UnpackBudget } from "../../log/mod.ts";
import {
  errorCode,
  type ErrorName,
  type InputOf,
  KafkaError,
  ProduceRequest,
  ProduceResponse,
} from "../../protocol/mod.ts";
import { AT, ATTRIBUTE, LENGTH_OVERHEAD } from "../../records/mod.ts";
import type { Replica } from "../../replication/mod.ts";
import {
  defineApi,
  MAX_PARTITIONS_AT_ONCE,
  NO_ANSWER,
  type Outcome,
  type RequestContext,
} from "../api.ts";
import type { Broker } from "../broker.ts";
import { endpointsOf, leaderHint } from "../cluster_view.ts";
import { asKafkaError } from "../errors.ts";
import { leaderOf, topicNameOf } from "../lookup.ts";

type TopicData = ProduceRequest["topicData"][number];
type PartitionData = TopicData["partitionData"][number];
type Response = InputOf<typeof ProduceResponse>;
type PartitionResponse = NonNullable<
  NonNullable<Response["responses"]>[number]["partitionResponses"]
>[number];

/** The client id under which Kafka's own tools may write to internal topics. */
const ADMIN_CLIENT_ID = "__admin_client";

export const produce = defineApi({
  key: 0,
  name: "Produce",
  request: ProduceRequest,
  response: ProduceResponse,
  versions: [3, 13],
  advertised: [0, 13],
  maxElements: MAX_PARTITIONS_AT_ONCE,

  handle(request, context, broker) {
    refuseTransactions(request);
    if (request.acks !== -1 && request.acks !== 0 && request.acks !== 1) {
      throw new KafkaError("INVALID_REQUIRED_ACKS");
    }
    const work = new Produce(request, context, broker);
    work.append();
    const { quotas, clock } = broker;
    const throttleMs = quotas.produce.isSet
      ? quotas.produce.record(context, context.sizeBytes, clock.monotonic())
      : 0;
    context.throttle(throttleMs);
    if (request.acks === 0) return work.withoutAnswer();
    if (throttleMs === 0) context.release(); // else nothing more is taken in before its time
    const waiting = work.wait();
    return waiting === undefined ? work.answer() : waiting.then(() => work.answer());
  },

  failed(request, error) {
    if (request.acks === 0) return { close: `cannot append with acks=0: ${error.message}` };
    return {
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => refused(index, error)),
      })),
    };
  },
});

/** One request on its way: appended, then waited for, then answered. */
class Produce {
  readonly #request: ProduceRequest;
  readonly #context: RequestContext;
  readonly #broker: Broker;
  readonly #topics: { name: string; topicId: string; partitionResponses: PartitionResponse[] }[] =
    [];
  readonly #waits: Promise<void>[] = [];
  readonly #unpacking: UnpackBudget;
  #firstError: KafkaError | undefined;
  #hasMovedLeaders = false;

  constructor(request: ProduceRequest, context: RequestContext, broker: Broker) {
    this.#request = request;
    this.#context = context;
    this.#broker = broker;
    this.#unpacking = new UnpackBudget(bytesOf(request));
  }

  append(): void {
    for (const { name, topicId, partitionData } of this.#request.topicData) {
      const partitionResponses: PartitionResponse[] = [];
      for (const partition of partitionData) {
        partitionResponses.push(this.#appendTo(name, topicId, partition));
      }
      this.#topics.push({ name, topicId, partitionResponses });
    }
  }

  /**
   * Waits as `acks` asks, for all partitions at once; undefined when there is nothing to wait for.
   */
  wait(): Promise<unknown> | undefined {
    const waits = this.#waits;
    return waits.length === 0 ? undefined : waits.length === 1 ? waits[0] : Promise.all(waits);
  }

  answer(): Outcome<typeof ProduceResponse> {
    return {
      responses: this.#topics,
      nodeEndpoints: this.#hasMovedLeaders ? this.#endpoints() : [],
    };
  }

  /** With acks=0 the only way to tell of an error is to hang up. */
  withoutAnswer(): Outcome<typeof ProduceResponse> {
    const error = this.#firstError;
    return error === undefined
      ? NO_ANSWER
      : { close: `cannot append with acks=0: ${error.error}: ${error.message}` };
  }

  #appendTo(name: string, topicId: string, { index, records }: PartitionData): PartitionResponse {
    const { version, connection } = this.#context;
    const topic = version >= 13 ? topicId : name;
    const pipeline = { connectionId: connection.id, topic, partition: index };
    const { refusedBatches } = this.#broker;
    const before = refusedBatches.take(pipeline, records);
    try {
      if (before !== undefined) throw before.error;
      const known = topicNameOf(this.#broker, version >= 13 ? topicId : undefined, name);
      return this.#tryAppend(known, index, records);
    } catch (cause) {
      const error = asKafkaError(cause, this.#broker.log);
      if (SENT_AGAIN.has(error.error)) refusedBatches.add(pipeline, records, { error, before });
      return this.#refuse(name, topicId, index, error);
    }
  }

  #tryAppend(topic: string, index: number, records: Uint8Array | null): PartitionResponse {
    const { acks } = this.#request;
    if (isInternalTopic(topic) && this.#context.clientId !== ADMIN_CLIENT_ID) {
      throw new KafkaError("INVALID_TOPIC_EXCEPTION", `Cannot write to "${topic}": it is internal`);
    }
    const replica = leaderOf(this.#broker, topic, index);
    if (acks === -1 && replica.inSyncReplicas < replica.minInSyncReplicas) {
      throw new NotEnoughReplicas(replica.logStartOffset);
    }
    const batch = onlyBatch(records);
    let result: AppendResult;
    try {
      result = replica.append(batch, {
        now: this.#broker.clock.now(),
        origin: "client",
        requestVersion: this.#context.version,
        unpacking: this.#unpacking,
      });
    } catch (error) {
      if (!(error instanceof KafkaError) || !TELLS_LOG_START.has(error.error)) throw error;
      this.#firstError ??= error;
      this.#broker.figures.failed("Produce", error);
      return { ...refused(index, error), logStartOffset: replica.logStartOffset };
    }
    const response: PartitionResponse = {
      index,
      errorCode: 0,
      baseOffset: result.baseOffset,
      logAppendTimeMs: result.logAppendTime,
      logStartOffset: result.logStartOffset,
    };
    if (acks !== 0) this.#waitFor(replica, result.lastOffset + 1, response);
    return response;
  }

  /** With `acks=-1` for all in-sync replicas, else for this broker's own disk. */
  #waitFor(replica: Replica, end: number, response: PartitionResponse): void {
    const isAll = this.#request.acks === -1;
    const wait = isAll ? replica.whenCommitted(end) : replica.whenLocal(end);
    if (wait === undefined) return;
    // A lone replica waits for its own disk, which answers or fails. Others may be silent: then
    // time decides.
    const bounded = isAll && replica.state.replicas.length > 1
      ? this.#broker.withTimeout(wait, this.#request.timeoutMs, "REQUEST_TIMED_OUT")
      : wait;
    this.#waits.push(bounded.then(
      () => {
        if (!isAll || replica.inSyncReplicas >= replica.minInSyncReplicas) return;
        Object.assign(response, { errorCode: errorCode("NOT_ENOUGH_REPLICAS_AFTER_APPEND") });
      },
      (error) => {
        const { topic: name, partition } = replica.topicPartition;
        const known = asKafkaError(error, this.#broker.log);
        Object.assign(response, this.#refuse(name, ZERO_UUID, partition, known));
      },
    ));
  }

  #refuse(name: string, topicId: string, index: number, error: KafkaError): PartitionResponse {
    this.#firstError ??= error;
    this.#broker.figures.failed("Produce", error);
    const response = refused(index, error);
    if (this.#context.version < 10 || error.error !== "NOT_LEADER_OR_FOLLOWER") return response;
    const hint = leaderHint(this.#broker.image(), { name, topicId, index });
    if (hint === undefined) return response;
    this.#hasMovedLeaders = true;
    return { ...response, currentLeader: hint };
  }

  #endpoints() {
    const leaders = new Set<number>();
    for (const { partitionResponses } of this.#topics) {
      for (const { currentLeader } of partitionResponses) {
        if (currentLeader?.leaderId !== undefined) leaders.add(currentLeader.leaderId);
      }
    }
    const { listener } = this.#context.connection;
    return endpointsOf(this.#broker.image(), listener, leaders);
  }
}

/** The one refusal from before a batch is looked at that tells where the log begins. */
class NotEnoughReplicas extends KafkaError {
  constructor(readonly logStartOffset: number) {
    super("NOT_ENOUGH_REPLICAS");
  }
}

/** At these every client sends the same batch again: see `RefusedBatches`. */
const SENT_AGAIN = new Set<ErrorName>([
  "KAFKA_STORAGE_ERROR",
  "NOT_ENOUGH_REPLICAS",
  "NOT_LEADER_OR_FOLLOWER",
  "UNKNOWN_TOPIC_ID",
  "UNKNOWN_TOPIC_OR_PARTITION",
]);

/**
 * What the log finds wrong with a batch is told with the log's start, as Kafka has it; the rest
 * without.
 */
const TELLS_LOG_START = new Set<ErrorName>([
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_TXN_STATE",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
]);

/**
 * The one whole batch that is sent; what is cut short behind it does not count. What is in it, the
 * log checks.
 */
function onlyBatch(records: Uint8Array | null): Uint8Array {
  const size = records === null ? undefined : wholeBatchAt(records, 0);
  if (records === null || size === undefined) {
    throw new KafkaError("INVALID_RECORD", "Cannot append nothing: one record batch is needed");
  }
  if (records[AT.magic] !== 2) {
    throw new KafkaError("INVALID_RECORD", "Cannot append: the batch's format is not 2");
  }
  if (wholeBatchAt(records, size) !== undefined) {
    throw new KafkaError("INVALID_RECORD", "Cannot append: there is more than one batch");
  }
  return size === records.length ? records : records.subarray(0, size);
}

/** The shortest that a length may say in any format. */
const LEAST_LENGTH = 14;

/**
 * How long the batch is that begins here; undefined when there is none, or only the beginning of
 * one.
 */
function wholeBatchAt(records: Uint8Array, at: number): number | undefined {
  const available = records.length - at;
  if (available <= AT.magic) return undefined;
  const length = new DataView(records.buffer, records.byteOffset + at).getInt32(AT.batchLength);
  const magic = records[at + AT.magic];
  if (length < LEAST_LENGTH || magic > 2) {
    throw new KafkaError(
      "CORRUPT_MESSAGE",
      `Cannot append: a batch says that its length is ${length} and its format ${magic}`,
    );
  }
  const size = LENGTH_OVERHEAD + length;
  return size <= available ? size : undefined;
}

/** The byte of the attributes that has all of them so far. */
const LOW_ATTRIBUTES_AT = AT.attributes + 1;

function refuseTransactions({ topicData }: ProduceRequest): void {
  const isTransactional = topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) =>
      records !== null && records.length > LOW_ATTRIBUTES_AT &&
      (records[LOW_ATTRIBUTES_AT] & ATTRIBUTE.transactional) !== 0
    )
  );
  if (isTransactional) {
    throw new KafkaError(
      "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
      "Cannot append: transactions are not served by this broker",
    );
  }
}

function refused(index: number, error: KafkaError): PartitionResponse {
  const recordErrors = error instanceof InvalidRecords ? error.recordErrors : [];
  return {
    index,
    errorCode: errorCode(error.error),
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: error instanceof NotEnoughReplicas ? error.logStartOffset : -1,
    recordErrors: recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    })),
    errorMessage: error.message,
  };
}

function bytesOf({ topicData }: ProduceRequest): number {
  let bytes = 0;
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) bytes += records?.length ?? 0;
  }
  return bytes;
}
