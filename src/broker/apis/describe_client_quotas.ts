/**
 * DescribeClientQuotas, key 48: the limits of users, client ids and addresses that match a filter
 * (KIP-546).
 *
 * Served 0 and 1; 1 is flexible. Each component of the filter names a type of entity and one name
 * of it, its default, or any. A strict filter leaves out entities that have other parts as well.
 */
import type { ClientQuotaImage } from "../../metadata/mod.ts";
import {
  DescribeClientQuotasRequest,
  DescribeClientQuotasResponse,
  KafkaError,
} from "../../protocol/mod.ts";
import { defineApi } from "../api.ts";
import { errorFields } from "../errors.ts";

type Component = DescribeClientQuotasRequest["components"][number];

const MATCH = { exact: 0, default: 1, any: 2 } as const;
const ENTITY_TYPES = ["user", "client-id", "ip"];

export const describeClientQuotas = defineApi({
  key: 48,
  name: "DescribeClientQuotas",
  request: DescribeClientQuotasRequest,
  response: DescribeClientQuotasResponse,
  versions: [0, 1],

  handle({ components, strict }, _context, broker) {
    checkFilter(components);
    const found = [...broker.image().clientQuotas.values()].filter(({ entity }) =>
      components.every((component) => matches(component, entity)) &&
      (!strict || entity.length === components.length)
    );
    return {
      errorMessage: "",
      entries: found.map(({ entity, limits }) => ({
        entity,
        values: [...limits].map(([key, value]) => ({ key, value })),
      })),
    };
  },

  failed: (_request, error) => ({ ...errorFields(error), entries: null }),
});

/** As Kafka checks it, component by component. */
function checkFilter(components: readonly Component[]): void {
  const seen = new Set<string>();
  for (const { entityType, matchType, match } of components) {
    if (seen.has(entityType)) {
      throw new KafkaError("INVALID_REQUEST", `The filter names ${entityType} more than once`);
    }
    seen.add(entityType);
    if (!ENTITY_TYPES.includes(entityType)) {
      throw new KafkaError("UNSUPPORTED_VERSION", `Unknown type of entity "${entityType}"`);
    }
    const isKnown = matchType === MATCH.exact || matchType === MATCH.default ||
      matchType === MATCH.any;
    if (!isKnown) throw new KafkaError("INVALID_REQUEST", `Unknown kind of match ${matchType}`);
    if ((matchType === MATCH.exact) === (match === null)) {
      throw new KafkaError("INVALID_REQUEST", "A name is given for an exact match, and only then");
    }
  }
  if (seen.has("ip") && seen.size > 1) {
    throw new KafkaError("INVALID_REQUEST", "ip cannot be combined with user or client-id");
  }
}

function matches(
  { entityType, matchType, match }: Component,
  entity: ClientQuotaImage["entity"],
): boolean {
  const part = entity.find((each) => each.entityType === entityType);
  if (part === undefined) return false;
  return matchType === MATCH.any || part.entityName === match; // null is the default's name
}
