/**
 * One connection against a broker that misbehaves as it is told, in memory and under simulated
 * time.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { WireConnection } from "../../src/client/wire_connection.ts";
import { ByteReader, ByteWriter } from "../../src/bytes/mod.ts";
import type { Connection } from "../../src/platform/mod.ts";
import { MemoryNetwork, SimulatedClock } from "../../src/platform/memory/mod.ts";
import {
  ApiVersionsResponse,
  decodeRequestHeader,
  encodeMessage,
  encodeResponseHeader,
  errorCode,
  type InputOf,
  ListGroupsRequest,
  ListGroupsResponse,
  MetadataRequest,
  MetadataResponse,
} from "../../src/protocol/mod.ts";

type Head = ReturnType<typeof decodeRequestHeader>;
/** What to do with a request: the bytes to answer with, or nothing. */
type Answer = (head: Head) => Uint8Array | undefined;

const address = { host: "127.0.0.1", port: 9092 };
const SERVED = [[18, 0, 4], [3, 0, 13], [16, 0, 5]];

function answerOf(
  head: Head,
  message: Parameters<typeof encodeMessage>[0],
  body: unknown,
  version = head.apiVersion,
) {
  const writer = new ByteWriter();
  encodeResponseHeader(writer, head.apiKey, head.apiVersion, head.correlationId);
  encodeMessage(message, body as never, version, writer);
  const bytes = writer.finish();
  const frame = new ByteWriter();
  frame.int32(bytes.length);
  frame.bytes(bytes);
  return frame.finish();
}

function versionsAnswer(head: Head, served = SERVED): Uint8Array {
  const apiKeys = served.map(([apiKey, minVersion, maxVersion]) => ({
    apiKey,
    minVersion,
    maxVersion,
  }));
  return answerOf(
    head,
    ApiVersionsResponse,
    { apiKeys } satisfies InputOf<typeof ApiVersionsResponse>,
  );
}

async function serve(connection: Connection, answer: Answer, seen: Head[]): Promise<void> {
  let buffered = new Uint8Array();
  const chunk = new Uint8Array(65536);
  for (;;) {
    const read = await connection.read(chunk).catch(() => null);
    if (read === null) return;
    buffered = new Uint8Array([...buffered, ...chunk.subarray(0, read)]);
    for (
      let size;
      buffered.length >= 4 && (size = new ByteReader(buffered).int32()) <= buffered.length - 4;
    ) {
      const head = decodeRequestHeader(new ByteReader(buffered, 4, 4 + size));
      seen.push(head);
      buffered = buffered.slice(4 + size);
      const bytes = answer(head);
      // In two parts, so that frames do not come as reads.
      if (bytes) await connection.write([bytes.subarray(0, 3), bytes.subarray(3)]).catch(() => {});
      else if (bytes === undefined && head.correlationId < 0) return;
    }
  }
}

async function connected(answer: Answer) {
  const clock = new SimulatedClock();
  const network = new MemoryNetwork();
  const listener = network.listen(address);
  const seen: Head[] = [];
  const sides: Connection[] = [];
  (async () => {
    for (let side; (side = await listener.accept());) {
      sides.push(side);
      serve(side, answer, seen);
    }
  })();
  const opening = WireConnection.open(address, { network, clock, clientId: "test" });
  return { clock, seen, sides, opening };
}

const orVersions = (answer: Answer): Answer => (head) =>
  head.apiKey === 18 ? versionsAnswer(head) : answer(head);

Deno.test("The newest version that both sides know is used, and answers go to their calls in order", async () => {
  const { opening, seen } = await connected(
    orVersions((head) =>
      head.apiKey === 3
        ? answerOf(head, MetadataResponse, { controllerId: 7 })
        : answerOf(head, ListGroupsResponse, { groups: [{ groupId: "g" }] })
    ),
  );
  const connection = await opening;
  const [metadata, groups, old] = await Promise.all([
    connection.call(MetadataRequest, MetadataResponse, { topics: [] }),
    connection.call(ListGroupsRequest, ListGroupsResponse, {}),
    connection.call(MetadataRequest, MetadataResponse, { topics: [] }, { highest: 5 }),
  ]);
  deepStrictEqual([metadata.controllerId, groups.groups[0].groupId, old.controllerId], [7, "g", 7]);
  deepStrictEqual(seen.map(({ apiKey, apiVersion }) => [apiKey, apiVersion]), [[18, 3], [3, 13], [
    16,
    5,
  ], [3, 5]]);
  deepStrictEqual([seen[0].clientId, connection.serves(MetadataRequest)], ["test", true]);
  connection.close();
});

Deno.test("An old broker that does not know our ApiVersions is asked again in a version it knows", async () => {
  const { opening, seen } = await connected((head) =>
    head.apiVersion > 1
      ? answerOf(head, ApiVersionsResponse, {
        errorCode: errorCode("UNSUPPORTED_VERSION"),
        apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 1 }],
      }, 0)
      : versionsAnswer(head, [[18, 0, 1], [3, 0, 4]])
  );
  const connection = await opening;
  deepStrictEqual(seen.map(({ apiVersion }) => apiVersion), [3, 1]);
  strictEqual(connection.versionFor(MetadataRequest), 4);
  await rejects(
    connection.call(ListGroupsRequest, ListGroupsResponse, {}),
    /127\.0\.0\.1:9092 does not know ListGroups/,
  );
  connection.close();
});

Deno.test("A call without an answer ends the connection in time, and all calls that wait", async () => {
  const { opening, clock } = await connected(orVersions(() => undefined));
  const connection = await opening;
  const calls = [
    connection.call(MetadataRequest, MetadataResponse, { topics: [] }, { timeoutMs: 1000 }),
    connection.call(ListGroupsRequest, ListGroupsResponse, {}),
  ].map((call) => call.then(() => "answered", (error) => error.message));
  await clock.advanceAndSettle(1001);
  deepStrictEqual(await Promise.all(calls), [
    "MetadataRequest timed out",
    "MetadataRequest timed out",
  ]);
  ok(connection.isClosed);
  await rejects(connection.call(ListGroupsRequest, ListGroupsResponse, {}), /timed out/);
});

const hostile: [string, Answer, RegExp][] = [
  [
    "an HTTP server",
    () => new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"),
    /Not a Kafka broker/,
  ],
  [
    "a frame of negative size",
    () => Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0),
    /Not a Kafka broker/,
  ],
  [
    "another call's answer",
    (head) => versionsAnswer({ ...head, correlationId: 99 }),
    /answers out of order/,
  ],
  [
    "an answer that is cut short",
    () => Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 0, 0),
    /does not answer as a Kafka broker/,
  ],
];
for (const [what, answer, message] of hostile) {
  Deno.test(`What answers as ${what} is told from a broker`, async () => {
    const { opening } = await connected(answer);
    await rejects(opening, message);
  });
}

Deno.test("A request that cannot be encoded harms no other call", async () => {
  const { opening } = await connected(
    orVersions((head) => answerOf(head, MetadataResponse, { controllerId: 7 })),
  );
  const connection = await opening;
  const broken = connection.call(MetadataRequest, MetadataResponse, { topics: 3 as never });
  const fine = connection.call(MetadataRequest, MetadataResponse, { topics: [] });
  await rejects(broken);
  strictEqual((await fine).controllerId, 7);
  connection.close();
});

Deno.test("A broker that hangs up refuses the calls that wait", async () => {
  const { opening, sides } = await connected(orVersions(() => undefined));
  const connection = await opening;
  const call = connection.call(MetadataRequest, MetadataResponse, { topics: [] });
  sides[0].close();
  await rejects(call);
  ok(connection.isClosed);
});
