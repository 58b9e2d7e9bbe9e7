/** Which of Kafka's APIs this broker serves, as people and `COMPATIBILITY.md` want to know it. */
import type { VersionRange } from "../net/mod.ts";
import { APIS } from "../protocol/mod.ts";
import { SERVED_APIS } from "./served_apis.ts";

export interface ListedApi {
  readonly key: number;
  readonly name: string;
  /** First and last version that Kafka's brokers have. */
  readonly kafka: VersionRange;
  /** First and last version that are served here; null for none. */
  readonly served: VersionRange | null;
  readonly state: "served" | "partly served" | "not served";
}

/** All APIs that Kafka's brokers have, by key. Those between controllers only are left out. */
export function listApis(): ListedApi[] {
  return [...APIS.values()]
    .filter(({ listeners }) => listeners.includes("broker"))
    .map(({ key, name, versions: [first], latestStable }) => {
      const served = SERVED_APIS.find((api) => api.key === key)?.versions ?? null;
      const isWhole = served !== null && served[0] <= first && served[1] >= latestStable;
      return {
        key,
        name,
        kafka: [first, latestStable],
        served,
        state: isWhole ? "served" : served === null ? "not served" : "partly served",
      };
    });
}
