/** What the decisions about groups share: everything that a coordinator holds. */
import type { GroupConfig } from "./config.ts";
import type { ClassicGroup } from "./group.ts";
import type { Rebalance } from "./rebalance.ts";
import type { GroupRoom } from "./room.ts";
import type { StoredState } from "./stored_state.ts";
import type { GroupTimers } from "./timers.ts";
import type { Weight } from "./weight.ts";

/** Who asks, and when. */
export interface RequestContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly clientId: string | null;
  /** As Java prints an address: `/127.0.0.1`. */
  readonly clientHost: string;
}

export interface Coordination<T> {
  readonly config: GroupConfig;
  /** What the log says. */
  readonly stored: StoredState;
  /** The live groups: all that the log has, and those whose first record is about to be written. */
  readonly groups: Map<string, ClassicGroup<T>>;
  /** Of the members of all of them. */
  readonly weight: Weight;
  /** How much more may be taken in. */
  readonly room: GroupRoom;
  readonly timers: GroupTimers;
  readonly rebalance: Rebalance<T>;
  /** Makes `<prefix>-<uuid>` of a client id or an instance id. */
  readonly newMemberId: (prefix: string) => string;
}
