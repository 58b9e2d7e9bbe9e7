/**
 * Real bugs of clusters, put in one at a time: what proves the simulation is that it finds them,
 * and that without them the same seeds pass.
 */
import { Overtaking } from "../../../src/log/overtaking.ts";
import { QuorumStateFile } from "../../../src/node/quorum_state.ts";
import type { Disk, DiskFile } from "../../../src/platform/mod.ts";
import { Replica } from "../../../src/replication/mod.ts";
import { Leadership } from "../../../src/replication/leadership.ts";
import { patch } from "../patch.ts";
import type { Cast } from "./stories.ts";

export interface ClusterBug {
  readonly name: string;
  readonly cast: Cast;
  /** One that finds it. */
  readonly seed: number;
  /** Puts it in; returns how to take it out. */
  putIn?(): () => void;
  /** Or a disk that leaves something out. */
  harm?(disk: Disk): Disk;
}

export const CLUSTER_BUGS: readonly ClusterBug[] = [
  {
    name: "A vote is not persisted",
    cast: "quorum",
    seed: 13,
    // It is given first, to be written with whatever comes next: after a crash one votes again.
    putIn: () => {
      const { write } = QuorumStateFile.prototype;
      return patch(QuorumStateFile.prototype, {
        write(this: QuorumStateFile, ...[state, quorum]: Parameters<typeof write>) {
          const isVote = state.votedId !== undefined && state.leaderId === undefined;
          if (!isVote) write.call(this, state, quorum);
        },
      });
    },
  },
  {
    name: "An ISR is expanded too early",
    cast: "cluster",
    seed: 40,
    // A follower is taken in that has come to the beginning of the leader's epoch, and not yet to the
    // high watermark.
    putIn: () => {
      const { expand } = Leadership.prototype;
      return patch(Leadership.prototype, {
        expand(this: Leadership, ...[brokerId, , moment]: Parameters<typeof expand>) {
          return expand.call(this, brokerId, 0, moment);
        },
      });
    },
  },
  {
    name: "A truncation is skipped",
    cast: "cluster",
    seed: 4,
    // A follower keeps what its leader never had, and goes on behind it.
    putIn: () => patch(Replica.prototype, { truncateTo() {} }),
  },
  {
    name: "A high watermark is moved too soon",
    cast: "cluster",
    seed: 13,
    // By what the leader has, as if it were alone.
    putIn: () =>
      patch(Leadership.prototype, {
        committedEnd: (localEnd: number) => localEnd,
      }),
  },
  {
    name: "A sync is left out",
    cast: "cluster",
    seed: 7,
    // A follower tells that it has what only its page cache has.
    harm: (disk) => withoutSyncOf(disk, (path) => !path.includes("__cluster_metadata")),
  },
  {
    name: "What has overtaken a batch of the former leader is judged at once",
    cast: "cluster",
    seed: 39,
    putIn: () => patch(Overtaking.prototype, { isDoubtful: () => false }),
  },
];

/** A disk whose syncs of some files do nothing. */
function withoutSyncOf(disk: Disk, isForgotten: (path: string) => boolean): Disk {
  return new Proxy(disk, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...parameters: any[]) => {
        const result = method.apply(target, parameters);
        const [path] = parameters;
        if (name !== "open" || !path.endsWith(".log") || !isForgotten(path)) return result;
        return new Proxy(result as DiskFile, {
          get(file, name) {
            if (name === "sync") return () => Promise.resolve();
            if (name === "syncNow") return () => {};
            const value = Reflect.get(file, name);
            return typeof value === "function" ? value.bind(file) : value;
          },
        });
      };
    },
  });
}
