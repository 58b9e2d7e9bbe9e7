/**
 * Carries out a plan of moves: limits their traffic if asked to, has the cluster begin, watches
 * until all replicas are where they are to be, and takes the limits back. The cluster moves by
 * itself: who stops watching stops nothing.
 */
import { keyOf, type TopicPartition } from "../base/mod.ts";
import { describeTopics } from "./admin.ts";
import type { Cluster } from "./cluster.ts";
import { describeCluster } from "./cluster_admin.ts";
import { copiesOf, type PlannedMove } from "./reassignment_plan.ts";
import {
  alterReassignments,
  listReassignments,
  type Reassignment,
  type ReassignmentRefusal,
  replicaSizes,
} from "./reassignments.ts";
import { clearThrottle, setThrottle, throttleOf } from "./replication_throttle.ts";

export interface MoveProgress {
  /** Partitions that are where they are to be. */
  done: number;
  of: number;
  /** Copied so far, of all that is to be copied. */
  bytes: number;
  ofBytes: number;
}

export interface MoveOptions {
  /** The most bytes a second that each broker sends and receives for these moves. */
  throttle?: number;
  onProgress?: (progress: MoveProgress) => void;
  signal: AbortSignal;
}

const LOOK_EVERY_MS = 500;
/** So often it is looked whether the brokers have heard of the end. */
const LOOKS_FOR_KNOWN = 20;
/** Sizes of files are asked less often: a broker looks at each of them. */
const MEASURE_EVERY = 4;

/**
 * Has the cluster begin with the moves; resolves to those that it refuses. If that is all of them,
 * no limit stays behind.
 */
export async function beginMoves(
  cluster: Cluster,
  moves: readonly PlannedMove[],
  { throttle }: { throttle?: number } = {},
): Promise<ReassignmentRefusal[]> {
  const limit = throttle === undefined ? undefined : throttleOf(moves, throttle);
  const alive = limit && await aliveBrokers(cluster);
  if (limit !== undefined) await setThrottle(cluster, limit, alive!);
  const refused = await alterReassignments(cluster, moves);
  if (limit !== undefined && refused.length === moves.length) {
    const topics = limit.topics.map(({ topic }) => topic);
    const brokers = limit.brokers.filter((id) => alive!.includes(id));
    await clearThrottle(cluster, { brokers, topics });
  }
  return refused;
}

/**
 * Watches until none of the moves is under way any more; then takes limits back, if nothing else
 * moves. Resolves to those that did not end as planned, because somebody stopped or changed them.
 * Rejects with the signal's reason when it fires, and leaves all as it is.
 */
export async function watchMoves(
  cluster: Cluster,
  moves: readonly PlannedMove[],
  { throttle, onProgress, signal }: MoveOptions,
): Promise<PlannedMove[]> {
  const { clock } = cluster.options;
  const ours = new Set(moves.map(keyOf));
  const sizes = await sizesOf(cluster, moves);
  const ofBytes = moves.reduce((sum, move) => sum + bytesOf(move, sizes), 0);
  for (let look = 0;; look++) {
    signal.throwIfAborted();
    const moving = await listReassignments(cluster);
    const left = moving.filter((each) => ours.has(keyOf(each)));
    if (left.length === 0) {
      onProgress?.({ done: moves.length, of: moves.length, bytes: ofBytes, ofBytes });
      const isLast = moving.length === 0;
      if (throttle !== undefined && isLast) await clearAfter(cluster, moves);
      return await untilKnown(cluster, moves, signal);
    }
    if (onProgress !== undefined && look % MEASURE_EVERY === 0) {
      const copied = await copiedBytes(cluster, left, sizes);
      const toGo = new Set(left.map(keyOf));
      const whole = moves.filter((move) => !toGo.has(keyOf(move)))
        .reduce((sum, move) => sum + bytesOf(move, sizes), 0);
      const bytes = Math.min(ofBytes, whole + copied);
      onProgress({ done: moves.length - left.length, of: moves.length, bytes, ofBytes });
    }
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Brokers hear of it after the controller: until they tell what was planned, or some time is over. */
async function untilKnown(
  cluster: Cluster,
  moves: readonly PlannedMove[],
  signal: AbortSignal,
): Promise<PlannedMove[]> {
  const { clock } = cluster.options;
  const names = [...new Set(moves.map(({ topic }) => topic))];
  for (let look = 0;; look++) {
    const topics = await describeTopics(cluster, null);
    const now = new Map(
      topics.filter(({ name }) => names.includes(name)).flatMap(({ name: topic, partitions }) =>
        partitions.map(({ partition, replicas }) => [keyOf({ topic, partition }), replicas.join()])
      ),
    );
    const other = moves.filter((move) => now.get(keyOf(move)) !== move.replicas.join());
    if (other.length === 0 || look === LOOKS_FOR_KNOWN) return other;
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

/** Ids of brokers that can be talked to. */
export async function aliveBrokers(cluster: Cluster): Promise<number[]> {
  const { brokers } = await describeCluster(cluster);
  return brokers.filter(({ isFenced }) => !isFenced).map(({ id }) => id);
}

/** All brokers and these moves' topics: a limit that stays behind is worse than one too few. */
async function clearAfter(cluster: Cluster, moves: readonly PlannedMove[]): Promise<void> {
  const topics = [...new Set(moves.map(({ topic }) => topic))];
  await clearThrottle(cluster, { brokers: await aliveBrokers(cluster), topics });
}

const bytesOf = (move: PlannedMove, sizes: ReadonlyMap<string, number>): number =>
  copiesOf(move).length * (sizes.get(keyOf(move)) ?? 0);

/** Of each partition, its size on its leader; nothing where that does not say. */
export async function sizesOf(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const wanted = new Set(partitions.map(keyOf));
  const names = [...new Set(partitions.map(({ topic }) => topic))];
  const topics = names.length === 0 ? [] : await describeTopics(cluster, names);
  const led = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition, leader }) => ({ topic, partition, leader }))
  ).filter((each) => each.leader >= 0 && wanted.has(keyOf(each)));
  const found = await Promise.all(
    [...Map.groupBy(led, ({ leader }) => leader)].map(([leader, some]) =>
      replicaSizes(cluster, leader, some).catch(() => new Map<string, number>())
    ),
  );
  return new Map(found.flatMap((sizes) => [...sizes]));
}

/** What the new replicas of these have already. */
export async function copiedBytes(
  cluster: Cluster,
  moving: readonly Reassignment[],
  sizes: ReadonlyMap<string, number>,
): Promise<number> {
  const adding = moving.flatMap((each) => each.adding.map((id) => ({ ...each, id })));
  const found = await Promise.all(
    [...Map.groupBy(adding, ({ id }) => id)].map(([id, some]) =>
      replicaSizes(cluster, id, some).catch(() => new Map<string, number>())
    ),
  );
  return found.flatMap((each) => [...each]).reduce(
    (sum, [key, bytes]) => sum + Math.min(bytes, sizes.get(key) ?? bytes),
    0,
  );
}
