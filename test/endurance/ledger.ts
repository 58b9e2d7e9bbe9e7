/**
 * Ledgers: what clients of every make wrote down while a broker was killed beneath them. Each client
 * writes one line an event, at once and in order, with one `write` to a file opened for appending;
 * so the order of lines is the order of events, also of several programs in one file.
 *
 * A producer's (the ids are its own, and each is sent once and never again; a record that failed is
 * sent again under a new id, so that the ledger knows every copy that may be there):
 *
 *     producer NAME KIND
 *     S TOPIC PARTITION ID              sent
 *     A TOPIC PARTITION ID OFFSET       acknowledged
 *     F TOPIC PARTITION ID ERROR        failed: it is there once or not at all
 *
 * A group's, of all its members:
 *
 *     G MEMBER TOPIC PARTITION          given to the member, which asks for the committed offset
 *     P MEMBER TOPIC PARTITION OFFSET   processed
 *     c MEMBER TOPIC PARTITION OFFSET   a commit begins
 *     C MEMBER TOPIC PARTITION OFFSET   the commit is acknowledged
 *     V MEMBER TOPIC PARTITION          taken away
 *     O TOPIC PARTITION OFFSET          at the end: committed
 *
 * A reader's:
 *
 *     R TOPIC PARTITION OFFSET KEY PRODUCER ID    a record, its value as it was written
 *     R TOPIC PARTITION OFFSET KEY - -            a record without a value
 *     X TOPIC PARTITION OFFSET                    a record that nobody wrote so
 *     E TOPIC PARTITION START END                 at the end: the log's first and next offset
 */

/** What a producer promises, from which follows what may be in the log. */
export type ProducerKind =
  /** Numbered by the client, which never gives up: all there, in order, once. */
  | "idempotent"
  /** Without retries of the client's own, acks=all or 1: each at most once; acknowledged ones there. */
  | "plain"
  /** The client tries again by itself: copies before the acknowledged one may be there. */
  | "retrying"
  /** acks=0: nobody knows what arrives; at most once, and in order. */
  | "unheard";

/** What one producer wrote to one partition. */
export interface Sends {
  readonly producer: string;
  readonly kind: ProducerKind;
  /** Ids in the order of sending. */
  readonly sent: number[];
  /** Offsets by id, in the order of acknowledgements. */
  readonly acknowledged: Map<number, number>;
  readonly failed: Map<number, string>;
}

/** A record as a reader met it. Without a value `producer` is undefined, and the id -1. */
export interface Stored {
  readonly offset: number;
  readonly key: string;
  readonly producer: string | undefined;
  readonly id: number;
}

/** What a reader found in one partition, in its order. */
export interface ReadPartition {
  readonly records: Stored[];
  /** Offsets of records that nobody wrote so. */
  readonly strange: number[];
  /** Told at the end; undefined as long as the reader goes on. */
  ends: { readonly start: number; readonly end: number } | undefined;
}

export interface GroupEvent {
  readonly type: "given" | "processed" | "committing" | "committed" | "taken" | "final";
  readonly member: string;
  readonly partition: string;
  readonly offset: number;
}

/** By partition as `topic-0`. */
export type ByPartition<T> = Map<string, T>;

export function partitionOf<T>(map: ByPartition<T>, name: string, make: () => T): T {
  let found = map.get(name);
  if (found === undefined) map.set(name, found = make());
  return found;
}

/** The lines of a ledger; the last is left out while it is still being written. */
function* linesIn(path: string): Generator<string[]> {
  using file = Deno.openSync(path);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(1 << 20);
  let rest = "";
  for (let count; (count = file.readSync(buffer)) !== null;) {
    const lines = (rest + decoder.decode(buffer.subarray(0, count), { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.split(" ");
  }
}

export function readProducer(path: string): ByPartition<Sends> {
  const partitions: ByPartition<Sends> = new Map();
  let [producer, kind] = ["", "plain" as ProducerKind];
  for (const [what, topic, partition, id, more] of linesIn(path)) {
    if (what === "producer") {
      [producer, kind] = [topic, partition as ProducerKind];
      continue;
    }
    const sends = partitionOf(partitions, `${topic}-${partition}`, () => ({
      producer,
      kind,
      sent: [],
      acknowledged: new Map(),
      failed: new Map(),
    }));
    if (what === "S") sends.sent.push(Number(id));
    else if (what === "A") sends.acknowledged.set(Number(id), Number(more));
    else sends.failed.set(Number(id), more);
  }
  return partitions;
}

export function readReader(path: string): ByPartition<ReadPartition> {
  const partitions: ByPartition<ReadPartition> = new Map();
  for (const [what, topic, partition, offset, ...more] of linesIn(path)) {
    const found = partitionOf(partitions, `${topic}-${partition}`, () => ({
      records: [],
      strange: [],
      ends: undefined,
    }));
    if (what === "E") found.ends = { start: Number(offset), end: Number(more[0]) };
    else if (what === "X") found.strange.push(Number(offset));
    else {
      const [key, producer, id] = more;
      found.records.push({
        offset: Number(offset),
        key,
        producer: producer === "-" ? undefined : producer,
        id: producer === "-" ? -1 : Number(id),
      });
    }
  }
  return partitions;
}

const GROUP_EVENTS: Record<string, GroupEvent["type"]> = {
  G: "given",
  P: "processed",
  c: "committing",
  C: "committed",
  V: "taken",
};

export function* readGroup(path: string): Generator<GroupEvent> {
  for (const [what, ...words] of linesIn(path)) {
    if (what === "O") {
      const [topic, partition, offset] = words;
      yield {
        type: "final",
        member: "",
        partition: `${topic}-${partition}`,
        offset: Number(offset),
      };
      continue;
    }
    const [member, topic, partition, offset] = words;
    yield {
      type: GROUP_EVENTS[what],
      member,
      partition: `${topic}-${partition}`,
      offset: Number(offset ?? -1),
    };
  }
}
