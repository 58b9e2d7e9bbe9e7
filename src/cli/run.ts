/**
 * `streamer run ./plugin.ts`: anyone's plugin, from a file or an address, with its options as
 * flags.
 */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { importPlugin } from "../plugin/mod.ts";
import { command, type DynamicCommand } from "./command.ts";
import { UsageError } from "./io.ts";
import { pluginCommand } from "./plugin_command.ts";

/** What `run --help` says, when no plugin is named. */
const withoutPlugin = command({
  name: "run",
  summary: "Run a plugin from a file",
  usage: "FILE|URL [flags]",
  description:
    "A plugin is one TypeScript or JavaScript file whose default export says what it does; it needs no " +
    "import and no installation. Its options become flags: streamer run FILE --help shows them.",
  examples: [
    ["streamer run ./my_plugin.ts --help", "what it does and its flags"],
    ["streamer run ./my_plugin.ts --topic orders", ""],
    ["streamer run ./my_plugin.ts --json", "its status, for programs"],
  ],
  flags: {},
  run: () =>
    Promise.reject(
      new UsageError("The plugin is missing", "For example: streamer run ./my_plugin.ts"),
    ),
});

export const runCommand: DynamicCommand = {
  async resolve(words, io) {
    const [file, ...rest] = words;
    if (file === undefined || file.startsWith("-")) return { command: withoutPlugin, words };
    const url = urlOf(file, io.workingDirectory);
    const plugin = await importPlugin(url, file);
    return {
      command: await pluginCommand({ default: plugin }, { origin: file, name: `run ${file}` }),
      words: rest,
    };
  },
};

function urlOf(file: string, workingDirectory: string): string {
  if (/^(file|https?|data):/.test(file)) return file;
  return pathToFileURL(isAbsolute(file) ? file : resolve(workingDirectory, file)).href;
}
