/** `streamer apis`: Kafka's APIs, and in which versions this program serves them. */
import { command, JSON_FLAG } from "./command.ts";
import { UsageError } from "./io.ts";
import { renderTable } from "./table.ts";
import { json } from "./with_client.ts";

const versions = (range: readonly [number, number] | null) =>
  range === null ? "" : range[0] === range[1] ? `${range[0]}` : `${range[0]}-${range[1]}`;

export const apisCommand = command({
  name: "apis",
  summary: "Kafka's APIs, and what of them is served",
  usage: "[NAME…] [flags]",
  description:
    "The APIs that brokers of Apache Kafka 4.3 have, with the versions that this program serves. No broker is " +
    "asked: it is what the program itself can do.",
  examples: [
    ["streamer apis", "all of them"],
    ["streamer apis Produce Fetch", "these two"],
    ["streamer apis --unserved", "what is missing, whole or in part"],
    ["streamer apis --json", "for programs"],
  ],
  positionals: { min: 0, max: 100 },
  flags: {
    unserved: { type: "boolean", help: "Only those that are not served, or not in all versions" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, positionals, io } = call;
    const { listApis } = await import("../broker/mod.ts");
    const all = listApis();
    const wanted = positionals.map((word) => word.toLowerCase());
    const unknown = positionals.find((word) =>
      !all.some(({ name }) => name.toLowerCase() === word.toLowerCase())
    );
    if (unknown !== undefined) throw new UsageError(`Kafka's brokers have no API "${unknown}"`);
    const apis = all
      .filter(({ name }) => wanted.length === 0 || wanted.includes(name.toLowerCase()))
      .filter(({ state }) => !values.unserved || state !== "served");
    if (values.json) return await io.write(json(apis, call));
    await io.write(renderTable([
      { title: "KEY", cell: ({ key }) => key },
      { title: "API", cell: ({ name }) => name },
      { title: "KAFKA", cell: ({ kafka }) => versions(kafka), align: "left" },
      { title: "SERVED", cell: ({ served }) => versions(served), align: "left" },
      { title: "", cell: ({ state }) => state === "served" ? "" : state },
    ], apis));
  },
});
