/**
 * `streamer demo`: the main job in one process. A broker, a camera that publishes pictures to it,
 * and the page that shows them live, until ^C. The camera and the viewer are the same plugins that
 * `streamer camera` and `streamer view` run, and they meet the broker over its socket, as they
 * would from another machine.
 */
import type { LogEvent } from "../base/mod.ts";
import type { ListenerAddress } from "../config/mod.ts";
import type { Command } from "./command.ts";
import { eventPrinter, LOG_FLAGS, nodeEvents } from "./event_printer.ts";
import { CommandError, type Io } from "./io.ts";
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
      "serves a page that shows them live. Pictures are kept in a topic, so the page can go back in time.",
    examples: [
      ["streamer demo", "open http://127.0.0.1:8080"],
      ["streamer demo --source test-pattern", "without a camera"],
      ["streamer demo --http 127.0.0.1:9000 --data /var/tmp/demo", "another port, another folder"],
    ],
    flags: {
      http: view.flags.http,
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
      const platform = await io.platform();
      const status = new StatusLine(io, platform.clock, { asJson: false });
      const say = status.io.say;
      const log = eventPrinter(status.io, platform.clock, values);
      const { startNode } = await import("../node/mod.ts");
      const folders = dataFolders(config, io);
      const events = nodeEvents(status.io, platform.clock, values);
      const node = await startNode({
        config,
        dataFolders: folders,
        metadataFolder: metadataFolder(config, io),
        platform,
        ...events,
      })
        .catch((error) => explainStart(error));
      const brokers = node.addresses.map(reachable).join(",");
      say(`Broker   ${brokers}, data in ${folders.join(", ")}`);
      const stop = new AbortController();
      const end = () => stop.abort(io.signal.reason);
      io.signal.addEventListener("abort", end, { once: true });
      if (io.signal.aborted) end();
      const { topic } = values;
      const shared = { brokers, topic, io, signal: stop.signal, log: telling(say, log) };
      const running: Promise<void>[] = [];
      try {
        await makeTopic(brokers, topic, io);
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
        const failure = await Promise.race([node.failed, ...running]);
        if (failure) throw failure;
      } finally {
        stop.abort();
        await Promise.allSettled(running);
        await node.close();
        status.end();
      }
      say("Stopped, all data is on disk");
    },
  };
}

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
const reachable = ({ host, port }: ListenerAddress) =>
  `${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host}:${port}`;

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
