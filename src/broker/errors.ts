/** What a thrown thing becomes in an answer's field. */
import type { LogEvent } from "../base/mod.ts";
import { StorageError } from "../platform/mod.ts";
import { errorCode, KafkaError } from "../protocol/mod.ts";

/**
 * The error as the table knows it. What nobody foresaw is `UNKNOWN_SERVER_ERROR` and leaves a line
 * in the log.
 */
export function asKafkaError(error: unknown, log: LogEvent): KafkaError {
  if (error instanceof KafkaError) return error;
  if (error instanceof StorageError) {
    return new KafkaError("KAFKA_STORAGE_ERROR", error.message, { cause: error });
  }
  log("error", "request failed unexpectedly", {
    error: error instanceof Error ? error.stack ?? error.message : String(error),
  });
  return new KafkaError("UNKNOWN_SERVER_ERROR", undefined, { cause: error });
}

/** Code and words, as many answers have them side by side. */
export const errorFields = (error: KafkaError): { errorCode: number; errorMessage: string } => ({
  errorCode: errorCode(error.error),
  errorMessage: error.message,
});
