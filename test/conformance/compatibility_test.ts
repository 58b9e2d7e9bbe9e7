/** COMPATIBILITY.md says what the scenarios and the recording say, today. */
import { deepEqual, equal } from "node:assert/strict";
import { listApis, SERVED_APIS } from "../../src/broker/mod.ts";
import { COMPATIBILITY, compatibility } from "./compatibility.ts";
import { unknownSettings } from "./coverage.ts";
import { Recording } from "./recording.ts";
import { versionsOf } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/mod.ts";

const recorded = Recording.load();

Deno.test("COMPATIBILITY.md is as it would be made today (deno task compatibility)", () => {
  equal(Deno.readTextFileSync(COMPATIBILITY), compatibility(recorded));
});

Deno.test("Settings that scenarios say they prove are settings", () => {
  deepEqual(unknownSettings(), []);
});

Deno.test("The APIs that Kafka's brokers have are those that Apache Kafka advertises", () => {
  const scenario = SCENARIOS.find(({ api, name }) =>
    api === "ApiVersions" && name === "what there is"
  )!;
  const { apiKeys }: any = recorded.answer(scenario, Math.max(...versionsOf(scenario)));
  const advertised = Object.values<any>(apiKeys)
    .map(({ apiKey, maxVersion }) => [apiKey, maxVersion])
    .sort(([a], [b]) => a - b);
  // Those for clients' figures only where someone takes them.
  const isSometimes = (key: number) =>
    SERVED_APIS.some((api) => api.key === key && api.isAdvertised !== undefined);
  const listed = listApis().filter(({ key }) => !isSometimes(key))
    .map(({ key, kafka }) => [key, kafka[1]]);
  deepEqual(listed, advertised);
});
