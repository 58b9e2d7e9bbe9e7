/**
 * From a module to a plugin: is the default export of the shape that `contract.ts` describes? A
 * plugin's author meets these messages before anything else of ours, so each says what is there and
 * what should be.
 */
import { nearest } from "../base/mod.ts";
import type { Plugin } from "./contract.ts";
import { PluginError } from "./errors.ts";

const KINDS = ["source", "sink", "app"];
const FIELDS = [
  "kind",
  "name",
  "summary",
  "examples",
  "options",
  "topic",
  "backlog",
  "run",
  "write",
];

/** Loads a plugin by its URL (`file:`, `https:`), which a bundled program can do as well. */
export async function importPlugin(url: string, origin: string): Promise<Plugin> {
  let module: unknown;
  try {
    module = await import(url);
  } catch (cause) {
    throw new PluginError(`Cannot load the plugin ${origin}: ${importFailure(cause)}`, { cause });
  }
  return pluginOf(module, origin);
}

function importFailure(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return /Module not found/.test(message) ? "there is no such file" : message;
}

/** The plugin that a module exports, or a {@link PluginError} that says what is wrong with it. */
export function pluginOf(module: unknown, origin: string): Plugin {
  const plugin = (module as { default?: unknown } | null)?.default;
  const fail = (why: string): never => {
    throw new PluginError(`Cannot run the plugin ${origin}: ${why}`);
  };
  if (plugin === undefined) fail(`it has no default export; write "export default { kind: … }"`);
  if (plugin === null || typeof plugin !== "object") {
    fail(`its default export is ${describe(plugin)}, it should be an object`);
  }
  const why = whatIsWrong(plugin as Record<string, unknown>);
  if (why) fail(why);
  return plugin as Plugin;
}

function whatIsWrong(plugin: Record<string, unknown>): string | undefined {
  const { kind, name, summary, options, topic, examples } = plugin;
  if (!KINDS.includes(kind as string)) {
    const near = typeof kind === "string" ? nearest(kind, KINDS) : undefined;
    return `"kind" is ${describe(kind)}, it should be "source", "sink" or "app"` +
      (near ? `; did you mean "${near}"?` : "");
  }
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name)) {
    return `"name" is ${describe(name)}, it should be text like "my-plugin"`;
  }
  if (typeof summary !== "string") {
    return `"summary" is ${describe(summary)}, it should be one line of text`;
  }
  const isSchema = typeof options === "object" && options !== null && "shape" in options;
  if (typeof options !== "function" && !isSchema) {
    return `"options" is ${describe(options)}, it should be (z) => z.object({ … })`;
  }
  if (topic !== undefined && typeof topic !== "string") {
    return `"topic" is ${describe(topic)}, it should be text`;
  }
  if (
    examples !== undefined &&
    !(Array.isArray(examples) && examples.every((line) => typeof line === "string"))
  ) {
    return `"examples" should be a list of command lines`;
  }
  const work = kind === "sink" ? "write" : "run";
  if (typeof plugin[work] !== "function") {
    return `a ${kind} needs a function "${work}", it has ${describe(plugin[work])}`;
  }
  return wrongBacklog(plugin.backlog) ?? unknownField(plugin);
}

function wrongBacklog(backlog: unknown): string | undefined {
  if (backlog === undefined) return undefined;
  const { keep, bytes } = backlog as { keep?: unknown; bytes?: unknown };
  if (keep !== "newest" && keep !== "all") return `"backlog.keep" should be "newest" or "all"`;
  if (bytes !== undefined && !(typeof bytes === "number" && bytes > 0)) {
    return `"backlog.bytes" should be a number of bytes`;
  }
}

/** A field nobody reads is a typing mistake that would otherwise be silent: `exmaples`. */
function unknownField(plugin: Record<string, unknown>): string | undefined {
  const unknown = Object.keys(plugin).find((field) =>
    !FIELDS.includes(field) && !field.startsWith("_")
  );
  const near = unknown && nearest(unknown, FIELDS.filter((field) => !(field in plugin)));
  return near ? `it has "${unknown}"; did you mean "${near}"?` : undefined;
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  return typeof value === "string" ? JSON.stringify(value) : `a ${typeof value}`;
}
