/** `streamer serve`: one node, broker and controller, in the foreground until ^C or SIGTERM. */
import { untilAborted } from "../base/mod.ts";
import type { Clock } from "../platform/mod.ts";
import { CLUSTER_FLAGS } from "./cluster_flags.ts";
import { command } from "./command.ts";
import { LOG_FLAGS, nodeEvents } from "./event_printer.ts";
import { CommandError } from "./io.ts";
import {
  dataFolders,
  explainStart,
  NODE_FLAGS,
  nodeConfig,
  shownAddress,
} from "./node_settings.ts";
import { OpeningBar } from "./opening_bar.ts";
import { coresOf, serveCores, serveNode } from "./serve_cores.ts";
import { VERSION } from "./version.ts";

/** Most who start programs for others give them 30 s to end. */
const STOP_WITHIN_MS = 25_000;

export const serveCommand = command({
  name: "serve",
  summary: "Run a broker",
  description:
    "Starts one node, broker and controller in one process, and keeps its data. Every setting of a Kafka " +
    "server.properties is known under its name: in a file (--config), or one by one (--set).\n\n" +
    "Without a word of others it is a cluster of its own. Several nodes are one cluster when all have the " +
    "same list of controllers (--voters), or when one begins it (--new-cluster) and the others join it " +
    "(--join). A node that is told to join takes the cluster's id from it; one whose data belongs to another " +
    "cluster does not start. A lone node's data becomes a cluster's when it is started with " +
    "--controller-listen and --new-cluster, and then once: streamer cluster features --upgrade " +
    "kraft.version=1.\n\n" +
    "With --cores the process runs several brokers, each on a processor core of its own, with the ids and " +
    "ports behind this node's, and data in cores/ID within its folders. They are one rack, by default " +
    "the machine's name, so that replicas of a partition never share a machine as long as there are " +
    "enough machines; only the first is a controller. One that fails by a fault of its own is started " +
    "again, and the others go on. More of them can be had at any later start; fewer, once the last ones " +
    "are drained.\n\n" +
    "The first ^C or SIGTERM stops it: requests under way are answered, all is put on disk, and it ends " +
    `with 0; after ${
      STOP_WITHIN_MS / 1000
    } s it ends as it is, with 1. A second one ends it at once, with ` +
    "130 or 143. Nothing acknowledged is lost either way; the next start then takes longer.",
  examples: [
    ["streamer serve", "a broker on 127.0.0.1:9092, data in ./streamer-data"],
    ["streamer serve --config server.properties", "with Kafka's own settings file"],
    ["streamer serve --set log.retention.hours=24", "forget records after a day"],
    ["streamer serve --metrics-listen 127.0.0.1:9464", "with figures for Prometheus"],
    [
      "streamer serve --listen 0.0.0.0:9092 --advertise pi.local:9092 --allow-anyone",
      "for a whole home network",
    ],
    ["streamer serve --cores auto", "a broker on each processor core, on ports from 9092"],
    [
      "streamer serve --node-id 1 --listen a:9092 --controller-listen a:9093 --voters 1@a:9093,2@b:9093,3@c:9093 --allow-anyone",
      "one of three that know each other from the start",
    ],
    [
      "streamer serve --node-id 1 --listen a:9092 --controller-listen a:9093 --new-cluster --allow-anyone",
      "the first of a cluster that grows …",
    ],
    [
      "streamer serve --node-id 4 --listen d:9092 --controller-listen d:9093 --join a:9093 --allow-anyone",
      "… and one that joins it",
    ],
  ],
  flags: {
    config: { type: "string", value: "FILE", help: "A Kafka server.properties" },
    ...NODE_FLAGS,
    ...CLUSTER_FLAGS,
    ...LOG_FLAGS,
  },
  async run({ values, io }) {
    const config = await nodeConfig(values, io);
    const platform = await io.platform();
    const cores = coresOf(config, io);
    io.say(`streamer ${VERSION}, data in ${dataFolders(config, io).join(", ")}`);
    const began = platform.clock.monotonic();
    const bar = new OpeningBar(io, platform.clock);
    const options = { config, io, platform, bar, ...nodeEvents(bar.io, platform.clock, values) };
    const served = await (cores === undefined ? serveNode(options) : serveCores(options, cores))
      .finally(() => bar.end())
      .catch((error) => {
        if (io.signal.aborted && error === io.signal.reason) return undefined;
        return explainStart(error, config);
      });
    if (served === undefined) return io.say("Stopped before it was ready");
    const took = Math.round(platform.clock.monotonic() - began);
    const addresses = served.addresses.map(shownAddress).join(", ");
    io.say(`Ready on ${addresses} after ${took} ms: ${served.who}. Stop with ^C.`);
    const figures = served.figures.map((at) => `http://${shownAddress(at)}/metrics`);
    if (figures.length > 0) io.say(`Figures on ${figures.join(", ")}`);
    const failure = await Promise.race([served.failed, untilAborted(io.signal)]);
    const isStopped = await withinBound(served.close(), platform.clock);
    if (failure) throw failure;
    if (!isStopped) {
      throw new CommandError(
        `Not stopped within ${STOP_WITHIN_MS / 1000} s: ended as it is`,
        "Nothing acknowledged is lost; the next start reads what was written last",
      );
    }
    io.say("Stopped, all data is on disk");
  },
});

/** False when it takes too long. */
async function withinBound(closing: Promise<void>, clock: Clock): Promise<boolean> {
  const timeUp = new AbortController();
  const late = clock.sleep(STOP_WITHIN_MS, timeUp.signal).then(() => false, () => true);
  try {
    return await Promise.race([closing.then(() => true), late]);
  } finally {
    timeUp.abort();
  }
}
