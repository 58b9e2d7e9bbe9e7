/** kafkajs's producer at a steady rate, with a ledger as `ledger.ts` tells it. */
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { pause } from "../kit/programs.ts";

export interface KafkajsOptions {
  readonly name: string;
  readonly kind: "idempotent" | "plain";
  readonly brokers: string;
  readonly folder: string;
  readonly topics: Record<string, number>;
  readonly rate: number;
  readonly compression?: CompressionTypes;
}

export class KafkajsProducer {
  acknowledged = 0;
  readonly #options: KafkajsOptions;
  readonly #ledger: Deno.FsFile;
  readonly #running: Promise<void>;
  #isStopping = false;

  constructor(options: KafkajsOptions) {
    this.#options = options;
    const path = `${options.folder}/${options.name}.ledger`;
    this.#ledger = Deno.openSync(path, { create: true, append: true });
    this.#write(`producer ${options.name} ${options.kind}\n`);
    this.#running = this.#run();
  }

  /** Ends it: what is under way is awaited. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    this.#ledger.close();
  }

  #write(lines: string): void {
    this.#ledger.writeSync(new TextEncoder().encode(lines));
  }

  async #run(): Promise<void> {
    const { name, kind, brokers, topics, rate } = this.#options;
    const isIdempotent = kind === "idempotent";
    const kafka = new Kafka({
      clientId: name,
      brokers: brokers.split(","),
      logLevel: logLevel.NOTHING,
      retry: { retries: 200, initialRetryTime: 50, maxRetryTime: 300 },
    });
    const producer = kafka.producer({
      idempotent: isIdempotent,
      maxInFlightRequests: 1,
      retry: { retries: isIdempotent ? 500 : 0, initialRetryTime: 50, maxRetryTime: 300 },
    });
    for (;;) {
      try {
        await producer.connect();
        break;
      } catch (error) {
        if (this.#isStopping) throw error;
        await pause(100);
      }
    }
    const places = Object.entries(topics).flatMap(([topic, count]) =>
      Array.from({ length: count }, (_, partition) => ({ topic, partition, next: 0 }))
    );
    for (let turn = 0; !this.#isStopping; turn++) {
      const began = performance.now();
      const place = places[turn * 7 % places.length];
      const count = 1 + turn % Math.floor(Math.max(2, Math.min(40, rate / 5)));
      await this.#send(producer, place, count);
      await pause(Math.max(0, count / rate * 1000 - (performance.now() - began)));
    }
    await producer.disconnect();
  }

  async #send(
    producer: ReturnType<Kafka["producer"]>,
    place: { topic: string; partition: number; next: number },
    count: number,
  ): Promise<void> {
    const { topic, partition } = place;
    const ids = Array.from({ length: count }, () => place.next++);
    const lines = (what: string, more: (at: number) => string) =>
      this.#write(ids.map((id, i) => `${what} ${topic} ${partition} ${id}${more(i)}\n`).join(""));
    lines("S", () => "");
    try {
      const [{ baseOffset }] = await producer.send({
        topic,
        acks: -1,
        compression: this.#options.compression ?? CompressionTypes.None,
        messages: ids.map((id) => ({
          key: this.#options.name,
          value: valueOf(this.#options.name, id),
          partition,
        })),
      });
      lines("A", (i) => ` ${Number(baseOffset) + i}`);
      this.acknowledged += count;
    } catch (error) {
      lines("F", () => ` ${(error as Error).name}`);
      // kafkajs tries no more by itself: not at once again into a broker that is away.
      await pause(100);
    }
  }
}

/** What all clients write: the id tells the rest of the value. */
export function valueOf(producer: string, id: number): string {
  const start = id * 1531 % 260_000;
  return `${producer} ${id} ${LETTERS.slice(start, start + 20 + id * 131 % 1500)}`;
}

/** As clients.py makes them. */
const LETTERS = (() => {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let [state, found] = [1, ""];
  for (let i = 0; i < 1 << 18; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    found += alphabet[(state >> 16) & 63];
  }
  return found;
})();
