/**
 * Which figures which clients are to push (KIP-714): what was set for `client-metrics` resources. A
 * client gets the figures of all subscriptions that match it, at the shortest of their intervals.
 */
import { crc32c } from "../bytes/mod.ts";
import { ClientMetricsConfig, LinearPattern } from "../config/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import { RESOURCE } from "../protocol/mod.ts";

/** What subscriptions match clients by, in their `match` setting. */
export interface TelemetryClient {
  readonly client_instance_id: string;
  readonly client_id: string;
  readonly client_software_name: string;
  readonly client_software_version: string;
  readonly client_source_address: string;
  readonly client_source_port: string;
}

/** What one client is asked for. */
export interface Subscription {
  /** The same for the same client and the same wishes. */
  readonly id: number;
  readonly pushIntervalMs: number;
  /** Beginnings of names; `*` alone is all of them, none is no figures at all. */
  readonly metrics: readonly string[];
}

type Pattern = Pick<LinearPattern, "matches">;

interface Rule {
  readonly intervalMs: number;
  readonly metrics: readonly string[];
  readonly match: readonly (readonly [attribute: keyof TelemetryClient, pattern: Pattern])[];
}

const ALL = "*";
const DEFAULT_INTERVAL_MS = 300_000;
/** A pattern takes time in proportion to what it is held against. */
const LONGEST_MATCHED = 1024;

/** All subscriptions of the cluster. One object as long as none of them changes. */
export class TelemetrySubscriptions {
  readonly #rules: readonly Rule[];
  /** What they were made from: one map a resource, another one after each change. */
  readonly #sources: readonly ReadonlyMap<string, string>[];
  #image: MetadataImage | undefined;

  constructor(sources: readonly ReadonlyMap<string, string>[] = []) {
    this.#sources = sources;
    this.#rules = sources.map(ruleOf);
  }

  get isEmpty(): boolean {
    return this.#rules.length === 0;
  }

  /** These, or others if the image says something else. */
  asOf(image: MetadataImage): TelemetrySubscriptions {
    if (this.#image?.parts.configs === image.parts.configs) return this;
    const sources = image.configResources()
      .filter(({ type }) => type === RESOURCE.clientMetrics)
      .map((resource) => image.configsOf(resource));
    const isSame = sources.length === this.#sources.length &&
      sources.every((source, i) => source === this.#sources[i]);
    const current = isSame ? this : new TelemetrySubscriptions(sources);
    current.#image = image;
    return current;
  }

  for(client: TelemetryClient): Subscription {
    const matching = this.#rules.filter(({ match }) =>
      match.every(([attribute, pattern]) =>
        client[attribute].length <= LONGEST_MATCHED && pattern.matches(client[attribute])
      )
    );
    const wanted = [...new Set(matching.flatMap(({ metrics }) => metrics))].sort();
    const metrics = wanted.includes(ALL) ? [ALL] : wanted;
    const pushIntervalMs = matching.length === 0
      ? DEFAULT_INTERVAL_MS
      : Math.min(...matching.map(({ intervalMs }) => intervalMs));
    const text = JSON.stringify([client.client_instance_id, pushIntervalMs, metrics]);
    return { id: crc32c(new TextEncoder().encode(text)) | 0, pushIntervalMs, metrics };
  }
}

function ruleOf(source: ReadonlyMap<string, string>): Rule {
  const config = ClientMetricsConfig.from(source);
  return {
    intervalMs: config.get("interval.ms"),
    metrics: config.get("metrics"),
    match: config.get("match").map((each) => {
      const equals = each.indexOf("=");
      const attribute = each.slice(0, equals).trim() as keyof TelemetryClient;
      return [attribute, patternOf(each.slice(equals + 1).trim())] as const;
    }),
  };
}

/** Apache Kafka may have stored one that can't be read here: it is nobody's. */
function patternOf(text: string): Pattern {
  try {
    return new LinearPattern(text);
  } catch {
    return { matches: () => false };
  }
}
