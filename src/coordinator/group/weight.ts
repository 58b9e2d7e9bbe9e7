/**
 * What clients make a coordinator keep, in bytes of memory, roughly: what members say of
 * themselves, ids that were handed out, records, offsets. Not exact, but it grows as they do, and a
 * bound on it is a bound on them.
 */
import type { MemberProtocol } from "./protocol_choice.ts";

/** A member around what it says of itself: ids, its parked request, its timers. */
const MEMBER_BYTES = 1000;
/** An id that was handed out and did not come back yet, with its timer. */
export const PENDING_MEMBER_BYTES = 300;
/** A committed offset around its metadata. */
export const OFFSET_BYTES = 200;

/** A sum that parts add to and take from. */
export class Weight {
  bytes = 0;
}

export function weightOfMember(protocols: readonly MemberProtocol[]): number {
  let bytes = MEMBER_BYTES;
  for (const { name, metadata } of protocols) bytes += 2 * name.length + metadata.length;
  return bytes;
}

/** Names that weigh the same each. */
export class WeighedSet extends Set<string> {
  readonly #weight: Weight;
  readonly #each: number;

  constructor(weight: Weight, each: number) {
    super();
    this.#weight = weight;
    this.#each = each;
  }

  override add(name: string): this {
    if (!this.has(name)) this.#weight.bytes += this.#each;
    return super.add(name);
  }

  override delete(name: string): boolean {
    if (!super.delete(name)) return false;
    this.#weight.bytes -= this.#each;
    return true;
  }
}
