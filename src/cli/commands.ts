/**
 * The table of commands: names and one line each, everything else behind a lazy import. Plugins of
 * ours stand in their own table (`builtin_plugins.ts`) and become commands because their schema
 * says what their flags are.
 */
import { BUILTIN_PLUGINS } from "./builtin_plugins.ts";
import type { CommandEntry } from "./command.ts";

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "demo",
    summary: "A broker, a camera and a live picture in the browser",
    section: "Start here",
    load: async () => await (await import("./demo.ts")).demoCommand(),
  },
  {
    name: "serve",
    summary: "Run a broker",
    section: "Start here",
    load: async () => (await import("./serve.ts")).serveCommand,
  },
  {
    name: "cluster",
    summary: "See how a cluster is, and look after its nodes",
    section: "Work with a cluster",
    load: async () => (await import("./cluster.ts")).clusterCommands,
  },
  {
    name: "topic",
    summary: "Make, list, describe, change and delete topics",
    section: "Work with a cluster",
    load: async () => (await import("./topic.ts")).topicCommands,
  },
  {
    name: "produce",
    summary: "Write lines or files as records",
    section: "Work with a cluster",
    load: async () => (await import("./produce.ts")).produceCommand,
  },
  {
    name: "consume",
    summary: "Read records, from any point, live",
    section: "Work with a cluster",
    load: async () => (await import("./consume.ts")).consumeCommand,
  },
  {
    name: "group",
    summary: "List groups and how far behind they are, move and delete them",
    section: "Work with a cluster",
    load: async () => (await import("./group.ts")).groupCommands,
  },
  {
    name: "quota",
    summary: "Limit users, client ids and addresses",
    section: "Work with a cluster",
    load: async () => (await import("./quota.ts")).quotaCommands,
  },
  {
    name: "metrics",
    summary: "A node's figures, and how near its limits are",
    section: "Work with a cluster",
    load: async () => (await import("./metrics.ts")).metricsCommand,
  },
  ...BUILTIN_PLUGINS.map(({ name, summary, load }): CommandEntry => ({
    name,
    summary,
    section: "Plugins",
    load: async () => {
      const [{ pluginCommand }, module] = await Promise.all([
        import("./plugin_command.ts"),
        load(),
      ]);
      return await pluginCommand(module, { origin: `plugin ${name}` });
    },
  })),
  {
    name: "run",
    summary: "Run a plugin from a file",
    section: "Plugins",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "apis",
    summary: "Kafka's APIs, and what of them is served",
    section: "More",
    load: async () => (await import("./apis.ts")).apisCommand,
  },
  {
    name: "configs",
    summary: "Every setting: its type, its default, and whether it has an effect",
    section: "More",
    load: async () => (await import("./configs.ts")).configsCommand,
  },
  {
    name: "version",
    summary: "Print the version",
    section: "More",
    load: async () => (await import("./version.ts")).versionCommand,
  },
];
