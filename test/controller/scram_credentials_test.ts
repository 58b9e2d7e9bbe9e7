import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";
import { AlterUserScramCredentialsRequest, errorName } from "../../src/protocol/mod.ts";
import { of, TestCluster } from "./kit.ts";

const base64 = (text: string) => Uint8Array.fromBase64(text);

Deno.test("A credential is kept as the two keys that RFC 7677's example derives", () => {
  const cluster = TestCluster.withBrokers([null]);
  const salt = base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const saltedPassword = new Uint8Array(pbkdf2Sync("pencil", salt, 4096, 32, "sha256"));
  const user = { name: "user", mechanism: 1, iterations: 4096, salt, saltedPassword };
  const request = of(AlterUserScramCredentialsRequest, { upsertions: [user] });
  const { records, response } = cluster.controller.alterUserScramCredentials(request);
  deepStrictEqual(response.results, [{ user: "user", errorCode: 0, errorMessage: null }]);
  cluster.append(records);
  const kept = cluster.image.scram.get("1:user")!;
  strictEqual(kept.storedKey.toBase64(), "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
  strictEqual(kept.serverKey.toBase64(), "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
});

Deno.test("One change that is refused takes the user's others with it, and nobody else's", () => {
  const cluster = TestCluster.withBrokers([null]);
  const some = { mechanism: 1, iterations: 4096, salt: new Uint8Array(1) };
  const credential = { ...some, saltedPassword: new Uint8Array(32) };
  const request = of(AlterUserScramCredentialsRequest, {
    deletions: [{ name: "bad", mechanism: 1 }],
    upsertions: [{ ...credential, name: "bad" }, { ...credential, name: "good" }],
  });
  const { records, response } = cluster.controller.alterUserScramCredentials(request);
  deepStrictEqual(
    response.results.map(({ user, errorCode }) => [user, errorName(errorCode)]),
    [["bad", "RESOURCE_NOT_FOUND"], ["good", "NONE"]],
  );
  strictEqual(records.length, 1);
});

Deno.test("A salt that would fill the metadata is refused, and nobody else's credential", () => {
  const cluster = TestCluster.withBrokers([null]);
  const some = { mechanism: 1, iterations: 4096, saltedPassword: new Uint8Array(32) };
  const request = of(AlterUserScramCredentialsRequest, {
    upsertions: [
      { ...some, name: "huge", salt: new Uint8Array(1025) },
      { ...some, name: "large", salt: new Uint8Array(1024) },
    ],
  });
  const { records, response } = cluster.controller.alterUserScramCredentials(request);
  deepStrictEqual(
    response.results.map(({ user, errorCode }) => [user, errorName(errorCode)]),
    [["huge", "UNACCEPTABLE_CREDENTIAL"], ["large", "NONE"]],
  );
  strictEqual(records.length, 1);
});
