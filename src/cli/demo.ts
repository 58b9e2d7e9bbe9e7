/**
 * `streamer demo`: the main job in one process. A broker, a camera that publishes pictures to it,
 * and the page that shows them live, until ^C. The camera and the viewer are the same plugins that
 * `streamer camera` and `streamer view` run, and they meet the broker over its socket, as they
 * would from another machine.
 */
import type { LogEvent } from "../base/mod.ts";
import type { BrokerConfig } from "../config/mod.ts";
import type { NodeGroup, NodePlan } from "../node/mod.ts";
import type { NetworkAddress, Platform } from "../platform/mod.ts";
import type { Command } from "./command.ts";
import { eventPrinter, LOG_FLAGS, nodeEvents } from "./event_printer.ts";
import type { FlagValues } from "./flags.ts";
import { CommandError, type Io, UsageError } from "./io.ts";
import {
  dataFolders,
  explainStart,
  metadataFolder,
  NODE_FLAGS,
  nodeConfig,
} from "./node_settings.ts";
import { builtinPlugin } from "./plugin_command.ts";
import { StatusLine } from "./status_line.ts";
import { withoutControls } from "./table.ts";

/**
 * A day of pictures or 1 GiB, whichever is less: a demo that was forgotten does not fill a Pi's
 * card.
 */
const PICTURE_TOPIC_CONFIGS = {
  "retention.ms": "86400000",
  "retention.bytes": "1073741824",
  "segment.bytes": "67108864",
};

/** The command; the camera's options are its flags too, and so is the page's address. */
export async function demoCommand(): Promise<Command> {
  const [camera, view] = await Promise.all([builtinPlugin("camera"), builtinPlugin("view")]);
  return {
    name: "demo",
    summary: "A broker, a camera and a live picture in the browser",
    description:
      "Starts a broker, publishes pictures from the best camera that this machine has (or a test pattern), and " +
      "serves a page that shows them live. Pictures are kept in a topic, so the page can go back in time.\n\n" +
      "With --brokers 3 it is a cluster of three nodes with a copy of everything on each. Its page has a button " +
      "for each node: stop one, start it again, and see the picture go on. Typing a node's number does the " +
      "same, and so does curl -X POST http://127.0.0.1:8081/nodes/2/stop.",
    examples: [
      ["streamer demo", "open http://127.0.0.1:8080"],
      ["streamer demo --brokers 3", "a cluster, of which any node may go: http://127.0.0.1:8081"],
      ["streamer demo --source test-pattern", "without a camera"],
      ["streamer demo --http 127.0.0.1:9000 --data /var/tmp/demo", "another port, another folder"],
    ],
    flags: {
      http: view.flags.http,
      brokers: {
        type: "integer",
        default: 1,
        min: 1,
        max: 9,
        help: "How many nodes; two ports behind --listen for three, and so on",
      },
      "nodes-port": {
        type: "integer",
        min: 1,
        max: 65_535,
        help: "The port of the page with the nodes (default: the one behind --http)",
      },
      topic: { ...view.flags.topic, help: "Where the pictures go" },
      ...camera.flags,
      ...NODE_FLAGS,
      ...LOG_FLAGS,
      "log-level": { ...LOG_FLAGS["log-level"], default: "warn" },
    },
    async run({ values, given, io }) {
      // All that can be wrong with the command line is found before anything is started.
      const options = {
        camera: camera.optionsFrom(values, given),
        view: view.optionsFrom(values, given),
      };
      const config = await nodeConfig(values, io);
      if (config.isSet("node.cores")) {
        throw new UsageError(
          "node.cores has no effect on a demo",
          "Run several nodes by --brokers N, or a broker a core by streamer serve --cores N",
        );
      }
      const platform = await io.platform();
      const status = new StatusLine(io, platform.clock, { asJson: false });
      const say = status.io.say;
      const log = eventPrinter(status.io, platform.clock, values);
      const { log: nodeLog, logLevel } = nodeEvents(status.io, platform.clock, values);
      const { NodeGroup } = await import("../node/mod.ts");
      const plans = await plansOf(values, { config, io, platform });
      const isCluster = plans.length > 1;
      const failed = Promise.withResolvers<Error>();
      const group = await NodeGroup.start({
        plans,
        log: (id) => isCluster ? of(id, nodeLog) : nodeLog,
        logLevel,
        signal: io.signal,
        onChange({ id, state, error }) {
          if (isCluster && state !== "running") say(`Node ${id} is ${state}${reason(error)}`);
          else if (isCluster) say(`Node ${id} runs`);
          else if (error !== undefined) failed.resolve(error);
        },
      }).catch((error) => explainStart(error));
      const brokers = group.nodes.map(({ address }) => reachable(address)).join(",");
      const folders = plans.flatMap(({ dataFolders }) => dataFolders);
      say(`${isCluster ? "Brokers " : "Broker  "} ${brokers}, data in ${folders.join(", ")}`);
      const stop = new AbortController();
      const end = () => stop.abort(io.signal.reason);
      io.signal.addEventListener("abort", end, { once: true });
      if (io.signal.aborted) end();
      const { topic } = values;
      const shared = { brokers, topic, io, signal: stop.signal, log: telling(say, log) };
      const running: Promise<void>[] = [];
      let nodes: { close(): Promise<void> } | undefined;
      try {
        await makeTopic(brokers, topic, io);
        if (isCluster) nodes = await showNodes(values, { group, brokers, platform, log, say, io });
        const facts = new DemoStatus(status, io);
        const onPage = Promise.withResolvers<void>();
        running.push(view.start(options.view, {
          ...shared,
          onStatus(now) {
            onPage.resolve(); // it tells a status once it listens
            facts.tell({ watchers: now.watchers });
          },
        }));
        await Promise.race([onPage.promise, ...running]);
        running.push(camera.start(options.camera, {
          ...shared,
          onStatus: ({ fps = 0, published, tooLarge, broken, restarts, lost }) =>
            facts.tell({ fps, published, tooLarge, broken, restarts, lost }),
        }));
        say(
          `Stop with ^C. The camera's topic is "${topic}"; try: streamer consume ${topic} --brokers ${brokers}`,
        );
        const failure = await Promise.race([failed.promise, ...running]);
        if (failure) throw failure;
      } finally {
        stop.abort();
        await Promise.allSettled(running);
        await nodes?.close();
        await group.close();
        status.end();
      }
      say("Stopped, all data is on disk");
    },
  };
}

interface Values extends FlagValues<typeof NODE_FLAGS> {
  brokers: number;
  http: string | undefined;
  "nodes-port": number | undefined;
}

/** One node as `serve` would have it, or several whose ports and folders stand side by side. */
async function plansOf(
  values: Values,
  { config, io, platform }: { config: BrokerConfig; io: Io; platform: Platform },
): Promise<NodePlan[]> {
  const { brokers } = values;
  if (brokers === 1) {
    return [{
      id: config.get("node.id"),
      settings: config.fixed,
      dataFolders: dataFolders(config, io),
      metadataFolder: metadataFolder(config, io),
      platform,
    }];
  }
  for (const flag of ["advertise", "metrics-listen"] as const) {
    if (values[flag]) {
      throw new UsageError(`--${flag} is of one node, and --brokers ${brokers} has more`);
    }
  }
  const { clusterOf, freePorts } = await import("../node/mod.ts");
  const [{ host, port }] = config.get("listeners");
  const free = freePorts(platform.network, "127.0.0.1", 2 * brokers);
  const ports = Array.from({ length: brokers }, (_, index) => ({
    client: port === 0 ? free[index] : port + index,
    controller: free[brokers + index],
  }));
  const { listeners: _, ...settings } = Object.fromEntries(config.fixed);
  const told = isEverywhere(host) ? platform.process.hostName() : undefined;
  return clusterOf(host, ports, settings).map((each, index) => {
    if (told !== undefined) {
      each.set("advertised.listeners", `PLAINTEXT://${told}:${ports[index].client}`);
    }
    // Beside a lone node's folder and not within it, where it would look like a partition.
    const folders = dataFolders(config, io).map((folder) => `${folder}-node-${index + 1}`);
    return { id: index + 1, settings: each, dataFolders: folders, platform };
  });
}

/** The page with the nodes, and their numbers as commands. */
async function showNodes(
  values: Values,
  { group, brokers, platform, log, say, io }: {
    group: NodeGroup;
    brokers: string;
    platform: Platform;
    log: LogEvent;
    say: (line: string) => void;
    io: Io;
  },
): Promise<{ close(): Promise<void> }> {
  const [{ connect }, { DemoNodes }] = await Promise.all([
    import("../client/mod.ts"),
    import("./demo_nodes.ts"),
  ]);
  const [, host, port] = /^(.*):(\d+)$/.exec(values.http ?? "127.0.0.1:8080")!;
  const picture = `http://${isEverywhere(host) ? "127.0.0.1" : host}:${port}/`;
  const client = connect({ brokers, platform });
  const nodes = await DemoNodes.open({
    group,
    client,
    platform,
    log,
    say,
    port: values["nodes-port"] ?? Number(port) + 1,
    picture,
  });
  nodes.listenTo(io).catch((error) => log("warn", "cannot read commands", { error: `${error}` }));
  say(`Nodes    ${nodes.page} (or type a node's number and Enter to stop or start it)`);
  return {
    async close() {
      nodes.close();
      await client.close();
    },
  };
}

/** The node's log, with its id in each line. */
const of = (id: number, log: LogEvent): LogEvent => (level, event, fields) =>
  log(level, event, { node: id, ...fields });

const reason = (error: Error | undefined) => error === undefined ? "" : `: ${error.message}`;

const isEverywhere = (host: string) => host === "" || host === "0.0.0.0" || host === "::";

/**
 * What a person has to know is said whatever the level of the log: where the page is, and which
 * camera it shows.
 */
function telling(say: (line: string) => void, log: LogEvent): LogEvent {
  return (level, event, fields = {}) => {
    if (event === "viewer ready") say(`Page     ${fields.page}`);
    else if (event === "camera chosen") {
      const { source, why, passedBy } = fields;
      say(withoutControls(`Camera   ${source}: ${why}${passedBy ? ` (${passedBy})` : ""}`));
    } else log(level, event, fields);
  };
}

type Facts = Record<string, string | number | boolean>;

/**
 * One line in a terminal: how it goes, and of what can go wrong only what did. Elsewhere nothing is
 * said.
 */
class DemoStatus {
  readonly #line: StatusLine;
  readonly #isShown: boolean;
  readonly #facts: Facts = { fps: 0, published: 0, watchers: 0 };

  constructor(line: StatusLine, { isErrTerminal }: Io) {
    this.#line = line;
    this.#isShown = isErrTerminal;
  }

  tell(facts: Facts): void {
    Object.assign(this.#facts, facts);
    if (!this.#isShown) return;
    const { fps, published, watchers, ...troubles } = this.#facts;
    const met = Object.entries(troubles).filter(([, count]) => Number(count) > 0);
    this.#line.show({ fps, published, watchers, ...Object.fromEntries(met) });
  }
}

/** Our own way in: who listens on all addresses is met on this machine's own. */
const reachable = ({ host, port }: NetworkAddress) =>
  `${isEverywhere(host) ? "127.0.0.1" : host}:${port}`;

async function makeTopic(
  brokers: string,
  topic: string,
  io: Io,
): Promise<void> {
  const { connect } = await import("../client/mod.ts");
  const client = connect({ brokers, platform: await io.platform() });
  try {
    await client.ensureTopic(topic, { partitions: 1, configs: PICTURE_TOPIC_CONFIGS });
  } catch (error) {
    throw new CommandError(
      `Cannot make the topic ${topic}: ${(error as Error).message}`,
      undefined,
      { cause: error },
    );
  } finally {
    await client.close();
  }
}
