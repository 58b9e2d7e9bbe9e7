/**
 * Where replicas go. Racks take turns, and within a rack its brokers do, each from a random start,
 * so that leaders and replicas spread evenly over both, and what one broker led is taken over by all
 * the others; a partition has two replicas in a rack only when there are fewer racks than replicas.
 * Fenced brokers get replicas only when nobody else is left, and never lead.
 */
import type { Random } from "../platform/mod.ts";
import type { BrokerImage, MetadataImage } from "../metadata/mod.ts";
import { KafkaError } from "../protocol/mod.ts";

/** Whether a broker may lead and be in an ISR. */
export const isActive = (broker: BrokerImage | undefined): boolean =>
  broker !== undefined && !broker.fenced && !broker.inControlledShutdown;

/** None of its log directories takes a new partition (`cordoned.log.dirs`). */
const isCordoned = ({ logDirs, cordonedLogDirs }: BrokerImage): boolean =>
  logDirs.length > 0 && logDirs.every((id) => cordonedLogDirs?.includes(id));

/**
 * Broker ids for each of `partitions` partitions, the preferred leader first. Throws
 * `INVALID_REPLICATION_FACTOR`.
 */
export function placeReplicas(
  image: MetadataImage,
  random: Random,
  { partitions, replicationFactor }: { partitions: number; replicationFactor: number },
): number[][] {
  const brokers = [...image.brokers.values()].filter((broker) => !isCordoned(broker));
  if (replicationFactor > image.brokers.size) {
    throw new KafkaError(
      "INVALID_REPLICATION_FACTOR",
      `Cannot make ${replicationFactor} replicas of a partition: ${image.brokers.size} brokers are registered`,
    );
  }
  if (!brokers.some(isActive) || replicationFactor > brokers.length) {
    throw new KafkaError(
      "INVALID_REPLICATION_FACTOR",
      "Cannot place a partition: brokers are fenced, shutting down, or have all directories cordoned",
    );
  }
  const racks = racksOf(brokers, random);
  const first = random.int(racks.length);
  return Array.from(
    { length: partitions },
    (_, i) => placeOne(racks, { turn: i, firstRack: first + i, replicationFactor }),
  );
}

/** The brokers of one rack, those that live and the others, each list from a random start. */
interface Rack {
  readonly active: number[];
  readonly others: number[];
}

function racksOf(brokers: readonly BrokerImage[], random: Random): Rack[] {
  const racks = new Map<string, Rack>();
  for (const broker of brokers) {
    const name = broker.rack ?? "";
    let rack = racks.get(name);
    if (rack === undefined) racks.set(name, rack = { active: [], others: [] });
    (isActive(broker) ? rack.active : rack.others).push(broker.brokerId);
  }
  const all = [...racks.values()];
  for (const { active, others } of all) {
    for (const ids of [active, others]) {
      ids.push(...ids.splice(0, random.int(Math.max(1, ids.length))));
    }
  }
  return all;
}

function placeOne(
  racks: readonly Rack[],
  { turn, firstRack, replicationFactor }: {
    turn: number;
    firstRack: number;
    replicationFactor: number;
  },
): number[] {
  const chosen: number[] = [];
  for (const pool of ["active", "others"] as const) {
    const left = racks.map((_, i) => {
      const rack = racks[(firstRack + i) % racks.length][pool];
      return inOrderOf(Math.floor(turn / racks.length), rack);
    });
    // Racks take turns until nobody in any of them is left to choose from.
    while (left.some((ids) => ids.length > 0)) {
      for (const ids of left) {
        if (chosen.length === replicationFactor) return chosen;
        const id = ids.shift();
        if (id !== undefined) chosen.push(id);
      }
    }
  }
  return chosen;
}

/**
 * All of a rack's brokers, another one first in each turn. Those behind it change their order after
 * each round, so that what one broker led is not all taken over by the same other.
 */
function inOrderOf(turn: number, ids: readonly number[]): number[] {
  if (ids.length === 0) return [];
  const at = turn % ids.length;
  const others = [...ids.slice(at + 1), ...ids.slice(0, at)];
  const shift = others.length === 0 ? 0 : Math.floor(turn / ids.length) % others.length;
  return [ids[at], ...others.slice(shift), ...others.slice(0, shift)];
}
