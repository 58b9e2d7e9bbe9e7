/** A client for the length of one command. */
import type { LogEvent } from "../base/mod.ts";
import type { Client } from "../client/mod.ts";
import type { Io } from "./io.ts";

/** Connects, runs, and closes whatever happens. The client room is loaded here and not before. */
export async function withClient<T>(
  { values, io, log }: { values: { brokers: string }; io: Io; log?: LogEvent },
  run: (client: Client) => Promise<T>,
): Promise<T> {
  const [{ connect }, platform] = await Promise.all([import("../client/mod.ts"), io.platform()]);
  const client = connect({ brokers: values.brokers, platform, log });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

/** Pretty where a person looks, one line where a program does. */
export function json(value: unknown, { io }: { io: Io }): string {
  return `${JSON.stringify(value, null, io.isOutTerminal ? 2 : undefined)}\n`;
}
