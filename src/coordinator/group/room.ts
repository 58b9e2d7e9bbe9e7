/**
 * How much more the coordinators of a broker may take in, all of them together
 * (`group.coordinator.max.groups`, `group.coordinator.max.bytes`). What is there already, or comes
 * from the log, is never refused; what is new is, as soon as there is no room.
 */
export interface GroupRoom {
  /** Groups that may yet begin. */
  groups(): number;
  /** Bytes that may yet be kept; see `weight.ts`. */
  bytes(): number;
}

export const ENDLESS_ROOM: GroupRoom = { groups: () => Infinity, bytes: () => Infinity };
