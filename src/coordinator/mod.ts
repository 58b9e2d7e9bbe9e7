/**
 * coordinator: replicated state machines on internal topics, pure like all that decides here. Each
 * is fed with the records of its partition, decides what to write and whom to answer, and changes
 * by replay; `broker` appends, commits and sends.
 *
 * - {@link "./group/mod.ts" | group/}: classic groups and committed offsets, on
 *   `__consumer_offsets`.
 *
 * Transactions and share groups will be their neighbors.
 */
export * from "./group/mod.ts";
