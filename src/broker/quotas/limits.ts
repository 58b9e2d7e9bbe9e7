/**
 * Who is limited to how much, for one kind of quota. Eight places may hold a client's limit; the
 * first that does counts, and says with whom it is shared:
 *
 * | user | client id | shared by |
 * | --- | --- | --- |
 * | by name | by name, else the default | the user's connections with that client id |
 * | by name | | all of the user's |
 * | default | by name, else the default | that user's with that client id |
 * | default | | all of that user's |
 * | | by name, else the default | all with that client id, whoever they are |
 */
import type { ClientQuotaImage } from "../../metadata/mod.ts";

export interface Limit {
  readonly limit: number;
  /** Who shares it: one meter for each. */
  readonly shared: string;
}

/** Limits of one user, of the default user, or of nobody in particular. */
interface Level {
  readonly byClientId: Map<string, number>;
  anyClientId: number | undefined;
  alone: number | undefined;
}

const newLevel = (): Level => ({
  byClientId: new Map(),
  anyClientId: undefined,
  alone: undefined,
});

export class Limits {
  readonly #users = new Map<string, Level>();
  #anyUser: Level | undefined;
  #noUser: Level | undefined;

  /** @param key the kind of quota, as in `producer_byte_rate` */
  constructor(quotas: Iterable<ClientQuotaImage>, key: string) {
    for (const { entity, limits } of quotas) {
      const limit = limits.get(key);
      if (limit === undefined) continue;
      const nameOf = (type: string) =>
        entity.find(({ entityType }) => entityType === type)?.entityName;
      const clientId = nameOf("client-id");
      const level = this.#levelOf(nameOf("user"));
      if (clientId === undefined) level.alone = limit;
      else if (clientId === null) level.anyClientId = limit;
      else level.byClientId.set(clientId, limit);
    }
  }

  get isEmpty(): boolean {
    return this.#users.size === 0 && this.#anyUser === undefined && this.#noUser === undefined;
  }

  /** Undefined for who is not limited. */
  of(user: string, clientId: string): Limit | undefined {
    return limitIn(this.#users.get(user), user, clientId) ??
      limitIn(this.#anyUser, user, clientId) ??
      limitIn(this.#noUser, "", clientId);
  }

  /** @param user null for the default one, undefined for none */
  #levelOf(user: string | null | undefined): Level {
    if (user === undefined) return this.#noUser ??= newLevel();
    if (user === null) return this.#anyUser ??= newLevel();
    let level = this.#users.get(user);
    if (level === undefined) this.#users.set(user, level = newLevel());
    return level;
  }
}

function limitIn(level: Level | undefined, user: string, clientId: string): Limit | undefined {
  if (level === undefined) return undefined;
  const limit = level.byClientId.get(clientId) ?? level.anyClientId;
  if (limit !== undefined) return { limit, shared: `${user}\n${clientId}` };
  return level.alone === undefined ? undefined : { limit: level.alone, shared: `${user}\n` };
}
