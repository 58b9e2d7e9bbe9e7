/**
 * What must hold, checked where it is relied on. A failed assertion means that this program is
 * wrong, not its input: nobody catches it, and the node stops rather than write on top of a state
 * it does not understand.
 */

/** Thrown by {@link assert}: a bug of ours. Never caught to carry on. */
export class InvariantError extends Error {
  override name = "InvariantError";
}

/**
 * Throws an {@link InvariantError} unless the condition holds. Bytes from outside are checked,
 * never asserted.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
