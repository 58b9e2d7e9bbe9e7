/**
 * A plugin as a command: its options are flags, what it says is printed, and the host does the
 * rest. Ours and anyone's go through here, and so does `demo`, which runs two of ours in its own
 * process ({@link builtinPlugin}).
 */
import type { LogEvent } from "../base/mod.ts";
import type { Clock } from "../platform/mod.ts";
import {
  type HostWorld,
  optionsOf,
  type Plugin,
  pluginOf,
  PluginOptionError,
  runPlugin,
} from "../plugin/mod.ts";
import { BUILTIN_PLUGINS } from "./builtin_plugins.ts";
import { BROKERS_FLAG, type Command, type CommandCall, JSON_FLAG } from "./command.ts";
import { eventPrinter, LOG_FLAGS } from "./event_printer.ts";
import type { Flags } from "./flags.ts";
import { CommandError, type Io, UsageError } from "./io.ts";
import { StatusLine } from "./status_line.ts";
import { withClient } from "./with_client.ts";

const HOST_FLAGS = {
  ...BROKERS_FLAG,
  ...JSON_FLAG,
  "log-level": LOG_FLAGS["log-level"],
} as const satisfies Flags;

/** The flags that the host itself has for a plugin of this kind. */
function hostFlags(plugin: Plugin): Flags {
  if (plugin.kind === "app") return {};
  const help = plugin.kind === "source" ? "Where the records go" : "Where the records come from";
  const topic: Flags = {
    topic: {
      type: "string",
      short: "t",
      help,
      ...(plugin.topic ? { default: plugin.topic } : { required: true }),
    },
  };
  if (plugin.kind === "source") return topic;
  return {
    ...topic,
    group: {
      type: "string",
      short: "g",
      default: `streamer-${plugin.name}`,
      help: "The group to read as a member of",
    },
    from: {
      type: "string",
      choices: ["beginning", "end"],
      default: "beginning",
      help: "Where a group begins that is new",
    },
  };
}

/**
 * The command that runs the plugin which the module exports. `name` is how it is called, if not by
 * its own name.
 */
export async function pluginCommand(
  module: unknown,
  { origin, name }: { origin: string; name?: string },
): Promise<Command> {
  const plugin = pluginOf(module, origin);
  const ofHost = hostFlags(plugin);
  const reserved = [...Object.keys({ ...HOST_FLAGS, ...ofHost }), "help"];
  const options = await optionsOf(plugin, reserved);
  const flags: Flags = { ...BROKERS_FLAG, ...ofHost, ...options.flags, ...HOST_FLAGS };
  return {
    name: name ?? plugin.name,
    summary: plugin.summary,
    examples: (plugin.examples ?? []).map((line) => [line, ""] as const),
    flags,
    // What the flags are is known at run time only, and so are the types of their values.
    async run({ values, given, io }: CommandCall<any>) {
      const chosen = orUsageError(() => options.fromFlags(typed(values, given)));
      const { clock } = await io.platform();
      const status = new StatusLine(io, clock, { asJson: values.json });
      const log = eventPrinter(status.io, clock, {
        "log-level": values["log-level"],
        "log-json": values.json,
      });
      try {
        await runWith({ values, io }, plugin, chosen, {
          clock,
          log,
          signal: io.signal,
          status: (facts) => status.show(facts),
          topic: values.topic,
          groupId: values.group,
          from: values.from,
        });
      } finally {
        status.end();
      }
    },
  };
}

interface RunOptions extends Omit<HostWorld, "client" | "log"> {
  clock: Clock;
  log: LogEvent;
}

async function runWith(
  call: { values: { brokers: string }; io: Io },
  plugin: Plugin,
  options: unknown,
  world: RunOptions,
): Promise<void> {
  await withClient({ ...call, log: world.log }, async (client) => {
    const log: HostWorld["log"] = (level, event, fields) => world.log(level, event, plain(fields));
    await runPlugin(plugin, options, { ...world, log, client });
  });
}

/** A plugin's fields are anything; a log line's are not. */
function plain(fields: Record<string, unknown> = {}): Parameters<LogEvent>[2] {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (value instanceof Error) return [name, value.message];
      return [
        name,
        typeof value === "object" && value !== null ? JSON.stringify(value) : value as string,
      ];
    }),
  );
}

/** What the schema refuses is a command line that makes no sense: exit code 2. */
function orUsageError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof PluginOptionError) throw new UsageError(error.message);
    throw error;
  }
}

/** One of ours, to be run beside something else in this process. */
export interface BuiltinPlugin {
  /** Its options, as flags of the command that runs it. */
  flags: Flags;
  /** Its options from those flags that were typed. Throws a {@link UsageError}. */
  optionsFrom(values: Readonly<Record<string, unknown>>, given: ReadonlySet<string>): unknown;
  /** Runs it until the signal fires; resolves when it has ended, rejects when it failed. */
  start(options: unknown, world: StartOptions): Promise<void>;
}

export interface StartOptions {
  brokers: string;
  topic: string;
  io: Io;
  signal: AbortSignal;
  log: LogEvent;
  onStatus: HostWorld["status"];
}

/** The plugin of ours by this name. */
export async function builtinPlugin(name: string): Promise<BuiltinPlugin> {
  const builtin = BUILTIN_PLUGINS.find((plugin) => plugin.name === name);
  if (!builtin) throw new CommandError(`There is no plugin ${name}`);
  const plugin = pluginOf(await builtin.load(), `plugin ${name}`);
  const options = await optionsOf(plugin, []);
  return {
    flags: options.flags,
    optionsFrom: (values, given) => orUsageError(() => options.fromFlags(typed(values, given))),
    async start(chosen, { brokers, io, onStatus, ...world }) {
      const { clock } = await io.platform();
      const shared = { ...world, clock, status: onStatus };
      await runWith({ values: { brokers }, io }, plugin, chosen, shared);
    },
  };
}

/** The flags that were typed: defaults are the schema's own matter. */
function typed(values: Readonly<Record<string, unknown>>, given: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(values).filter(([flag]) => given.has(flag)));
}
