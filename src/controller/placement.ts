/**
 * Where replicas go. Racks take turns, and within a rack its brokers do, each from a random start,
 * so that leaders and replicas spread evenly over both; a partition has two replicas in a rack only
 * when there are fewer racks than replicas. Fenced brokers get replicas only when nobody else is
 * left, and never lead.
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
  const firstRack = random.int(racks.length);
  return Array.from(
    { length: partitions },
    (_, i) => placeOne(racks, (firstRack + i) % racks.length, replicationFactor),
  );
}

/** The brokers of one rack; each list goes round, so that the next partition begins one further. */
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
    turn(active, random.int(Math.max(1, active.length)));
    turn(others, random.int(Math.max(1, others.length)));
  }
  return all;
}

function turn(ids: number[], by: number): void {
  ids.push(...ids.splice(0, by));
}

function placeOne(racks: readonly Rack[], first: number, replicationFactor: number): number[] {
  const chosen: number[] = [];
  for (const pool of ["active", "others"] as const) {
    // Racks take turns until nobody in any of them is left to choose from.
    for (let fruitless = 0, i = first; fruitless < racks.length; i++) {
      if (chosen.length === replicationFactor) return chosen;
      const rack = racks[i % racks.length][pool];
      const at = rack.findIndex((id) => !chosen.includes(id));
      fruitless = at < 0 ? fruitless + 1 : 0;
      if (at < 0) continue;
      const [id] = rack.splice(at, 1);
      chosen.push(id);
      rack.push(id); // to the back: others are chosen first next time
    }
  }
  return chosen;
}
