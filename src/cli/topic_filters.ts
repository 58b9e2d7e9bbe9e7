/**
 * `streamer topic describe --under-replicated` and the like: partitions that are in one of the
 * states that `kafka-topics --describe` has filters for, of some topics or all.
 */
import { keyOf } from "../base/mod.ts";
import type { Client, TopicDescription } from "../client/mod.ts";
import type { CommandCall } from "./command.ts";
import type { Flags } from "./flags.ts";
import { renderTable } from "./table.ts";
import { json } from "./with_client.ts";

export const FILTER_FLAGS = {
  "under-replicated": {
    type: "boolean",
    help: "Only partitions with fewer replicas in sync than there are to be",
  },
  "under-min-isr": {
    type: "boolean",
    help: "Only partitions with fewer in sync than min.insync.replicas: acks=all is refused",
  },
  "at-min-isr": {
    type: "boolean",
    help:
      "Only partitions with just min.insync.replicas in sync: one less, and acks=all is refused",
  },
  unavailable: { type: "boolean", help: "Only partitions without a leader" },
} as const satisfies Flags;

const FILTERS = Object.keys(FILTER_FLAGS) as (keyof typeof FILTER_FLAGS)[];
type Filters = { [name in keyof typeof FILTER_FLAGS]: boolean };

export const isFiltered = (values: Filters): boolean => FILTERS.some((name) => values[name]);

interface Row {
  topic: string;
  partition: number;
  leader: number;
  replicas: number[];
  isr: number[];
  minIsr: number;
  states: string[];
}

/** Prints those in any of the states that are asked for, with all their states. */
export async function showFiltered(
  call: CommandCall & { values: Filters & { json: boolean } },
  { cluster }: Client,
  topics: readonly TopicDescription[],
): Promise<void> {
  const { listReassignments, minInSyncReplicas } = await import("../client/mod.ts");
  const [moving, minimum] = await Promise.all([
    listReassignments(cluster),
    minInSyncReplicas(cluster, topics.map(({ name }) => name)),
  ]);
  const adding = new Map(moving.map((each) => [keyOf(each), each.adding]));
  const rows = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition, leader, replicas, isr }): Row => {
      const minIsr = minimum.get(topic) ?? 1;
      const added = adding.get(keyOf({ topic, partition })) ?? [];
      const states = new Map<typeof FILTERS[number], boolean>([
        ["unavailable", leader < 0],
        ["under-min-isr", isr.length < minIsr],
        ["at-min-isr", isr.length === minIsr],
        // Replicas that a reassignment is just adding are not missed yet.
        ["under-replicated", replicas.some((id) => !isr.includes(id) && !added.includes(id))],
      ]);
      const names = FILTERS.filter((filter) => states.get(filter));
      return { topic, partition, leader, replicas, isr, minIsr, states: names };
    })
  ).filter(({ states }) => states.some((state) => call.values[state as keyof Filters]));
  if (call.values.json) return await call.io.write(json(rows, call));
  await call.io.write(renderTable([
    { title: "TOPIC", cell: ({ topic }) => topic },
    { title: "PARTITION", cell: ({ partition }) => partition },
    { title: "LEADER", cell: ({ leader }) => leader < 0 ? "none" : leader, align: "right" },
    { title: "REPLICAS", cell: ({ replicas }) => replicas.join(",") },
    { title: "IN SYNC", cell: ({ isr }) => isr.join(",") },
    { title: "MIN ISR", cell: ({ minIsr }) => minIsr },
    { title: "", cell: ({ states }) => states.join(", ") },
  ], rows));
}
