/** What can go wrong between bytes and values, each with enough to find the place again. */

/**
 * Bytes from outside that do not parse. `net` hangs up on it; a bad record batch becomes
 * `CORRUPT_MESSAGE`.
 */
export class DecodeError extends Error {
  override name = "DecodeError";

  constructor(
    message: string,
    /** Where in the bytes it was noticed, counted from the start of the array that was read. */
    readonly position: number,
    /**
     * The path of the declared field, e.g. `ProduceRequest.topicData.name`; absent outside of
     * messages.
     */
    readonly field?: string,
    /** It may well be whole and meant so, but there is more of it than is taken in. */
    readonly isTooMuch = false,
  ) {
    super(field === undefined ? message : `${message} (${field})`);
  }
}

/**
 * A value that cannot be written as it was asked for: too large, null, or unknown to the version.
 */
export class EncodeError extends Error {
  override name = "EncodeError";
}
