/**
 * Which replica a consumer had better read from (KIP-392): with the rack aware selector, one in the
 * consumer's own rack, so that what it reads need not be paid for between racks.
 *
 * A leader knows of its followers how far they are. One that may be read from is in the ISR, alive,
 * and has the offset that the consumer stands at; the leader itself comes first, if it is in the
 * rack, then whoever has most.
 */
import type { Offset } from "../base/mod.ts";
import { RACK_AWARE_SELECTOR } from "../config/mod.ts";
import type { Replica } from "../replication/mod.ts";
import type { Broker } from "./broker.ts";
import { type BrokerEndpoint, brokersOf } from "./cluster_view.ts";

export interface Reader {
  /** Empty when it does not say where it is. */
  readonly rackId: string;
  readonly fetchOffset: Offset;
  /** Where it came in: it must be able to reach the other broker in the same way. */
  readonly listener: string;
}

/** Undefined: the leader, which is asked, is the best there is. */
export function preferredReadReplica(
  broker: Broker,
  replica: Replica,
  { rackId, fetchOffset, listener }: Reader,
): number | undefined {
  if (rackId === "" || replica.leadership === undefined || replica.leadership.isAlone) return;
  if (broker.config.get("replica.selector.class") !== RACK_AWARE_SELECTOR) return;
  const reachable = new Map<number, BrokerEndpoint>(
    brokersOf(broker.image(), listener).map((each) => [each.nodeId, each]),
  );
  const isInRack = (id: number) => reachable.get(id)?.rack === rackId;
  if (isInRack(broker.nodeId)) return;
  let best: { id: number; endOffset: Offset; caughtUpMs: number } | undefined;
  for (const [id, { endOffset, logStartOffset, caughtUpMs }] of replica.leadership.followers()) {
    if (!isInRack(id) || !replica.state.isr.includes(id)) continue;
    if (endOffset < fetchOffset || logStartOffset > fetchOffset) continue;
    const isBetter = best === undefined || endOffset > best.endOffset ||
      (endOffset === best.endOffset && caughtUpMs > best.caughtUpMs);
    if (isBetter) best = { id, endOffset, caughtUpMs };
  }
  return best?.id;
}
