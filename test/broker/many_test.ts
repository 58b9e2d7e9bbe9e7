/**
 * A request names as many things as it may, sensible or not, maybe all the same.
 * One event loop serves everyone: no answer may take time or room beyond its request's measure.
 */
import { ok, strictEqual } from "node:assert/strict";
import {
  DescribeConfigsRequest,
  DescribeConfigsResponse,
  DescribeLogDirsRequest,
  DescribeLogDirsResponse,
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from "../../src/protocol/mod.ts";
import { TestBroker } from "./kit.ts";

const MANY = 15_000;
const BOUND_MS = 30_000;
const many = <T>(each: (i: number) => T) => Array.from({ length: MANY }, (_, i) => each(i));

async function within<T>(run: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const answer = await run();
  const ms = performance.now() - began;
  ok(ms < BOUND_MS, `took ${ms} ms`);
  return answer;
}

Deno.test("Configs of the same broker that are asked for many times are described once", async () => {
  const broker = await TestBroker.start();
  const resources = many(() => ({ resourceType: 4, resourceName: "1", configurationKeys: null }));
  const { results } = await within(() =>
    broker.ask([DescribeConfigsRequest, DescribeConfigsResponse], 4, { resources })
  );
  strictEqual(results.length, 1);
  await broker.close();
});

Deno.test("Log directories are described in one walk, however many partitions are asked for", async () => {
  const broker = await TestBroker.start();
  broker.createTopic("abc", { partitions: 50 });
  const topics = many((i) => ({ topic: "abc", partitions: [i, i + 1] }));
  const { results } = await within(() =>
    broker.ask([DescribeLogDirsRequest, DescribeLogDirsResponse], 4, { topics })
  );
  strictEqual(results[0].topics[0].partitions.length, 50);
  await broker.close();
});

Deno.test("Levels of loggers are changed in one walk", async () => {
  const broker = await TestBroker.start();
  const messages = [IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse] as const;
  const change = { name: "streamer", configOperation: 0, value: "INFO" };
  const resource = { resourceType: 8, resourceName: "1", configs: [change] };
  const { responses } = await within(() =>
    broker.ask(messages, 1, {
      resources: many((i) => ({ ...resource, resourceName: `${i + 10}` })),
    })
  );
  strictEqual(responses.length, MANY);
  const configs = many((i) => ({ ...change, name: `streamer.${i}` }));
  await within(() => broker.ask(messages, 1, { resources: [{ ...resource, configs }] }));
  await broker.close();
});

Deno.test("Users are looked for in one walk", async () => {
  const broker = await TestBroker.start();
  const messages = [
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
  ] as const;
  const users = many((i) => ({ name: `user ${i}` }));
  const { results } = await within(() => broker.ask(messages, 0, { users }));
  strictEqual(results.length, MANY);
  await broker.close();
});
