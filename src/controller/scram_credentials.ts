/**
 * AlterUserScramCredentials (51): what a listener with SCRAM will check passwords against (KIP-554,
 * KIP-900). The client sends the salted password, and what goes into the log are the two keys
 * derived from it (RFC 5802, section 3): from them nobody gets back to a password that works.
 *
 * A user's changes stand or fall together; the first thing that is wrong with one of them is told.
 */
import { createHash, createHmac } from "node:crypto";
import { type MetadataImage, metadataRecord } from "../metadata/mod.ts";
import {
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
  KafkaError,
  type MetadataRecord,
} from "../protocol/mod.ts";
import { describeRefusal } from "./create_topics.ts";
import type { Decision, DecisionContext } from "./decision.ts";

type Deletion = AlterUserScramCredentialsRequest["deletions"][number];
type Upsertion = AlterUserScramCredentialsRequest["upsertions"][number];

interface Mechanism {
  readonly hash: string;
  readonly minIterations: number;
}

/** By Kafka's numbers. */
const MECHANISMS = new Map<number, Mechanism>([
  [1, { hash: "sha256", minIterations: 4096 }],
  [2, { hash: "sha512", minIterations: 4096 }],
]);
/** A client computes them all at each login. */
const MAX_ITERATIONS = 16_384;
/** Salts have some tens of bytes; every node keeps them, and a record has to hold one. */
const MAX_SALT_BYTES = 1024;

export function alterUserScramCredentials(
  { deletions, upsertions }: AlterUserScramCredentialsRequest,
  { image }: DecisionContext,
): Decision<AlterUserScramCredentialsResponse> {
  /** What each user's changes come to: a record, or why there is none. */
  const users = new Map<string, MetadataRecord | KafkaError>();
  const decide = (name: string, record: () => MetadataRecord) => {
    const before = users.get(name);
    if (before instanceof KafkaError) return;
    try {
      if (before !== undefined) {
        throw new KafkaError(
          "DUPLICATE_RESOURCE",
          `Cannot alter credentials of "${name}" twice in one request`,
        );
      }
      users.set(name, record());
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      users.set(name, error);
    }
  };
  for (const deletion of deletions) decide(deletion.name, () => removed(deletion, image));
  for (const upsertion of upsertions) decide(upsertion.name, () => upserted(upsertion));

  const records: MetadataRecord[] = [];
  const results: AlterUserScramCredentialsResponse["results"] = [];
  for (const [user, outcome] of users) {
    const isRefused = outcome instanceof KafkaError;
    if (!isRefused) records.push(outcome);
    const [errorCode, errorMessage] = isRefused ? describeRefusal(outcome) : [0, null];
    results.push({ user, errorCode, errorMessage });
  }
  return { records, response: { throttleTimeMs: 0, results } };
}

function removed({ name, mechanism }: Deletion, image: MetadataImage): MetadataRecord {
  checkedMechanism(name, mechanism);
  if (!image.scram.has(`${mechanism}:${name}`)) {
    throw new KafkaError(
      "RESOURCE_NOT_FOUND",
      `Cannot delete the credential of "${name}": there is none`,
    );
  }
  return metadataRecord("RemoveUserScramCredentialRecord", 0, { name, mechanism });
}

function upserted(upsertion: Upsertion): MetadataRecord {
  const { name, mechanism, iterations, salt, saltedPassword } = upsertion;
  const { hash, minIterations } = checkedMechanism(name, mechanism);
  const refuse = (why: string) =>
    new KafkaError("UNACCEPTABLE_CREDENTIAL", `Cannot set the credential of "${name}": ${why}`);
  if (iterations < minIterations) {
    throw refuse(`${iterations} iterations are fewer than ${minIterations}`);
  }
  if (iterations > MAX_ITERATIONS) {
    throw refuse(`${iterations} iterations are more than ${MAX_ITERATIONS}`);
  }
  if (saltedPassword.length === 0) throw refuse("it has no salted password");
  if (salt.length > MAX_SALT_BYTES) {
    throw refuse(`a salt of ${salt.length} bytes is longer than ${MAX_SALT_BYTES}`);
  }
  const keyed = (text: string) => createHmac(hash, saltedPassword).update(text).digest();
  return metadataRecord("UserScramCredentialRecord", 0, {
    name,
    mechanism,
    salt: salt.slice(),
    storedKey: new Uint8Array(createHash(hash).update(keyed("Client Key")).digest()),
    serverKey: new Uint8Array(keyed("Server Key")),
    iterations,
  });
}

function checkedMechanism(name: string, mechanism: number): Mechanism {
  if (name === "") throw new KafkaError("UNACCEPTABLE_CREDENTIAL", "A user has a name");
  const known = MECHANISMS.get(mechanism);
  if (known === undefined) {
    throw new KafkaError("UNSUPPORTED_SASL_MECHANISM", `There is no SCRAM mechanism ${mechanism}`);
  }
  return known;
}
