/**
 * What the viewer can be told. The schema is the command's flags, their help and their checks.
 */

import type { Z } from "../../mod.ts";

export const options = (z: Z) =>
  z.object({
    topic: z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, {
      error: "it is up to 249 letters, digits, dots, dashes and underscores",
    }).default("pictures").describe("The topic with the pictures"),
    http: z.string().refine((http) => portOf(http) <= 65_535, {
      error: "it is HOST:PORT, such as 127.0.0.1:8080",
    }).default("127.0.0.1:8080").describe("Where the page is served, as HOST:PORT"),
    maxCameras: z.number().int().min(1).max(1000).default(64).describe(
      "Cameras shown at most; beyond it the one that has been silent longest makes room",
    ),
    maxWatchers: z.number().int().min(1).max(10_000).default(64).describe(
      "Pages and streams served at once",
    ),
    silentAfter: z.number().min(100).default(5000).describe(
      "A camera is silent after this time, or after three of its usual pauses if those are longer",
    ).meta({ unit: "ms" }),
  });

/** What the schema makes of the flags. */
export interface ViewOptions {
  topic: string;
  http: string;
  maxCameras: number;
  maxWatchers: number;
  /** Milliseconds. */
  silentAfter: number;
}

/** `[::1]:8080` is the host `::1` and the port 8080. */
export function addressOf(http: string): { host: string; port: number } {
  const colon = http.lastIndexOf(":");
  return { host: http.slice(0, colon).replace(/^\[|\]$/g, ""), port: portOf(http) };
}

/** NaN when it is no address. */
function portOf(http: string): number {
  return Number(/^(?:\[[0-9a-fA-F:]+\]|[^:[\]]+):(\d{1,5})$/.exec(http)?.[1]);
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
