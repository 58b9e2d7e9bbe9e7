/** Which names a topic may have. */
import { KafkaError } from "../protocol/mod.ts";

const LONGEST_NAME = 249; // a folder's name with the partition and "-delete" still fits 255

/** Throws `INVALID_TOPIC_EXCEPTION`, saying what is wrong. */
export function checkTopicName(name: string): void {
  const refuse = (why: string) => {
    throw new KafkaError("INVALID_TOPIC_EXCEPTION", `Cannot name a topic "${name}": ${why}`);
  };
  if (name === "") refuse("it has no characters");
  if (name === "." || name === "..") refuse("this means a folder");
  if (name.length > LONGEST_NAME) {
    refuse(`it has ${name.length} characters, at most ${LONGEST_NAME} may be`);
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    refuse("only letters, digits, '.', '_' and '-' may be in it");
  }
}

/**
 * Metrics of old take `.` and `_` for the same, so names that differ in nothing else cannot be told
 * apart.
 */
export const collisionKey = (name: string): string => name.replaceAll(".", "_");
