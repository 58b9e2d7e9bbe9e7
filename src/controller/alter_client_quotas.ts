/**
 * AlterClientQuotas (49): sets and removes limits of users, clients and addresses (KIP-546,
 * KIP-612). An entity changes whole or not at all; the entities of a request are decided each by
 * itself. What is not a change is not written.
 */
import { isAddress } from "../base/mod.ts";
import { metadataRecord, type QuotaEntityPart, quotaKey } from "../metadata/mod.ts";
import {
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  KafkaError,
  type MetadataRecord,
} from "../protocol/mod.ts";
import { describeRefusal } from "./create_topics.ts";
import type { Decision, DecisionContext } from "./decision.ts";

/** Kinds of values, with the largest that Kafka's own type for them holds. */
const LONG = { largest: 2 ** 63, name: "a LONG" };
const INT = { largest: 2 ** 31 - 1, name: "an INT" };
const DOUBLE = undefined;
type Kind = typeof LONG | typeof INT | typeof DOUBLE;

const OF_CLIENTS: ReadonlyMap<string, Kind> = new Map([
  ["producer_byte_rate", LONG],
  ["consumer_byte_rate", LONG],
  ["request_percentage", DOUBLE],
  ["controller_mutation_rate", DOUBLE],
]);
const OF_ADDRESSES: ReadonlyMap<string, Kind> = new Map([["connection_creation_rate", INT]]);

const ENTITY_TYPES = ["user", "client-id", "ip"];
/** What is this close to a whole number counts as one, as in Kafka. */
const CLOSE = 1e-6;

type Entry = AlterClientQuotasRequest["entries"][number];
type Result = AlterClientQuotasResponse["entries"][number];

/** @param isHost whether a name that is no address stands for one; asked before the decision. */
export function alterClientQuotas(
  { entries, validateOnly }: AlterClientQuotasRequest,
  context: DecisionContext,
  isHost: (name: string) => boolean,
): Decision<AlterClientQuotasResponse> {
  const records: MetadataRecord[] = [];
  const results = new Map<string, Result>();
  for (const { entity: given, ops } of entries) {
    // Of two parts of one type the last one counts.
    const entity = [...new Map(given.map((part) => [part.entityType, part])).values()];
    const key = quotaKey(entity);
    try {
      const keys = ops.map((op) => op.key);
      if (results.has(key) || new Set(keys).size < keys.length) {
        throw new KafkaError("INVALID_REQUEST", "The request names the entity or a key twice");
      }
      records.push(...changesOf(entity, ops, context, isHost));
      results.set(key, { errorCode: 0, errorMessage: null, entity });
    } catch (error) {
      const [errorCode, errorMessage] = describeRefusal(error);
      results.set(key, { errorCode, errorMessage, entity });
    }
  }
  return {
    records: validateOnly ? [] : records,
    response: { throttleTimeMs: 0, entries: [...results.values()] },
  };
}

function changesOf(
  entity: readonly QuotaEntityPart[],
  ops: Entry["ops"],
  { image }: DecisionContext,
  isHost: (name: string) => boolean,
): MetadataRecord[] {
  const allowed = keysFor(entity, isHost);
  const limits = image.clientQuotas.get(quotaKey(entity))?.limits;
  const records: MetadataRecord[] = [];
  for (const { key, value, remove } of ops) {
    if (!remove) check(key, value, allowed);
    const isChange = remove ? limits?.has(key) : !Object.is(limits?.get(key), value);
    if (!isChange) continue;
    const change = { entity: [...entity], key, value: remove ? 0 : value, remove };
    records.push(metadataRecord("ClientQuotaRecord", 0, change));
  }
  return records;
}

/** What may be limited for such an entity. Throws for one that cannot be. */
function keysFor(
  entity: readonly QuotaEntityPart[],
  isHost: (name: string) => boolean,
): ReadonlyMap<string, Kind> {
  if (entity.length === 0) throw new KafkaError("INVALID_REQUEST", "An entity has at least a part");
  for (const { entityType, entityName } of entity) {
    if (!ENTITY_TYPES.includes(entityType)) {
      throw new KafkaError("INVALID_REQUEST", `Unknown type of entity "${entityType}"`);
    }
    if (entityName === "") {
      throw new KafkaError("INVALID_REQUEST", `The name of ${entityType} is empty`);
    }
  }
  const address = entity.find(({ entityType }) => entityType === "ip");
  if (address === undefined) return OF_CLIENTS;
  if (entity.length > 1) {
    throw new KafkaError("INVALID_REQUEST", "ip cannot be combined with user or client-id");
  }
  const { entityName: name } = address;
  if (name === null || isAddress(name) || isHost(name)) return OF_ADDRESSES;
  throw new KafkaError("INVALID_REQUEST", `"${name}" is neither an address nor a known host`);
}

function check(key: string, value: number, allowed: ReadonlyMap<string, Kind>): void {
  if (!allowed.has(key)) {
    throw new KafkaError("INVALID_REQUEST", `Unknown key "${key}" for such an entity`);
  }
  if (value <= 0) {
    throw new KafkaError("INVALID_REQUEST", `${key} must be greater than 0, not ${value}`);
  }
  const kind = allowed.get(key);
  if (kind === undefined) return;
  if (value > kind.largest) {
    throw new KafkaError(
      "INVALID_REQUEST",
      `${key} cannot be ${value}: too large for ${kind.name}`,
    );
  }
  if (Math.abs(Math.trunc(value + CLOSE) - value) > CLOSE) {
    throw new KafkaError("INVALID_REQUEST", `${key} must be a whole number, not ${value}`);
  }
}
