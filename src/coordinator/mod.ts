/**
 * coordinator: replicated state machines on internal topics, pure like all that decides here. Each
 * is fed with the records of its partition, decides what to write and whom to answer, and changes
 * by replay; `broker` appends, commits and sends. What all of them have in common is here: a
 * {@link StateMachine} is what the runtime drives, an {@link Outcome} what it carries out. Each kind has a door of its own:
 *
 * - {@link "./group/mod.ts" | group/}: classic groups and committed offsets, on
 *   `__consumer_offsets`.
 *
 * Transactions and share groups will be their neighbors.
 */
export * from "./outcome.ts";
export type { StateMachine } from "./state_machine.ts";
