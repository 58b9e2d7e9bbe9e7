/**
 * A source at work: one loop pulls records from the plugin into the backlog, another sends what
 * waits there. While a batch is on its way the next one gathers, so batches grow with the load and
 * a single picture leaves at once.
 *
 * Brokers away: the batch goes back to the head of the backlog and is tried again after a pause
 * that grows to two seconds; meanwhile the source runs on (newest) or is held (all). A record that
 * no broker will ever take, being too large, is dropped and counted by a source of pictures, and
 * ends any other.
 */
import { Bell } from "../base/mod.ts";
import { isRetriable, KafkaError } from "../protocol/mod.ts";
import type { OutgoingRecord, SourceContext, SourcePlugin } from "./contract.ts";
import { Backlog, type Waiting } from "./backlog.ts";
import { PluginError } from "./errors.ts";
import { calling, contextOf, GRACE_MS, type HostWorld, withinGrace } from "./host.ts";

const DEFAULT_BACKLOG = { keep: "all", bytes: 16 * 2 ** 20 } as const;
/**
 * One request's worth: below Kafka's default `max.message.bytes`, as all of it may be one batch.
 */
const BATCH = { maxBytes: 512 * 1024, maxRecords: 2000 };
const PAUSE_MS = { first: 100, longest: 2000 };
const STATUS_EVERY_MS = 1000;

type Facts = Record<string, string | number | boolean>;

export async function runSource(
  plugin: SourcePlugin,
  options: unknown,
  world: HostWorld,
): Promise<void> {
  await new SourceHost(plugin, options, world).run();
}

class SourceHost {
  readonly #plugin: SourcePlugin;
  readonly #options: unknown;
  readonly #world: HostWorld;
  readonly #backlog: Backlog;
  /** Fires when the sender must give up: the signal and then the grace have passed. */
  readonly #giveUp = new AbortController();
  readonly #changed = new Bell();
  readonly #knownTopics = new Set<string>();
  #hasEnded = false;
  #records = 0;
  #bytes = 0;
  #refused = 0;
  #failures = 0;
  /** So many records are sent one at a time, since one among them was refused. */
  #singly = 0;
  #isAway = false;

  constructor(plugin: SourcePlugin, options: unknown, world: HostWorld) {
    const { keep, bytes } = { ...DEFAULT_BACKLOG, ...plugin.backlog };
    this.#plugin = plugin;
    this.#options = options;
    this.#world = world;
    this.#backlog = new Backlog({ keep, maxBytes: bytes });
  }

  async run(): Promise<void> {
    const world = this.#world;
    const context = this.#context();
    const stopStatus = this.#reportEvery(context);
    const ring = () => this.#changed.ring();
    world.signal.addEventListener("abort", ring);
    const sending = this.#send();
    sending.catch(() => {}); // it is awaited below; until then its failure is nobody's surprise
    try {
      // Whoever fails first ends the other: a sender that cannot go on would leave the source
      // pulling into nothing.
      await Promise.race([withinGrace(world, this.#pull(context)), sending]);
      this.#hasEnded = true;
      this.#changed.ring();
      const grace = world.clock.after(GRACE_MS, () => this.#stopSending());
      await sending.finally(() => grace.cancel());
      this.#sayWhatIsLost();
    } finally {
      this.#hasEnded = true;
      this.#stopSending();
      stopStatus();
      world.signal.removeEventListener("abort", ring);
      context.status({});
    }
  }

  #context(): SourceContext {
    const published = this.#published();
    const status = (facts: Facts) =>
      this.#world.status({
        ...facts,
        published: published.records,
        ...(published.dropped > 0 && { lost: published.dropped }),
        ...(this.#isAway && { waiting: published.waiting, brokers: "away" }),
      });
    const signal = AbortSignal.any([this.#world.signal, this.#giveUp.signal]);
    return { ...contextOf({ ...this.#world, signal, status }), published };
  }

  /** The counts as they are whenever they are looked at. */
  #published(): SourceContext["published"] {
    const now = () => ({
      records: this.#records,
      bytes: this.#bytes,
      dropped: this.#backlog.dropped + this.#refused,
      waiting: this.#backlog.records,
    });
    return {
      get records() {
        return now().records;
      },
      get bytes() {
        return now().bytes;
      },
      get dropped() {
        return now().dropped;
      },
      get waiting() {
        return now().waiting;
      },
    };
  }

  #reportEvery(context: SourceContext): () => void {
    const { clock } = this.#world;
    const report = () => {
      context.status({});
      timer = clock.after(STATUS_EVERY_MS, report);
    };
    let timer = clock.after(STATUS_EVERY_MS, report);
    return () => timer.cancel();
  }

  async #pull(context: SourceContext): Promise<void> {
    const { signal } = this.#world;
    await calling(this.#plugin, async () => {
      for await (const record of this.#plugin.run(this.#options, context)) {
        this.#backlog.push(this.#complete(record));
        this.#changed.ring();
        while (this.#backlog.isFull && !signal.aborted && !this.#giveUp.signal.aborted) {
          await this.#changed.next();
        }
        if (signal.aborted || this.#giveUp.signal.aborted) break;
      }
    });
  }

  #complete(record: OutgoingRecord): OutgoingRecord {
    if (record === null || typeof record !== "object" || record.value === undefined) {
      throw new PluginError(
        `The plugin ${this.#plugin.name} yielded something that is not a record with a "value"`,
      );
    }
    const topic = record.topic ?? this.#world.topic;
    if (!topic) {
      throw new PluginError(`The plugin ${this.#plugin.name} yielded a record without a topic`);
    }
    return { ...record, topic, timestamp: record.timestamp ?? this.#world.clock.now() };
  }

  async #send(): Promise<void> {
    while (!this.#giveUp.signal.aborted) {
      if (this.#backlog.isEmpty) {
        if (this.#hasEnded) return;
        await this.#changed.next();
        continue;
      }
      const batch = this.#backlog.take(this.#singly > 0 ? { ...BATCH, maxRecords: 1 } : BATCH);
      try {
        await this.#publish(batch);
        this.#singly = Math.max(0, this.#singly - batch.length);
        this.#failures = 0;
        this.#noteBrokers("here");
      } catch (error) {
        await this.#onFailure(batch, error);
      }
      this.#changed.ring();
    }
  }

  async #onFailure(batch: readonly Waiting[], error: unknown): Promise<void> {
    const refusal = error instanceof KafkaError && REFUSALS_OF_ONE_RECORD.has(error.error);
    if (refusal && batch.length === 1) return this.#refuse(batch, error);
    this.#backlog.putBack(batch);
    if (refusal) {
      this.#singly = batch.length; // to find out which of them is to blame
      return;
    }
    if (this.#giveUp.signal.aborted) return;
    if (!isPassing(error)) throw error;
    this.#noteBrokers("away", error);
    const pauseMs = Math.min(PAUSE_MS.first * 2 ** this.#failures++, PAUSE_MS.longest);
    await this.#world.clock.sleep(pauseMs, this.#giveUp.signal).catch(() => {});
  }

  #refuse(batch: readonly Waiting[], error: Error): void {
    this.#backlog.done(batch);
    this.#singly--;
    if (this.#plugin.backlog?.keep !== "newest") throw error;
    this.#refused++;
    this.#world.log("warn", "record refused", { error: error.message, bytes: batch[0].bytes });
  }

  async #publish(batch: readonly Waiting[]): Promise<void> {
    const { client, log } = this.#world;
    const records = batch.map(({ record }) => record);
    for (const topic of new Set(records.map(({ topic }) => topic!))) {
      if (this.#knownTopics.has(topic)) continue;
      if (await client.ensureTopic(topic)) log("info", "topic made", { topic });
      this.#knownTopics.add(topic);
    }
    try {
      await unlessAborted(client.produce(records), this.#giveUp.signal);
    } catch (error) {
      // Someone deleted it: look again, and make it again, before the next try.
      if (error instanceof KafkaError && error.error === "UNKNOWN_TOPIC_OR_PARTITION") {
        this.#knownTopics.clear();
      }
      throw error;
    }
    this.#backlog.done(batch);
    this.#records += batch.length;
    this.#bytes += batch.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #noteBrokers(now: "here" | "away", error?: unknown): void {
    if (this.#isAway === (now === "away")) return;
    this.#isAway = now === "away";
    const { log } = this.#world;
    if (this.#isAway) log("warn", "brokers away, records wait", { reason: messageOf(error) });
    else {log("info", "brokers back", {
        dropped: this.#backlog.dropped,
        waiting: this.#backlog.records,
      });}
  }

  #stopSending(): void {
    this.#giveUp.abort(new PluginError("Gave up on the brokers"));
    this.#changed.ring();
  }

  #sayWhatIsLost(): void {
    const lost = this.#backlog.records;
    if (lost === 0) return;
    const text = `${lost} records could not be published before the end`;
    if (this.#plugin.backlog?.keep === "newest") {
      this.#world.log("warn", "records lost", { records: lost });
    } else throw new PluginError(`The plugin ${this.#plugin.name}: ${text}`);
  }
}

const REFUSALS_OF_ONE_RECORD: ReadonlySet<string> = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_RECORD",
  "INVALID_TIMESTAMP",
]);

/** May the same records be taken at another time? Only an answer that Kafka calls final says no. */
function isPassing(error: unknown): boolean {
  return !(error instanceof KafkaError) || isRetriable(error.error);
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
