/**
 * What every decide function returns: records for the log, and what to answer once they are
 * committed.
 */
import type { Random } from "../platform/mod.ts";
import type { BrokerConfig, OnLimit } from "../config/mod.ts";
import type { MetadataImage } from "../metadata/mod.ts";
import type { MetadataRecord } from "../protocol/mod.ts";
import type { MutationQuota } from "./mutation_quota.ts";

/**
 * Nothing has changed by it: the log may yet refuse the records. Without records the answer may
 * leave at once.
 */
export interface Decision<Response> {
  readonly records: MetadataRecord[];
  readonly response: Response;
}

/** All that a decision is made from, besides the request. */
export interface DecisionContext {
  /** With every record that was appended, also those that are not committed yet. */
  readonly image: MetadataImage;
  /** The controller's own, under what was set for the whole cluster. */
  readonly config: BrokerConfig;
  readonly random: Random;
  /** Asked before each change of topics. */
  readonly quota: MutationQuota;
  /** Told of who comes to a limit. */
  readonly limited: OnLimit;
}
