/**
 * What clients push, beyond what a single client sees of it: limits, and who is told of the APIs.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { uuidFromBytes } from "../../src/bytes/mod.ts";
import { metadataRecord } from "../../src/metadata/mod.ts";
import {
  ApiVersionsRequest,
  ApiVersionsResponse,
  errorName,
  GetTelemetrySubscriptionsRequest,
  GetTelemetrySubscriptionsResponse,
  PushTelemetryRequest,
  PushTelemetryResponse,
} from "../../src/protocol/mod.ts";
import { compress } from "../../src/records/mod.ts";
import { TestBroker } from "./kit.ts";

const GET = [GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse] as const;
const PUSH = [PushTelemetryRequest, PushTelemetryResponse] as const;
const API_VERSIONS = [ApiVersionsRequest, ApiVersionsResponse] as const;

const subscribe = (broker: TestBroker, settings: Record<string, string>) =>
  broker.apply(
    Object.entries(settings).map(([name, value]) =>
      metadataRecord("ConfigRecord", 0, {
        resourceType: 16,
        resourceName: "some",
        name,
        value,
      })
    ),
  );

Deno.test("Telemetry is advertised while somebody has subscribed to figures", async () => {
  const broker = await TestBroker.start();
  const keys = async () => {
    const software = { clientSoftwareName: "test", clientSoftwareVersion: "1" };
    const { apiKeys } = await broker.ask(API_VERSIONS, 4, software);
    return apiKeys.map(({ apiKey }) => apiKey).filter((key) => key === 71 || key === 72);
  };
  deepStrictEqual(await keys(), []);
  subscribe(broker, { metrics: "*" });
  deepStrictEqual(await keys(), [71, 72]);
  await broker.close();
});

Deno.test("What clients push is counted, and an instance's first and last push are told", async () => {
  const broker = await TestBroker.start();
  const { clientInstanceId, subscriptionId } = await broker.ask(GET, 0, {});
  const metrics = compress("zstd", new Uint8Array(5000));
  const push = { clientInstanceId, subscriptionId, compressionType: 4, metrics };
  await broker.ask(PUSH, 0, push);
  await broker.ask(PUSH, 0, { ...push, terminating: true });
  deepStrictEqual(broker.broker.telemetry.counts, { instances: 1, pushes: 2, bytes: 10_000 });
  const told = broker.lines.filter(({ event }) => event === "client pushed its figures");
  deepStrictEqual(
    told.map(({ fields }) => [fields.bytes, fields.pushes, fields.leaving]),
    [[5000, 1, false], [5000, 2, true]],
  );
  await broker.close();
});

Deno.test("What unpacks to far more than may be pushed is refused", async () => {
  const broker = await TestBroker.start({ settings: { "telemetry.max.bytes": "1000" } });
  const { clientInstanceId, subscriptionId } = await broker.ask(GET, 0, {});
  const metrics = compress("gzip", new Uint8Array(100_000));
  ok(metrics.length < 1000);
  const push = { clientInstanceId, subscriptionId, compressionType: 1, metrics };
  strictEqual(errorName((await broker.ask(PUSH, 0, push)).errorCode), "INVALID_RECORD");
  await broker.close();
});

Deno.test("Instances are forgotten with their connection, and the oldest when there are too many", async () => {
  const broker = await TestBroker.start();
  const client = new AbortController();
  const known = () => broker.broker.telemetry.counts.instances;
  for (let n = 1; n <= 16_400; n++) {
    const id = new Uint8Array(16);
    new DataView(id.buffer).setUint32(0, n);
    await broker.ask(GET, 0, { clientInstanceId: uuidFromBytes(id) }, { signal: client.signal });
  }
  strictEqual(known(), 16_384);
  client.abort();
  strictEqual(known(), 0);
  await broker.close();
});

Deno.test("A pattern that is stored and can't be read here is nobody's, and serves everybody else", async () => {
  const broker = await TestBroker.start();
  subscribe(broker, { metrics: "*", match: "client_id=(?i)a++" });
  const { errorCode, requestedMetrics } = await broker.ask(GET, 0, {});
  deepStrictEqual([errorCode, requestedMetrics], [0, []]);
  await broker.close();
});
