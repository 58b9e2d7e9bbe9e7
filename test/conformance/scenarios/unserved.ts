/** Versions of every API that are just not served any more, or not yet. */
import { SERVED_APIS } from "../../../src/broker/mod.ts";
import { API_KEYS, apiByKey, type ApiName } from "../../../src/protocol/mod.ts";
import type { Scenario } from "../side.ts";

/** The body is that of a version that there is; nobody gets to read it. */
const unserved = (api: ApiName, version: number): Scenario => {
  const { versions: [first, last] } = apiByKey(API_KEYS[api])!;
  const known = Math.min(Math.max(version, first), last);
  return {
    api,
    name: `version ${version}, which is not served`,
    since: known,
    until: known,
    play: (side) => side.ask(api, known, {}, { headerVersion: version, answerVersion: known }),
  };
};

export const UNSERVED: Scenario[] = SERVED_APIS
  .filter(({ name }) => name !== "ApiVersions") // which answers, see there
  .flatMap(({ name, versions: [first, last] }) =>
    [first - 1, last + 1, 99].map((version) => unserved(name as ApiName, version))
  )
  .filter(({ name }) => !name.includes("version -1"));
