/**
 * node/cores: several brokers in one process, each in a thread of its own (`streamer serve
 * --cores`). {@link planCores} says who is what and where, {@link CoreGroup} starts them and looks
 * after them; `core_thread.ts` is what runs in the thread, and `left_behind.ts` sees data of cores
 * that are not to run any more. Between themselves they are brokers like any others, who talk over
 * sockets: no request crosses cores.
 *
 * A room within the room: whoever only looks after threads does not load what they run.
 */
export { type Core, CoreGroup, type CoreGroupOptions } from "./core_group.ts";
export { configOf, type CorePlan, planCores } from "./core_plan.ts";
