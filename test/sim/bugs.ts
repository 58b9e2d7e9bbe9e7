/**
 * Real bugs, put in one at a time: each is a mistake that brokers have made. What proves the
 * simulation is that it finds them, and that without them the same seeds pass.
 */
import { Durability } from "../../src/log/durability.ts";
import { ProducerSnapshotFiles } from "../../src/log/producer_snapshot_files.ts";
import { type Rebuilding, Segment } from "../../src/log/segment.ts";
import type { Disk } from "../../src/platform/mod.ts";
import { Replica } from "../../src/replication/mod.ts";

export interface Bug {
  readonly name: string;
  /** One that finds it. */
  readonly seed: number;
  /** Puts it in; returns how to take it out. */
  putIn?(): () => void;
  /** Or a disk that leaves something out. */
  harm?(disk: Disk): Disk;
}

/** Puts other methods in the place of a class's own; returns how to take that back. */
function patch<T extends object>(prototype: T, methods: Partial<Record<keyof T, unknown>>) {
  const names = Object.keys(methods) as (keyof T)[];
  const own = names.map((name) => Object.getOwnPropertyDescriptor(prototype, name)!);
  for (const name of names) {
    Object.defineProperty(prototype, name, { value: methods[name], configurable: true });
  }
  return () => names.forEach((name, i) => Object.defineProperty(prototype, name, own[i]));
}

export const BUGS: readonly Bug[] = [
  {
    name: "A sync is left out after a roll",
    seed: 2,
    // What was sealed counts as synced with the next segment.
    putIn: () => patch(Durability.prototype, { keepBeforeRoll() {}, onSealed() {} }),
  },
  {
    name: "An index is trusted over its log",
    seed: 76,
    // A crash leaves an index that looks sound: the log ends where its last entry does.
    putIn: () => {
      const rebuild = Segment.prototype.rebuild;
      return patch(Segment.prototype, {
        rebuild(this: Segment, options: Rebuilding) {
          if (!this.tryOpen() || this.offsets.count === 0) return rebuild.call(this, options);
          const { lastOffset } = this.offsets.last;
          this.unseal();
          this.truncateTo(lastOffset + 1);
          this.visitFrom(this.baseOffset, options.visit);
          return { isCut: false };
        },
      });
    },
  },
  {
    name: "A rename is not followed by a sync of its directory",
    seed: 66,
    harm: (disk) => {
      let renamedIn: string | undefined;
      const directoryOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
      return new Proxy(disk, {
        get(target, name) {
          const method = Reflect.get(target, name);
          if (typeof method !== "function") return method;
          return (...parameters: string[]) => {
            const isForgotten = name === "syncDirectory" && renamedIn === parameters[0];
            if (name === "rename") renamedIn = directoryOf(parameters[1]);
            else if (name === "syncDirectory") renamedIn = undefined;
            return isForgotten ? undefined : method.apply(target, parameters);
          };
        },
      });
    },
  },
  {
    name: "An ack comes before the sync",
    seed: 26,
    putIn: () =>
      patch(Replica.prototype, { whenLocal: () => undefined, whenCommitted: () => undefined }),
  },
  {
    name: "A producer snapshot is newer than its log",
    seed: 292,
    // One that was written at the log's end is believed, also where the log ends earlier now.
    putIn: () => {
      const newest = ProducerSnapshotFiles.prototype.newest;
      return patch(ProducerSnapshotFiles.prototype, {
        newest(this: ProducerSnapshotFiles) {
          return newest.call(this, Infinity);
        },
        removeAfter() {},
      });
    },
  },
];
