/**
 * The public door of streamer: write a plugin, use a client, start a cluster inside your own
 * process.
 *
 * A plugin is one module whose default export says what it is called, what its options are, and
 * what it does; `streamer run ./my_plugin.ts` runs it. `source()`, `sink()` and `app()` only lend
 * their types, so a plugin in an empty folder can leave them out and needs no import at all:
 *
 * ```ts
 * export default {
 *   kind: "source",
 *   name: "ticks",
 *   summary: "A number every second",
 *   topic: "ticks",
 *   options: (z) => z.object({ every: z.number().default(1000).meta({ unit: "ms" }) }),
 *   async *run({ every }, { signal }) {
 *     for (let n = 1; !signal.aborted; n++) {
 *       yield { value: `${n}` };
 *       await new Promise((resolve) => setTimeout(resolve, every));
 *     }
 *   },
 * };
 * ```
 */
import type { EmbeddedCluster, EmbeddedOptions } from "./src/node/mod.ts";
import type { AppPlugin, PluginClient, SinkPlugin, SourcePlugin } from "./src/plugin/contract.ts";

export type * from "./src/plugin/contract.ts";
export { z } from "zod";

/** Lends a source its types; returns it as it is. */
export const source = <Options>(plugin: SourcePlugin<Options>): SourcePlugin<Options> => plugin;
/** Lends a sink its types; returns it as it is. */
export const sink = <Options>(plugin: SinkPlugin<Options>): SinkPlugin<Options> => plugin;
/** Lends an app its types; returns it as it is. */
export const app = <Options>(plugin: AppPlugin<Options>): AppPlugin<Options> => plugin;

/**
 * A client of any Kafka: what plugins get as `context.client`. Connects when it is first used;
 * `close` ends its connections.
 *
 * ```ts
 * const client = await connect({ brokers: "127.0.0.1:9092" });
 * await client.produce([{ topic: "orders", key: "a", value: "hello" }]);
 * for await (const record of client.read("orders", { from: "beginning", until: "end" })) console.log(record);
 * await client.close();
 * ```
 */
export async function connect(
  options: { brokers: string; clientId?: string },
): Promise<PluginClient & { close(): Promise<void> }> {
  const [client, platform] = await Promise.all([
    import("./src/client/mod.ts"),
    import("./src/platform/deno/mod.ts"),
  ]);
  return client.connect({ ...options, platform: platform.denoPlatform() });
}

/**
 * A real cluster in this process, on a free port of the loopback; what a test of yours wants. Its
 * data is in memory unless `data` names a folder.
 *
 * ```ts
 * const cluster = await startCluster({ settings: { "num.partitions": "3" } });
 * const kafka = new Kafka({ brokers: [cluster.brokers] }); // any client
 * await cluster.close();
 * ```
 *
 * With several brokers it is a cluster of so many nodes, with three replicas of everything;
 * one can be stopped and started again while clients go on:
 *
 * ```ts
 * const cluster = await startCluster({ brokers: 3 });
 * await cluster.nodes[0].stop(); // what was acknowledged is still there
 * await cluster.nodes[0].start();
 * await cluster.close();
 * ```
 */
export async function startCluster(options: EmbeddedOptions = {}): Promise<EmbeddedCluster> {
  const { startEmbedded } = await import("./src/node/mod.ts");
  return await startEmbedded(options);
}
