/** Limits of users, client ids and addresses, as the metadata has them (KIP-546). */

export interface QuotaEntityPart {
  readonly entityType: string;
  /** null: the default of its kind. */
  readonly entityName: string | null;
}

/** Limits of one entity, e.g. of a user together with a client id. */
export interface ClientQuotaImage {
  readonly entity: readonly QuotaEntityPart[];
  readonly limits: ReadonlyMap<string, number>;
}

/** An unambiguous text of an entity, whatever the order of its parts. */
export const quotaKey = (entity: readonly QuotaEntityPart[]): string =>
  JSON.stringify(
    entity.map((part) => [part.entityType, part.entityName]).sort((a, b) => a[0]! < b[0]! ? -1 : 1),
  );
