/**
 * A node that is told to join a cluster, and whose data is that of another one. It would go on in
 * that one, whose voters stand in its log, whatever it was told: so it asks those whom it is to join
 * of which cluster they are. Whoever does not answer says nothing, since a node may be the first of
 * its cluster to come back.
 */
import { WireConnection } from "../../client/mod.ts";
import { ConfigError, parseAddress } from "../../config/mod.ts";
import type { Clock, Network } from "../../platform/mod.ts";
import { DescribeClusterRequest, DescribeClusterResponse } from "../../protocol/mod.ts";

const CONTROLLERS = 2;
const PATIENCE_MS = 2000;
const SERVERS = "controller.quorum.bootstrap.servers";

export interface SameClusterOptions {
  readonly nodeId: number;
  readonly clusterId: string;
  /** As they are set. */
  readonly servers: readonly string[];
  readonly network: Network;
  readonly clock: Clock;
}

/** Throws {@link ConfigError} if one of the servers is of another cluster. */
export async function checkSameCluster(options: SameClusterOptions): Promise<void> {
  const { clock, clusterId, servers } = options;
  const late = new AbortController();
  const timer = clock.after(PATIENCE_MS, () => late.abort(new Error("timed out")));
  try {
    await Promise.all(servers.map(async (server) => {
      const other = await ask(server, options, late.signal).catch(() => undefined);
      if (other === undefined || other === "" || other === clusterId) return;
      const message =
        `Cannot join the cluster ${other} at ${server}: this node's data is that of ` +
        `cluster ${clusterId}; begin with an empty folder, or leave --join (${SERVERS}) out`;
      throw new ConfigError(SERVERS, servers.join(","), "", message);
    }));
  } finally {
    timer.cancel();
    late.abort();
  }
}

async function ask(
  server: string,
  { network, clock, nodeId }: SameClusterOptions,
  signal: AbortSignal,
): Promise<string> {
  const clientId = `quorum-${nodeId}`;
  const wire = await WireConnection.open(parseAddress(server)!, {
    network,
    clock,
    clientId,
    signal,
  });
  signal.addEventListener("abort", () => wire.close(signal.reason), { once: true });
  try {
    const body = { endpointType: CONTROLLERS };
    return (await wire.call(DescribeClusterRequest, DescribeClusterResponse, body)).clusterId;
  } finally {
    wire.close();
  }
}
