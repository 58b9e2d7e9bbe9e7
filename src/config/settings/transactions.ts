/** Idempotent producers and transactions. */
import { boolean, int, short } from "../setting.ts";

export const TRANSACTIONS_SETTINGS = {
  "transactional.id.expiration.ms": int({
    default: 604_800_000,
    min: 1,
    doc: "A transactional id that was not used for this long is forgotten.",
  }),
  "transaction.max.timeout.ms": int({
    default: 900_000,
    min: 1,
    doc: "The longest transaction timeout that a producer may ask for.",
  }),
  "transaction.state.log.num.partitions": int({
    default: 50,
    min: 1,
    doc: "How many partitions __transaction_state is created with.",
  }),
  "transaction.state.log.replication.factor": short({
    default: 3,
    min: 1,
    doc: "How many replicas __transaction_state is created with; as many as there are " +
      "brokers when those are fewer.",
  }),
  "transaction.state.log.min.isr": int({
    default: 2,
    min: 1,
    doc: "How many replicas of __transaction_state must hold a record.",
  }),
  "transaction.state.log.segment.bytes": int({
    default: 104_857_600,
    min: 1,
    doc: "The segment size of __transaction_state.",
  }),
  "transaction.state.log.load.buffer.size": int({
    default: 5_242_880,
    min: 1,
    doc: "How many bytes are read at once when a partition of __transaction_state is loaded.",
  }),
  "transaction.abort.timed.out.transaction.cleanup.interval.ms": int({
    default: 10000,
    min: 1,
    doc: "How often to look for transactions that took too long.",
  }),
  "transaction.remove.expired.transaction.cleanup.interval.ms": int({
    default: 3_600_000,
    min: 1,
    doc: "How often to look for transactional ids that may be forgotten.",
  }),
  "transaction.partition.verification.enable": boolean({
    default: true,
    dynamic: "cluster",
    doc: "Whether a partition asks the coordinator if a transaction really includes it " +
      "before it takes the first record (KIP-890).",
  }),
  "transaction.two.phase.commit.enable": boolean({
    default: false,
    doc: "Whether producers may keep a prepared transaction open without limit, for a " +
      "two-phase commit with another system.",
  }),
  "producer.id.expiration.ms": int({
    default: 86_400_000,
    min: 1,
    dynamic: "cluster",
    doc: "What a partition knows of a producer is forgotten after this long without a write.",
  }),
  "add.partitions.to.txn.retry.backoff.ms": int({
    default: 20,
    min: 1,
    doc: "The first pause before a partition is added to a transaction again, when the last " +
      "one is still ending.",
  }),
  "add.partitions.to.txn.retry.backoff.max.ms": int({
    default: 100,
    min: 0,
    doc: "How long that is tried before the producer is told.",
  }),
};
