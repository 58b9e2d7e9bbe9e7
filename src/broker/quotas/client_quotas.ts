/**
 * The quotas of clients, as this broker counts them: bytes in and out and time of its own, changes
 * of topics as the controller beside it. Limits are the metadata's; they are looked at anew when
 * the image has others, so that a change counts from the next request on, on connections that are
 * open too.
 *
 * | quota | counted | over it |
 * | --- | --- | --- |
 * | `producer_byte_rate` | whole requests | answered, then muted |
 * | `consumer_byte_rate` | answers | answered empty, then muted |
 * | `request_percentage` | time of the event loop | answered, then muted, for a window at most |
 * | `controller_mutation_rate` | partitions made and deleted | refused, or answered; then muted |
 *
 * Kafka counts the time of its threads, 100 for each of them; here one event loop does all the work
 * and 100 is all of it. What a request took is what passed from its decoding until it was answered
 * or had to wait for something, and the encoding of its answer is left out.
 *
 * What brokers copy from each other is no client's: see `throttle.ts` of `replication`.
 */
import type { BrokerConfig } from "../../config/mod.ts";
import type { MetadataImage } from "../../metadata/mod.ts";
import { MutationQuotas } from "./mutation_quota.ts";
import { RateQuota } from "./rate_quota.ts";

export class ClientQuotas {
  readonly #image: () => MetadataImage;
  #applied: MetadataImage["clientQuotas"] | undefined;
  readonly #produce: RateQuota;
  readonly #fetch: RateQuota;
  readonly #time: RateQuota;
  readonly #mutations: MutationQuotas;

  constructor(config: BrokerConfig, image: () => MetadataImage) {
    this.#image = image;
    const sizeMs = config.get("quota.window.size.seconds") * 1000;
    const windows = { count: config.get("quota.window.num"), sizeMs };
    this.#produce = new RateQuota("producer_byte_rate", windows);
    this.#fetch = new RateQuota("consumer_byte_rate", windows);
    this.#time = new RateQuota("request_percentage", windows, sizeMs);
    this.#mutations = new MutationQuotas(
      config.get("controller.quota.window.num") *
        config.get("controller.quota.window.size.seconds"),
    );
  }

  /** Bytes of Produce requests. */
  get produce(): RateQuota {
    this.#follow();
    return this.#produce;
  }

  /** Bytes of Fetch answers. */
  get fetch(): RateQuota {
    this.#follow();
    return this.#fetch;
  }

  /** Time that requests take: a second of it is 100. */
  get time(): RateQuota {
    this.#follow();
    return this.#time;
  }

  /** Partitions made and deleted. */
  get mutations(): MutationQuotas {
    this.#follow();
    return this.#mutations;
  }

  #follow(): void {
    const { clientQuotas } = this.#image();
    if (clientQuotas === this.#applied) return;
    this.#applied = clientQuotas;
    for (const quota of [this.#produce, this.#fetch, this.#time, this.#mutations]) {
      quota.apply(clientQuotas.values());
    }
  }
}
