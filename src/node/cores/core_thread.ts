/**
 * One broker in a thread of its own: it is told what to be, tells how it fares, and ends when it is
 * told to. Its log goes to the process, which has the one terminal.
 */
import { untilAborted } from "../../base/mod.ts";
import { BrokerConfig } from "../../config/mod.ts";
import type { Platform, ThreadPort } from "../../platform/mod.ts";
import { startNode } from "../node.ts";
import { leaveNoneBehind } from "./left_behind.ts";
import { type CoreNews, type CoreOrder, type CoreStart, plainError } from "./core_messages.ts";

/** Takes the thread's orders from here on. */
export function runCore(port: ThreadPort<CoreOrder, CoreNews>, platform: Platform): void {
  const stopping = new AbortController();
  port.onOrder((order) => {
    if (order.type === "start") void live(order, { port, platform, signal: stopping.signal });
    else stopping.abort(new DOMException("told to stop", "AbortError"));
  });
}

interface World {
  readonly port: ThreadPort<CoreOrder, CoreNews>;
  readonly platform: Platform;
  readonly signal: AbortSignal;
}

async function live(order: CoreStart, { port, platform, signal }: World): Promise<void> {
  try {
    if (order.ids) leaveNoneBehind(platform.disk, order.dataFolders, order.ids);
    const node = await startNode({
      config: BrokerConfig.from(order.settings),
      dataFolders: order.dataFolders,
      metadataFolder: order.metadataFolder,
      platform,
      log: (level, event, fields) => port.tell({ type: "log", level, event, fields }),
      logLevel: order.logLevel,
      signal,
      onBound: (bound) => port.tell({ type: "bound", bound }),
      onOpening: (progress) => port.tell({ type: "opening", progress }),
    });
    const { clusterId, addresses, metricsAddress } = node;
    port.tell({ type: "ready", clusterId, addresses, metricsAddress });
    const failure = await Promise.race([node.failed, untilAborted(signal)]);
    if (failure) port.tell({ type: "failed", error: plainError(failure) });
    await node.close();
  } catch (error) {
    if (!signal.aborted) port.tell({ type: "failed", error: plainError(error) });
  }
  port.tell({ type: "stopped" });
}
