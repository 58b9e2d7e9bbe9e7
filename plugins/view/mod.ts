/**
 * `streamer view`: the pictures of a topic in the browser. All cameras in a grid, one large with a
 * bar to go back in time, and streams and snapshots that any page can embed. It reads without a
 * group and leaves nothing behind in the cluster; any Kafka will do.
 */

import { app, type PluginContext } from "../../mod.ts";
import { LiveReading } from "./live.ts";
import { addressOf, isLoopback, options, type ViewOptions } from "./options.ts";
import { ViewServer } from "./server.ts";
import { Wall } from "./wall.ts";

export default app<ViewOptions>({
  kind: "app",
  name: "view",
  summary: "Show the pictures of a topic in the browser, live and from the past",
  examples: [
    "streamer view --brokers 127.0.0.1:9092",
    "streamer view --topic pictures --http 127.0.0.1:8081",
    "streamer view --brokers pi.local:9092 --http 0.0.0.0:8080",
  ],
  topic: "pictures",
  options,
  run: view,
});

async function view(options: ViewOptions, context: PluginContext): Promise<void> {
  const { topic, http } = options;
  const { client } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const wall = new Wall({ maxCameras: options.maxCameras, silentAfterMs: options.silentAfter });
  const live = new LiveReading({ client, topic, wall });
  const server = new ViewServer({ ...options, client, wall, live, signal });

  const listening = listen(http, server, context);
  live.onChange = (broker) => {
    context.log(broker.state === "disconnected" ? "warn" : "info", `brokers ${broker.state}`, {
      topic,
      ...(broker.reason && { reason: broker.reason }),
    });
    server.tellState();
  };
  const tell = () =>
    context.status({
      page: listening.page,
      cameras: wall.ids.length,
      frames: wall.counts.frames,
      watchers: server.watchers,
      brokers: live.broker.state,
    });
  tell();
  const beat = setInterval(tell, 1000);
  try {
    await live.run(signal);
  } finally {
    clearInterval(beat);
    stop.abort();
    await listening.close();
  }
}

interface Listening {
  page: string;
  close(): Promise<void>;
}

/** Begins to serve; throws when the address is not to be had. */
function listen(http: string, server: ViewServer, { log }: PluginContext): Listening {
  const { host, port } = addressOf(http);
  let listener: Deno.HttpServer<Deno.NetAddr>;
  try {
    const onListen = () => {};
    listener = Deno.serve({ hostname: host, port, onListen }, (request) => server.answer(request));
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new Error(
        `Cannot serve the page on ${http}: the port is taken; choose another with --http ${
          host.includes(":") ? `[${host}]` : host
        }:${port + 1}`,
        { cause },
      );
    }
    throw new Error(`Cannot serve the page on ${http}: ${(cause as Error).message}`, { cause });
  }
  if (!isLoopback(host)) {
    log("warn", "page is open to the network", {
      http,
      advice: "whoever reaches this address sees the pictures; there is no password",
    });
  }
  const bound = host.includes(":") ? `[${host}]` : host === "0.0.0.0" ? "127.0.0.1" : host;
  const page = `http://${bound}:${listener.addr.port}/`;
  log("info", "viewer ready", { page });
  return { page, close: () => closeSoon(listener) };
}

/** Answers that are on their way may end; whoever does not take them is not waited for. */
async function closeSoon(listener: Deno.HttpServer): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, 1500));
  await Promise.race([listener.shutdown(), patience]);
  clearTimeout(timer);
}
