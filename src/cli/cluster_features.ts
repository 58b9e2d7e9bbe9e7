/** `streamer cluster features`: what all nodes of a cluster have agreed on (KIP-584). */
import type { FeatureChange, FeatureDescription } from "../client/mod.ts";
import { BROKERS_FLAG, command, JSON_FLAG } from "./command.ts";
import { UsageError } from "./io.ts";
import { renderTable } from "./table.ts";
import { json, withClient } from "./with_client.ts";

export const featuresCommand = command({
  name: "cluster features",
  summary: "Show and change what all nodes have agreed on: metadata.version and others",
  description:
    "After all nodes run a new version, the cluster is told so by --upgrade; until then they can go back to " +
    "the old one. metadata.version takes the name of a release too. A downgrade is refused when it would " +
    "lose metadata, unless --unsafe is given.",
  examples: [
    ["streamer cluster features", ""],
    ["streamer cluster features --upgrade metadata.version=4.3 --dry-run", "whether it could be"],
    ["streamer cluster features --upgrade metadata.version=4.3", "all nodes run 4.3 now"],
    ["streamer cluster features --upgrade kraft.version=1", "let voters come and go"],
    ["streamer cluster features --downgrade share.version=0", ""],
  ],
  flags: {
    ...BROKERS_FLAG,
    upgrade: { type: "string", value: "NAME=LEVEL", multiple: true, help: "Raise a level" },
    downgrade: { type: "string", value: "NAME=LEVEL", multiple: true, help: "Lower a level" },
    unsafe: { type: "boolean", help: "With --downgrade: also if metadata is lost" },
    "dry-run": { type: "boolean", help: "Only ask whether it could be done" },
    ...JSON_FLAG,
  },
  async run(call) {
    const { values, io } = call;
    if (values.unsafe && values.downgrade.length === 0) {
      throw new UsageError("--unsafe goes with --downgrade");
    }
    await withClient(call, async ({ cluster }) => {
      const { describeFeatures, levelOf, releaseOf, updateFeatures } = await import(
        "../client/mod.ts"
      );
      const read = (kind: FeatureChange["kind"]) => (text: string): FeatureChange => {
        const [, name, level] = /^([^=]+)=(\S+)$/.exec(text) ?? [];
        if (name === undefined) {
          throw new UsageError(`"${text}" is not NAME=LEVEL`, "Like metadata.version=4.3");
        }
        const byName = name === "metadata.version" ? levelOf(level) : undefined;
        if (byName === undefined && !/^\d{1,5}$/.test(level)) {
          throw new UsageError(`${name} cannot be "${level}": it is a level, a whole number`);
        }
        return { name, level: byName ?? Number(level), kind };
      };
      const down = values.unsafe ? "unsafeDowngrade" : "safeDowngrade";
      const changes = [
        ...values.upgrade.map(read("upgrade")),
        ...values.downgrade.map(read(down)),
      ];
      const isDryRun = values["dry-run"];
      if (changes.length > 0) await updateFeatures(cluster, changes, { isDryRun });
      const shown = ({ name, level }: { name: string; level: number }) => {
        const release = name === "metadata.version" ? releaseOf(level) : undefined;
        return `${level}${release === undefined ? "" : ` (${release})`}`;
      };
      if (changes.length > 0) {
        const done = isDryRun ? "could be" : "is";
        const lines = changes.map((change) => `${change.name} ${done} ${shown(change)}\n`);
        if (!values.json) return await io.write(lines.join(""));
      }
      const features = await describeFeatures(cluster);
      if (values.json) return await io.write(json(features, call));
      await io.write(renderTable<FeatureDescription>([
        { title: "FEATURE", cell: ({ name }) => name },
        { title: "LEVEL", cell: shown },
        { title: "LOWEST", cell: ({ lowest }) => lowest },
        { title: "HIGHEST", cell: ({ name, highest }) => shown({ name, level: highest }) },
        { title: "", cell: ({ level, highest }) => level < highest ? "may be upgraded" : "" },
      ], features));
    });
  },
});
