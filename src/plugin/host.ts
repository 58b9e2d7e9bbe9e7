/**
 * Runs a plugin: hands it a context, and does for its kind what the contract promises.
 *
 * The host knows no client, terminal or clock; whoever starts it hands them in (`HostWorld`), so
 * that the same host serves the command line, a test, and later the console. It ends when the
 * plugin has ended or the signal has fired, and then within a bound: a plugin that does not listen
 * to its signal is left behind.
 */
import type { Clock } from "../platform/mod.ts";
import type {
  AppPlugin,
  IncomingRecord,
  Plugin,
  PluginClient,
  PluginContext,
  SinkPlugin,
} from "./contract.ts";
import { PluginError } from "./errors.ts";
import { runSource } from "./source_host.ts";

/** What the host needs of a client beyond what plugins get. */
export interface HostClient extends PluginClient {
  /**
   * Reads as a member of a group until the signal fires; `write` gets the records of one partition
   * in order, and their offsets are committed once it has returned. Rejects with what `write`
   * threw.
   */
  consume(options: {
    groupId: string;
    topic: string;
    /** Where a group begins that has committed nothing. */
    from: "beginning" | "end";
    signal: AbortSignal;
    write(records: IncomingRecord[]): Promise<void>;
  }): Promise<void>;
}

/** What is handed to the host of one plugin. */
export interface HostWorld {
  client: HostClient;
  clock: Clock;
  signal: AbortSignal;
  log: PluginContext["log"];
  /** The facts of `context.status` with the host's own counts; called when they change. */
  status(facts: Record<string, string | number | boolean>): void;
  /** Where a source's records go and a sink's come from. */
  topic?: string;
  /** A sink's group and where it begins. */
  groupId?: string;
  from?: "beginning" | "end";
}

/**
 * How long a plugin may take to end after its signal, and a source's last records to be
 * acknowledged.
 */
export const GRACE_MS = 5000;
/** Tries of one batch in a sink, with growing pauses between. */
const WRITE_TRIES = 5;

/** Runs the plugin to its end. Rejects with {@link PluginError} when it failed. */
export async function runPlugin(plugin: Plugin, options: unknown, world: HostWorld): Promise<void> {
  if (plugin.kind === "source") return await runSource(plugin, options, world);
  if (plugin.kind === "sink") return await runSink(plugin, options, world);
  return await runApp(plugin, options, world);
}

/** The part of a context that all kinds have. */
export function contextOf(world: HostWorld): PluginContext {
  const { signal, log, client } = world;
  const facts: Record<string, string | number | boolean> = {};
  return { signal, log, client, status: (changed) => world.status(Object.assign(facts, changed)) };
}

async function runApp(plugin: AppPlugin, options: unknown, world: HostWorld): Promise<void> {
  await withinGrace(world, calling(plugin, () => plugin.run(options, contextOf(world))));
}

async function runSink(plugin: SinkPlugin, options: unknown, world: HostWorld): Promise<void> {
  const { client, topic, groupId = `streamer-${plugin.name}`, from = "beginning", signal } = world;
  if (!topic) {
    throw new PluginError(`Cannot run the plugin ${plugin.name}: it has no topic to read`);
  }
  const context = contextOf(world);
  let written = 0;
  const write = async (records: IncomingRecord[]) => {
    await trying(plugin, world, () => plugin.write(records, options, context));
    written += records.length;
    context.status({ written });
  };
  await withinGrace(world, client.consume({ groupId, topic, from, signal, write }));
}

/**
 * A batch is tried again a few times: most of what sinks write to is away for seconds, not for
 * good.
 */
async function trying(
  plugin: SinkPlugin,
  world: HostWorld,
  write: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1;; attempt++) {
    try {
      return await calling(plugin, write);
    } catch (error) {
      if (attempt === WRITE_TRIES || world.signal.aborted) throw error;
      const pauseMs = 200 * 2 ** (attempt - 1);
      world.log("warn", "write failed, trying again", { error: String(error), pauseMs });
      await world.clock.sleep(pauseMs, world.signal);
    }
  }
}

/**
 * Calls into the plugin; what it throws becomes a {@link PluginError}, but for the signal's own
 * reason.
 */
export async function calling<T>(plugin: Plugin, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    if (cause instanceof PluginError || (cause instanceof Error && cause.name === "AbortError")) {
      throw cause;
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError(`The plugin ${plugin.name} failed: ${why}`, { cause });
  }
}

/** Waits for the work, but after the signal only so long. An end by the signal is no failure. */
export async function withinGrace(
  { signal, clock, log }: HostWorld,
  work: Promise<void>,
  graceMs = GRACE_MS,
): Promise<void> {
  const patience = new AbortController();
  const late = new Promise<"late">((resolve) => {
    const start = () => clock.after(graceMs, () => resolve("late"));
    let timer = signal.aborted ? start() : undefined;
    const onAbort = () => timer ??= start();
    signal.addEventListener("abort", onAbort, { once: true, signal: patience.signal });
    patience.signal.addEventListener("abort", () => timer?.cancel());
  });
  try {
    const end = await Promise.race([work, late]);
    if (end === "late") log("warn", "plugin did not stop in time", { graceMs });
  } catch (error) {
    if (!signal.aborted || error instanceof PluginError) throw error;
  } finally {
    patience.abort();
  }
}
