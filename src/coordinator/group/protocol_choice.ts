/**
 * Which protocol (assignor) a generation uses. A member lists what it can follow, its favourite
 * first. Among those that all members list, each member votes for the one it lists first, and most
 * votes win.
 */

export interface MemberProtocol {
  readonly name: string;
  /**
   * What the member says of itself to the leader under this protocol; opaque to the coordinator.
   */
  readonly metadata: Uint8Array;
}

/** Those of `wanted` that everyone lists, in the order wanted. */
export function commonProtocols(
  wanted: readonly MemberProtocol[],
  members: Iterable<{ readonly protocols: readonly MemberProtocol[] }>,
): string[] {
  let common = wanted.map(({ name }) => name);
  for (const { protocols } of members) {
    if (common.length === 0) break;
    const listed = new Set(protocols.map(({ name }) => name));
    common = common.filter((name) => listed.has(name));
  }
  return common;
}

/**
 * The protocol of the next generation. A draw goes to the one that got its first vote first, so
 * that the choice depends on nothing but the members and their order. Undefined when they have
 * nothing in common.
 */
export function chooseProtocol(
  members: readonly { readonly protocols: readonly MemberProtocol[] }[],
): string | undefined {
  if (members.length === 0) return undefined;
  const candidates = new Set(commonProtocols(members[0].protocols, members));
  const votes = new Map<string, number>();
  for (const { protocols } of members) {
    const choice = protocols.find(({ name }) => candidates.has(name));
    if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let winner: string | undefined;
  for (const [name, count] of votes) {
    if (winner === undefined || count > votes.get(winner)!) winner = name;
  }
  return winner;
}

/**
 * Two lists are the same when they have the same names in the same order with the same metadata.
 */
export function isSameProtocols(
  left: readonly MemberProtocol[],
  right: readonly MemberProtocol[],
): boolean {
  return left.length === right.length &&
    left.every(({ name, metadata }, index) =>
      name === right[index].name && isSameBytes(metadata, right[index].metadata)
    );
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
