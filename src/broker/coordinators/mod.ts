/**
 * The road that every coordinator of this broker goes: {@link CoordinatorRuntime} loads it when a
 * partition is led, finds it by key, and lets go of it when the leadership ends; a
 * {@link CoordinatorShard} feeds it, writes what it decides and answers when that is committed.
 * What is coordinated is for a {@link LoadedMachine} to say.
 */
export { CoordinatorRuntime, type RuntimeOptions } from "./coordinator_runtime.ts";
export {
  CoordinatorShard,
  type LoadedMachine,
  type ShardOptions,
  type ShardReplica,
  type ShardStorage,
} from "./coordinator_shard.ts";
export type { Reply } from "./waiting_replies.ts";
