/** `streamer configs`: every setting that this program knows, and whether it has an effect. */
import { command, JSON_FLAG } from "./command.ts";
import { UsageError } from "./io.ts";
import { renderTable } from "./table.ts";
import { json } from "./with_client.ts";

export const configsCommand = command({
  name: "configs",
  summary: "Every setting: its type, its default, and whether it has an effect",
  usage: "[topic|broker|group|client-metrics] [flags]",
  description:
    "The settings of topics, brokers, groups and clients' figures, under Kafka's names. All are checked and kept; " +
    "those without effect say why. No broker is asked: it is what the program itself knows.",
  examples: [
    ["streamer configs topic", "all settings of topics"],
    ["streamer configs broker --filter retention", "those of a broker with this in their name"],
    ["streamer configs --without-effect", "what is accepted and changes nothing, and why"],
    ["streamer configs topic --json", "for programs, with what is allowed and what it is for"],
  ],
  positionals: { min: 0, max: 1 },
  flags: {
    filter: { type: "string", value: "TEXT", help: "Only names with this in them" },
    "without-effect": { type: "boolean", help: "Only those that change nothing" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, positionals: [kind], io } = call;
    const { listSettings, SETTING_KINDS } = await import("../config/mod.ts");
    const kinds = kind === undefined ? SETTING_KINDS : SETTING_KINDS.filter((one) => one === kind);
    if (kinds.length === 0) {
      throw new UsageError(`Nothing called "${kind}" has settings: ${SETTING_KINDS.join(", ")} do`);
    }
    const settings = kinds.flatMap(listSettings)
      .filter(({ name }) => name.includes(values.filter ?? ""))
      .filter(({ hasEffect }) => !values["without-effect"] || !hasEffect);
    if (values.json) return await io.write(json(settings, call));
    await io.write(renderTable([
      ...kind === undefined ? [{ title: "OF", cell: (one: typeof settings[0]) => one.kind }] : [],
      { title: "SETTING", cell: ({ name }) => name },
      { title: "TYPE", cell: ({ type }) => type },
      {
        title: "DEFAULT",
        cell: (one) => one.from === null ? one.default : `(${one.from})`,
        align: "left",
      },
      { title: "CHANGES", cell: ({ dynamic }) => CHANGES[dynamic] },
      { title: "EFFECT", cell: ({ reason }) => reason === null ? "yes" : `none: ${reason}` },
    ], settings));
  },
});

const CHANGES = { no: "at a start", broker: "live, a broker", cluster: "live" };
