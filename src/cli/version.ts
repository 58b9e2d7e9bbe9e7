/** `streamer version`. */
import config from "../../deno.json" with { type: "json" };
import { command, JSON_FLAG } from "./command.ts";

export const VERSION: string = config.version;

export const versionCommand = command({
  name: "version",
  summary: "Print the version",
  examples: [["streamer version", ""]],
  flags: { ...JSON_FLAG },
  async run({ values, io }) {
    await io.write(
      values.json ? `${JSON.stringify({ version: VERSION })}\n` : `streamer ${VERSION}\n`,
    );
  },
});
