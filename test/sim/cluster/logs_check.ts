/**
 * Whether the files of replicas agree, batch by batch, wherever all of it is committed: what the
 * leader serves now is what each of the others would serve if it led.
 */
import { batchesOf, type BatchView, CorruptRecords } from "../../../src/records/mod.ts";
import { BrokenPromise } from "../ledger.ts";
import type { Machine } from "./machine.ts";

interface BatchOnDisk {
  readonly lastOffset: number;
  readonly epoch: number;
  readonly crc: number;
}

/** By base offset; what lies below the first segment is not there. */
function batchesOnDisk(machine: Machine, partition: string): Map<number, BatchOnDisk> {
  const batches = new Map<number, BatchOnDisk>();
  machine.inspect((disk) => {
    const folder = machine.dataFolders.map((parent) => `${parent}/${partition}`)
      .find((path) => disk.exists(path));
    if (folder === undefined) return;
    for (const { name } of disk.list(folder)) {
      if (!name.endsWith(".log")) continue;
      for (const batch of soundBatches(disk.readFile(`${folder}/${name}`))) {
        const { lastOffset, partitionLeaderEpoch: epoch, crc } = batch;
        batches.set(batch.baseOffset, { lastOffset, epoch, crc });
      }
    }
  });
  return batches;
}

/** Up to an end that is torn, and not committed, or to what the disk has lost. */
function* soundBatches(bytes: Uint8Array): Generator<BatchView> {
  try {
    for (const batch of batchesOf(bytes)) {
      if (!batch.isCrcValid()) return;
      yield batch;
    }
  } catch (error) {
    if (!(error instanceof CorruptRecords)) throw error;
  }
}

/**
 * Throws unless all have the same from where they begin up to the end.
 *
 * @param mayBeginLater older batches may be in a snapshot instead
 * @returns who has not all of it as yet
 */
export function checkReplicasAgree(
  machines: readonly Machine[],
  partition: string,
  end: number,
  { mayBeginLater = false } = {},
): string | undefined {
  let behind: string | undefined;
  const known = new Map<number, { batch: BatchOnDisk; name: string }>();
  for (const machine of machines) {
    const { name } = machine;
    const batches = batchesOnDisk(machine, partition);
    let next = mayBeginLater ? Math.min(end, ...batches.keys()) : 0;
    while (next < end) {
      const batch = batches.get(next);
      if (batch === undefined) {
        behind = `${partition}: ${name} is in sync to ${end}, and lacks ${next}`;
        break;
      }
      const other = known.get(next) ?? { batch, name };
      known.set(next, other);
      if (textOf(other.batch) !== textOf(batch)) {
        throw new BrokenPromise(
          `${partition}: at ${next} ${other.name} has ${textOf(other.batch)}, and ${name} ` +
            textOf(batch),
        );
      }
      next = batch.lastOffset + 1;
    }
  }
  return behind;
}

const textOf = ({ lastOffset, epoch, crc }: BatchOnDisk): string =>
  `a batch to ${lastOffset} of epoch ${epoch} with sum ${crc}`;
