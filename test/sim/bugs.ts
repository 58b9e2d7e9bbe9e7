/**
 * Real bugs, put in one at a time: each is a mistake that brokers have made. What proves the
 * simulation is that it finds them, and that without them the same seeds pass.
 */
import { Durability } from "../../src/log/durability.ts";
import { ProducerSnapshotFiles } from "../../src/log/producer_snapshot_files.ts";
import { ProducerState } from "../../src/log/producer_state.ts";
import { type Rebuilding, Segment } from "../../src/log/segment.ts";
import type { BatchView } from "../../src/records/mod.ts";
import type { Disk } from "../../src/platform/mod.ts";
import { Replica } from "../../src/replication/mod.ts";
import { patch } from "./patch.ts";

export interface Bug {
  readonly name: string;
  /** One that finds it. */
  readonly seed: number;
  /** Topics where it comes to the light, for one that is seldom met. */
  readonly configs?: Record<string, string>;
  /** Puts it in; returns how to take it out. */
  putIn?(): () => void;
  /** Or a disk that leaves something out. */
  harm?(disk: Disk): Disk;
}

export const BUGS: readonly Bug[] = [
  {
    name: "A sync is left out after a roll",
    seed: 4,
    // What was sealed counts as synced with the next segment.
    putIn: () => patch(Durability.prototype, { keepBeforeRoll() {}, onSealed() {} }),
  },
  {
    name: "An index is trusted over its log",
    seed: 14,
    configs: { "segment.ms": "1", "index.interval.bytes": "0", "cleanup.policy": "delete" },
    // A crash leaves an index that looks sound: the log ends where its last entry does.
    putIn: () => {
      const rebuild = Segment.prototype.rebuild;
      return patch(Segment.prototype, {
        *rebuild(this: Segment, options: Rebuilding) {
          if (this.open() !== undefined || this.offsets.count === 0) {
            return yield* rebuild.call(this, options);
          }
          const { lastOffset } = this.offsets.last;
          this.unseal();
          this.truncateTo(this.cutAt(lastOffset + 1));
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
    seed: 10,
    putIn: () =>
      patch(Replica.prototype, { whenLocal: () => undefined, whenCommitted: () => undefined }),
  },
  {
    name: "A producer snapshot is newer than its log",
    seed: 4,
    configs: { "durability": "disk", "segment.ms": "1", "cleanup.policy": "delete" },
    // Who wrote is noted before it is written: the snapshot of a roll has the batch that caused it.
    // A start believes the newest snapshot, and not only those before what it reads again. When the
    // batch was lost, whoever sends it again is told that it is there.
    putIn: () => {
      const { newest } = ProducerSnapshotFiles.prototype;
      const distrust = patch(ProducerSnapshotFiles.prototype, {
        newest(this: ProducerSnapshotFiles) {
          return newest.call(this, Infinity);
        },
      });
      const { check, onAppended } = ProducerState.prototype;
      const noted = new WeakSet<BatchView>();
      const notTooEarly = patch(ProducerState.prototype, {
        check(this: ProducerState, ...rest: Parameters<typeof check>) {
          const again = check.apply(this, rest);
          const [batch, origin] = rest;
          if (again === undefined && origin === "client") {
            onAppended.call(this, batch);
            noted.add(batch);
          }
          return again;
        },
        onAppended(this: ProducerState, batch: BatchView) {
          return noted.has(batch) ? undefined : onAppended.call(this, batch);
        },
      });
      return () => (distrust(), notTooEarly());
    },
  },
];
