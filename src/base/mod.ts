/**
 * base: the small parts that every room stands on. Ids and offsets as types, assertions, the shape
 * of a log line and loggers with levels, quantities as people type them, addresses, rates over
 * windows, token buckets, and meters by name that stay few. Nothing here knows the protocol, and
 * nothing here reaches the outside world: time is an argument.
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
export * from "./repeated.ts";
export * from "./sampled_rate.ts";
export * from "./token_bucket.ts";
export * from "./until_aborted.ts";
