/** What every network keeps to: the real one and the one in memory pass the same tests. */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { type Connection, ListenError, type Network } from "../../src/platform/mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

export async function pair(network: Network): Promise<{ client: Connection; server: Connection }> {
  const listener = network.listen({ host: "127.0.0.1", port: 0 });
  const [client, server] = await Promise.all([
    network.dial(listener.address),
    listener.accept(),
  ]);
  listener.close();
  return { client, server: server! };
}

async function readExactly(connection: Connection, count: number): Promise<Uint8Array> {
  const whole = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await connection.read(whole.subarray(at));
    ok(read, `stream ended after ${at} of ${count} bytes`);
    at += read;
  }
  return whole;
}

/** Registers the suite for the networks that `make` makes. */
export function networkSuite(name: string, make: () => Network): void {
  const test = (sentence: string, run: (network: Network) => Promise<void>) =>
    Deno.test(`${name}: ${sentence}`, () => run(make()));

  test("Bytes arrive in order, both ways", async (network) => {
    const { client, server } = await pair(network);
    await client.write([bytes("ab"), bytes(""), bytes("cd")]);
    deepStrictEqual(await readExactly(server, 4), bytes("abcd"));
    await server.write([bytes("ok")]);
    deepStrictEqual(await readExactly(client, 2), bytes("ok"));
    deepStrictEqual(server.remote, client.local);
    deepStrictEqual(client.remote, server.local);
    client.close();
    server.close();
  });

  test("Parts small and big arrive whole", async (network) => {
    const { client, server } = await pair(network);
    const parts = [5, 3_000_000, 1, 70_000, 65_536, 9, 60_000, 60_000].map((size, i) =>
      new Uint8Array(size).fill(i + 1)
    );
    const total = parts.reduce((sum, part) => sum + part.length, 0);
    const [got] = await Promise.all([readExactly(server, total), client.write(parts)]);
    let at = 0;
    for (const part of parts) {
      ok(got.subarray(at, at + part.length).every((byte) => byte === part[0]));
      at += part.length;
    }
    client.close();
    server.close();
  });

  test("The other side's close is the end of the stream", async (network) => {
    const { client, server } = await pair(network);
    await client.write([bytes("x")]);
    client.close();
    client.close();
    await readExactly(server, 1);
    strictEqual(await server.read(new Uint8Array(8)), null);
    server.close();
  });

  test("Closing ends one's own pending read", async (network) => {
    const { client, server } = await pair(network);
    const pending = client.read(new Uint8Array(8));
    client.close();
    strictEqual(await pending, null);
    server.close();
  });

  test("Writing to who is gone rejects in the end", async (network) => {
    const { client, server } = await pair(network);
    server.close();
    await rejects(async () => {
      for (let i = 0; i < 1000; i++) await client.write([new Uint8Array(100_000)]);
    });
    client.close();
  });

  test("A taken port is told as such", async (network) => {
    const listener = network.listen({ host: "127.0.0.1", port: 0 });
    throws(
      () => network.listen(listener.address),
      (error) => error instanceof ListenError && error.reason === "in use",
    );
    throws(
      () => network.listen({ host: "192.0.2.1", port: 0 }),
      (error) => error instanceof ListenError && error.reason === "not available",
    );
    const pending = listener.accept();
    listener.close();
    strictEqual(await pending, null);
    strictEqual(await listener.accept(), null);
  });

  test("Dialing where nobody listens rejects", async (network) => {
    const listener = network.listen({ host: "127.0.0.1", port: 0 });
    const { address } = listener;
    listener.close();
    await rejects(() => network.dial(address), /Cannot connect to 127\.0\.0\.1/);
    await rejects(
      () => network.dial(address, { signal: AbortSignal.abort(new Error("no more")) }),
      /no more/,
    );
  });
}
