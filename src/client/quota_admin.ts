/** Quotas of clients as operators see them: who is limited to what (KIP-546). */
import {
  AlterClientQuotasRequest,
  AlterClientQuotasResponse,
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  errorName,
} from "../protocol/mod.ts";
import { type Cluster, throwIfError } from "./cluster.ts";

/** Who is limited; null is the default of its kind, for whom nothing else is set. */
export interface QuotaEntity {
  user?: string | null;
  clientId?: string | null;
  ip?: string | null;
}

export interface QuotaListing {
  entity: QuotaEntity;
  /** By Kafka's names: `producer_byte_rate`, … */
  limits: Record<string, number>;
}

/** A number sets, null removes. */
export type QuotaChanges = Record<string, number | null>;

const TYPES = { user: "user", clientId: "client-id", ip: "ip" } as const;
const KINDS = Object.keys(TYPES) as (keyof typeof TYPES)[];
const EXACT = 0, DEFAULT = 1;

const partsOf = (entity: QuotaEntity) =>
  KINDS.filter((kind) => entity[kind] !== undefined)
    .map((kind) => ({ entityType: TYPES[kind], entityName: entity[kind]! }));

/** What is set for entities that have these parts, and perhaps others; in order of their names. */
export async function listQuotas(cluster: Cluster, having: QuotaEntity): Promise<QuotaListing[]> {
  return await cluster.retrying(async () => {
    const answer = await cluster.call(DescribeClientQuotasRequest, DescribeClientQuotasResponse, {
      components: partsOf(having).map(({ entityType, entityName }) => ({
        entityType,
        matchType: entityName === null ? DEFAULT : EXACT,
        match: entityName,
      })),
    });
    throwIfError(errorName(answer.errorCode), answer.errorMessage, "Cannot list quotas");
    return (answer.entries ?? []).map(({ entity, values }) => ({
      entity: entityOf(entity),
      limits: Object.fromEntries(
        values.map(({ key, value }) => [key, value] as const).sort(([a], [b]) => a < b ? -1 : 1),
      ),
    })).sort((one, other) => JSON.stringify(one.entity) < JSON.stringify(other.entity) ? -1 : 1);
  });
}

function entityOf(parts: readonly { entityType: string; entityName: string | null }[]) {
  const entity: QuotaEntity = {};
  for (const kind of KINDS) {
    const part = parts.find(({ entityType }) => entityType === TYPES[kind]);
    if (part !== undefined) entity[kind] = part.entityName;
  }
  return entity;
}

export async function alterQuotas(
  cluster: Cluster,
  entity: QuotaEntity,
  changes: QuotaChanges,
): Promise<void> {
  await cluster.retrying(async () => {
    const { entries: [answer] } = await cluster.call(
      AlterClientQuotasRequest,
      AlterClientQuotasResponse,
      {
        entries: [{
          entity: partsOf(entity),
          ops: Object.entries(changes).map(([key, value]) => ({
            key,
            value: value ?? 0,
            remove: value === null,
          })),
        }],
      },
    );
    throwIfError(errorName(answer.errorCode), answer.errorMessage, "Cannot change the quota");
  });
}
