/** Headers of requests and answers, and the table of APIs that they depend on. */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import {
  API_KEYS,
  apiByKey,
  APIS,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  requestHeaderVersion,
  responseHeaderVersion,
  UnsupportedRequest,
} from "../../src/protocol/mod.ts";

const reader = (hex: string) => new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", "")));

// name, version, versions of the request's and the answer's header
const versions: [keyof typeof API_KEYS, number, number, number][] = [
  ["Produce", 8, 1, 0],
  ["Produce", 9, 2, 1],
  ["SaslHandshake", 1, 1, 0], // never flexible
  ["OffsetDelete", 0, 1, 0],
  ["ApiVersions", 2, 1, 0],
  ["ApiVersions", 4, 2, 0], // the answer to it must be readable by anyone
  ["ApiVersions", 99, 2, 0],
  ["Vote", 0, 2, 1],
];
for (const [name, version, request, response] of versions) {
  Deno.test(`${name} version ${version} has headers ${request} and ${response}`, () => {
    strictEqual(requestHeaderVersion(API_KEYS[name], version), request);
    strictEqual(responseHeaderVersion(API_KEYS[name], version), response);
  });
}

Deno.test("A request header is read up to the body", () => {
  const from = reader("0003 0009 00000007 0002 6162 01 05 01 ff  2a");
  deepStrictEqual(decodeRequestHeader(from), {
    apiKey: 3,
    apiVersion: 9,
    correlationId: 7,
    clientId: "ab",
  });
  strictEqual(from.uint8(), 0x2a);
});

Deno.test("A header is read even when the version is not known, so that ApiVersions can be answered", () => {
  const head = decodeRequestHeader(reader("0012 0063 00000001 ffff 00"));
  deepStrictEqual(head, { apiKey: 18, apiVersion: 99, correlationId: 1, clientId: null });
});

Deno.test("A key that Kafka does not have is told with what can be read of it", () => {
  throws(() => decodeRequestHeader(reader("03e7 0000 00000005 ffff")), (error) => {
    ok(error instanceof UnsupportedRequest);
    deepStrictEqual([error.apiKey, error.apiVersion, error.correlationId], [999, 0, 5]);
    return true;
  });
});

Deno.test("A header cut short is a DecodeError", () => {
  for (const hex of ["", "0003", "00030009000000", "0003000900000007000261"]) {
    throws(() => decodeRequestHeader(reader(hex)), { name: "DecodeError" });
  }
});

Deno.test("Headers survive a round trip at every version of every API", () => {
  for (const { key, versions: [first, last] } of APIS.values()) {
    for (let apiVersion = first; apiVersion <= last; apiVersion++) {
      const head = { apiKey: key, apiVersion, correlationId: -5, clientId: "näher" };
      const request = new ByteWriter();
      encodeRequestHeader(request, head);
      deepStrictEqual(decodeRequestHeader(new ByteReader(request.finish())), head);
      const response = new ByteWriter();
      encodeResponseHeader(response, key, apiVersion, 77);
      strictEqual(decodeResponseHeader(new ByteReader(response.finish()), key, apiVersion), 77);
    }
  }
});

Deno.test("There are 89 APIs, in the order of their keys", () => {
  const keys = [...APIS.keys()];
  strictEqual(keys.length, 89); // 0 to 92 without the four that went with ZooKeeper
  deepStrictEqual(keys, keys.toSorted((a, b) => a - b));
  for (const [key, api] of APIS) {
    strictEqual(api.key, key);
    strictEqual(api.response.apiKey, key, api.name);
    deepStrictEqual(api.request.versions, api.response.versions, api.name);
    strictEqual(api.request.flexibleFrom, api.response.flexibleFrom, api.name);
    ok(api.listeners.length > 0, api.name);
  }
});

Deno.test("Only the last version of InitProducerId is not stable", () => {
  const unstable = [...APIS.values()].filter(({ versions, latestStable }) =>
    versions[1] !== latestStable
  );
  deepStrictEqual(unstable.map(({ name, latestStable }) => [name, latestStable]), [[
    "InitProducerId",
    5,
  ]]);
  strictEqual(apiByKey(4), undefined);
});
