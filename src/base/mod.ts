/**
 * base: the small Kafka-free parts that every room stands on. Ids and offsets as types, assertions,
 * the shape of a log line, quantities as people type them. Nothing here knows what Kafka is, and
 * nothing here reaches the outside world.
 */
export * from "./assert.ts";
export * from "./bell.ts";
export * from "./ids.ts";
export * from "./ip_address.ts";
export * from "./log_line.ts";
export * from "./meters.ts";
export * from "./loggers.ts";
export * from "./nearest.ts";
export * from "./quantity.ts";
export * from "./sampled_rate.ts";
export * from "./token_bucket.ts";
