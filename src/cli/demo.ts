/**
 * `streamer demo`: the main job in one process. A broker, a camera that publishes pictures to it, and the page that
 * shows them live, until ^C. The camera and the viewer are the same plugins that `streamer camera` and
 * `streamer view` run, and they meet the broker over its socket, as they would from another machine.
 */
import type { ListenerAddress } from "../config/mod.ts";
import { command } from "./command.ts";
import { eventPrinter, LOG_FLAGS } from "./event_printer.ts";
import { CommandError } from "./io.ts";
import { address, dataFolders, explainStart, NODE_FLAGS, nodeConfig } from "./node_settings.ts";
import { startPlugin } from "./plugin_command.ts";

/** A day of pictures or 1 GiB, whichever is less: a demo that was forgotten does not fill a Pi's card. */
const PICTURE_TOPIC_CONFIGS = {
  "retention.ms": "86400000",
  "retention.bytes": "1073741824",
  "segment.bytes": "67108864",
};

export const demoCommand = command({
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
    http: {
      type: "string",
      value: "HOST:PORT",
      default: "127.0.0.1:8080",
      help: "Address of the page",
    },
    topic: { type: "string", default: "pictures", help: "Where the pictures go" },
    source: {
      type: "string",
      default: "auto",
      help: "Where pictures come from; see streamer camera --help",
    },
    ...NODE_FLAGS,
    ...LOG_FLAGS,
    "log-level": { ...LOG_FLAGS["log-level"], default: "warn" },
  },
  async run({ values, io }) {
    address("--http", values.http);
    const config = await nodeConfig(values, {}, io);
    const platform = await io.platform();
    const { startNode } = await import("../node/mod.ts");
    const folders = dataFolders(config, io);
    const log = eventPrinter(io, platform.clock, values);
    const node = await startNode({ config, dataFolders: folders, platform, log }).catch(
      explainStart,
    );
    const brokers = node.addresses.map(reachable).join(",");
    io.say(`Broker   ${brokers}, data in ${folders.join(", ")}`);
    const stop = new AbortController();
    const end = () => stop.abort(io.signal.reason);
    io.signal.addEventListener("abort", end, { once: true });
    if (io.signal.aborted) end();
    const shared = { brokers, topic: values.topic, io, signal: stop.signal };
    const running: Promise<void>[] = [];
    try {
      await makeTopic(brokers, values.topic, io);
      const viewer = await startPlugin("view", { http: values.http }, shared);
      running.push(viewer.finished);
      await Promise.race([viewer.ready, viewer.finished]);
      io.say(`Page     http://${values.http}`);
      const camera = await startPlugin("camera", { source: values.source }, shared);
      running.push(camera.finished);
      io.say(
        `Stop with ^C. The camera's topic is "${values.topic}"; try: streamer consume ${values.topic} --brokers ${brokers}`,
      );
      const failure = await Promise.race([node.failed, ...running]);
      if (failure) throw failure;
    } finally {
      stop.abort();
      await Promise.allSettled(running);
      await node.close();
    }
    io.say("Stopped, all data is on disk");
  },
});

/** Our own way in: who listens on all addresses is met on this machine's own. */
const reachable = ({ host, port }: ListenerAddress) =>
  `${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host}:${port}`;

async function makeTopic(
  brokers: string,
  topic: string,
  io: Parameters<typeof eventPrinter>[0],
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
