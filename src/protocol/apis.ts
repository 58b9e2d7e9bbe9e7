/**
 * All APIs of Kafka 4.3 by key, put together from the declared messages. What of them a node serves
 * is `broker`'s table; this one says what there is to serve.
 */
import type { ListenerKind, Message } from "./message.ts";
import * as messages from "./messages/mod.ts";

type RequestName<Name> = Name extends `${infer Api}Request` ? Api : never;
/** Kafka's name for an API, e.g. `Fetch`. */
export type ApiName = RequestName<keyof typeof messages>;

export interface Api {
  readonly key: number;
  readonly name: ApiName;
  readonly request: Message;
  readonly response: Message;
  /** First and last version that the declarations know. */
  readonly versions: readonly [number, number];
  /**
   * The last version that may be advertised; below `versions[1]` where that one is still being
   * worked on.
   */
  readonly latestStable: number;
  /** First version whose header and body are flexible; `Infinity` when none is. */
  readonly flexibleFrom: number;
  /** Which kinds of listeners answer it. */
  readonly listeners: readonly ListenerKind[];
}

function apiOf(request: Message, response: Message): Api {
  const { apiKey, name, versions, latestVersionUnstable, flexibleFrom, listeners } = request;
  return {
    key: apiKey!,
    name: name.replace(/Request$/, "") as ApiName,
    request,
    response,
    versions,
    latestStable: latestVersionUnstable ? versions[1] - 1 : versions[1],
    flexibleFrom: flexibleFrom ?? Infinity,
    listeners: listeners ?? [],
  };
}

const byName = messages as unknown as Record<string, Message>;

/** By key, in the order of the keys. */
export const APIS: ReadonlyMap<number, Api> = new Map(
  Object.values(byName)
    .filter(({ name }) => name.endsWith("Request"))
    .map((request) => apiOf(request, byName[request.name.replace(/Request$/, "Response")]))
    .sort((a, b) => a.key - b.key)
    .map((api) => [api.key, api]),
);

/** Keys by name: `API_KEYS.Fetch` is 1. */
export const API_KEYS = Object.fromEntries(
  [...APIS.values()].map(({ name, key }) => [name, key]),
) as Readonly<Record<ApiName, number>>;

/** The API of a key from the wire; undefined when there is none. */
export const apiByKey = (key: number): Api | undefined => APIS.get(key);
