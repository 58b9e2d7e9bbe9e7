/**
 * `streamer quota …`: which users, client ids and addresses are limited, and to what. The names of
 * the limits are Kafka's.
 */
import type { QuotaEntity } from "../client/mod.ts";
import { BROKERS_FLAG, command, type CommandGroup, JSON_FLAG } from "./command.ts";

import type { Flags } from "./flags.ts";
import { UsageError } from "./io.ts";
import { renderTable } from "./table.ts";
import { pairsOf } from "./topic.ts";
import { json, withClient } from "./with_client.ts";

const LIMITS = "producer_byte_rate and consumer_byte_rate (bytes a second), request_percentage " +
  "(of a core's time), controller_mutation_rate (partitions made and deleted a second); of an " +
  "address connection_creation_rate (a second).";

const ENTITY_FLAGS = {
  user: { type: "string", value: "NAME", help: "The user; ANONYMOUS is who did not say" },
  "client-id": { type: "string", value: "ID", help: "The client id" },
  ip: { type: "string", value: "ADDRESS", help: "The address" },
  "default-user": { type: "boolean", help: "Users for whom nothing else is set" },
  "default-client-id": { type: "boolean", help: "Client ids for which nothing else is set" },
  "default-ip": { type: "boolean", help: "Addresses for which nothing else is set" },
} as const satisfies Flags;

type EntityValues = {
  [name in keyof typeof ENTITY_FLAGS]?: string | boolean | undefined;
};

/** Whom the flags name; without any an empty one. */
function entityOf(values: EntityValues): QuotaEntity {
  const entity: QuotaEntity = {};
  const kinds = [["user", "user"], ["client-id", "clientId"], ["ip", "ip"]] as const;
  for (const [flag, kind] of kinds) {
    const name = values[flag];
    const isDefault = values[`default-${flag}`] === true;
    if (name !== undefined && isDefault) {
      throw new UsageError(`--${flag} and --default-${flag} cannot go together`);
    }
    if (isDefault) entity[kind] = null;
    else if (typeof name === "string") entity[kind] = name;
  }
  return entity;
}

/** The same, where somebody has to be named. */
function namedEntity(values: EntityValues): QuotaEntity {
  const entity = entityOf(values);
  if (Object.keys(entity).length > 0) return entity;
  throw new UsageError("whose quota? Say --user, --client-id, --ip, or a default of them");
}

const list = command({
  name: "quota list",
  summary: "List limits",
  examples: [
    ["streamer quota list", "all of them"],
    ["streamer quota list --user alice", "alice's, with any client id and without"],
    ["streamer quota list --json", "for programs"],
  ],
  flags: { ...BROKERS_FLAG, ...ENTITY_FLAGS, ...JSON_FLAG },
  async run(call) {
    const { values, io } = call;
    const having = entityOf(values);
    await withClient(call, async ({ cluster }) => {
      const { listQuotas } = await import("../client/mod.ts");
      const quotas = await listQuotas(cluster, having);
      if (values.json) return await io.write(json(quotas, call));
      const rows = quotas.flatMap(({ entity, limits }) =>
        Object.entries(limits).map(([limit, value]) => ({ ...entity, limit, value }))
      );
      const name = (value: string | null | undefined) => value === null ? "(default)" : value;
      await io.write(renderTable([
        { title: "USER", cell: ({ user }) => name(user) },
        { title: "CLIENT ID", cell: ({ clientId }) => name(clientId) },
        { title: "ADDRESS", cell: ({ ip }) => name(ip) },
        { title: "LIMIT", cell: ({ limit }) => limit },
        { title: "VALUE", cell: ({ value }) => value },
      ], rows));
    });
  },
});

const set = command({
  name: "quota set",
  summary: "Limit a user, a client id or an address",
  usage: "LIMIT=NUMBER… [flags]",
  description: `Limits: ${LIMITS}`,
  examples: [
    ["streamer quota set producer_byte_rate=1000000 --client-id importer", "1 MB a second"],
    ["streamer quota set consumer_byte_rate=5000000 --default-user", "each user without its own"],
    ["streamer quota set connection_creation_rate=10 --ip 10.0.0.7", "ten connections a second"],
  ],
  positionals: { min: 1, max: 10 },
  flags: { ...BROKERS_FLAG, ...ENTITY_FLAGS },
  async run(call) {
    const { values, positionals, io } = call;
    const entity = namedEntity(values);
    const changes = Object.entries(pairsOf("a limit", positionals)).map(([limit, text]) => {
      const value = Number(text);
      if (text.trim() !== "" && Number.isFinite(value)) return [limit, value] as const;
      throw new UsageError(`${limit} cannot be "${text}": it is a number`);
    });
    await withClient(call, async ({ cluster }) => {
      const { alterQuotas } = await import("../client/mod.ts");
      await alterQuotas(cluster, entity, Object.fromEntries(changes));
    });
    await io.write("Set\n");
  },
});

const remove = command({
  name: "quota remove",
  summary: "Take limits back",
  usage: "[LIMIT…] [flags]",
  description: `Without names of limits, all that are set for just these flags. Limits: ${LIMITS}`,
  examples: [
    ["streamer quota remove producer_byte_rate --client-id importer", ""],
    ["streamer quota remove --default-user", "all limits of the default user"],
  ],
  positionals: { min: 0, max: 10 },
  flags: { ...BROKERS_FLAG, ...ENTITY_FLAGS },
  async run(call) {
    const { values, positionals, io } = call;
    const entity = namedEntity(values);
    await withClient(call, async ({ cluster }) => {
      const { alterQuotas, listQuotas } = await import("../client/mod.ts");
      const isIt = (other: QuotaEntity) =>
        other.user === entity.user && other.clientId === entity.clientId && other.ip === entity.ip;
      const limits = positionals.length > 0 ? positionals : Object.keys(
        (await listQuotas(cluster, entity)).find((quota) => isIt(quota.entity))?.limits ?? {},
      );
      const changes = Object.fromEntries(limits.map((limit) => [limit, null]));
      if (limits.length > 0) await alterQuotas(cluster, entity, changes);
      await io.write(limits.length > 0 ? `Removed ${limits.join(", ")}\n` : "Nothing was set\n");
    });
  },
});

export const quotaCommands: CommandGroup = {
  name: "quota",
  summary: "limit users, client ids and addresses",
  commands: [list, set, remove],
};
