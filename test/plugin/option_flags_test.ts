import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { z } from "zod";
import { kebab, optionsOf, type Plugin } from "../../src/plugin/mod.ts";

const pluginWith = (options: Plugin["options"]): Plugin => ({
  kind: "app",
  name: "test",
  summary: "",
  options,
  run: () => Promise.resolve(),
});

const camera = pluginWith((z) =>
  z.object({
    cameraId: z.string().optional().describe("The camera's name"),
    fps: z.number().min(1).max(120).default(15),
    interval: z.number().optional().meta({ unit: "ms" }),
    silentAfterMs: z.number().default(5000),
    maxFrameBytes: z.number().int().default(1000),
    format: z.enum(["jpeg", "png"]).default("jpeg"),
    live: z.boolean().default(true),
    tags: z.array(z.string()).default([]),
    crop: z.object({ x: z.number(), y: z.number() }).optional(),
    source: z.string().regex(/^(auto|dir:.+)$/, { error: "is one of auto, dir:PATH" }),
  })
);

Deno.test("A schema becomes flags: kebab names, types, defaults, ranges, choices", async () => {
  const { flags } = await optionsOf(camera, []);
  deepStrictEqual(flags, {
    "camera-id": { type: "string", help: "The camera's name" },
    fps: { type: "number", help: "", default: 15, min: 1, max: 120 },
    interval: { type: "duration", help: "" },
    "silent-after-ms": { type: "duration", help: "", default: 5000 },
    "max-frame-bytes": { type: "size", help: "", default: 1000 },
    format: { type: "string", help: "", default: "jpeg", choices: ["jpeg", "png"] },
    live: { type: "boolean", help: "", default: true },
    tags: { type: "string", help: "", multiple: true },
    crop: { type: "string", help: "", value: "JSON" },
    source: { type: "string", help: "", required: true },
  });
});

Deno.test("Flags that were given become options, and the schema fills in the rest", async () => {
  const { fromFlags } = await optionsOf(camera, []);
  const options = fromFlags({
    source: "auto",
    "camera-id": "door",
    interval: 500,
    crop: '{"x":1,"y":2}',
    brokers: "b",
  });
  deepStrictEqual(options, {
    cameraId: "door",
    fps: 15,
    interval: 500,
    silentAfterMs: 5000,
    maxFrameBytes: 1000,
    format: "jpeg",
    live: true,
    tags: [],
    crop: { x: 1, y: 2 },
    source: "auto",
  });
});

Deno.test("What the schema refuses is said of the flag", async () => {
  const { fromFlags, fromValues } = await optionsOf(camera, []);
  throws(
    () => fromFlags({ source: "usb" }),
    /^PluginOptionError: --source cannot be "usb": is one of auto, dir:PATH$/,
  );
  throws(() => fromFlags({ source: "auto", crop: "{" }), /--crop cannot be "\{": it is JSON/);
  throws(
    () => fromValues({ source: "auto", maxFrameBytes: "x" }),
    /--max-frame-bytes cannot be "x": /,
  );
  throws(() => fromValues({}), /--source is missing/);
});

Deno.test("A schema of the plugin's own zod is read as well", async () => {
  const { flags } = await optionsOf(pluginWith(z.object({ n: z.number().int().default(1) })), []);
  deepStrictEqual(flags, { n: { type: "integer", help: "", default: 1 } });
});

Deno.test("A flag that streamer has, or that two options want, is refused", async () => {
  await rejects(
    optionsOf(pluginWith((z) => z.object({ brokers: z.string() })), ["brokers"]),
    /streamer's own/,
  );
  await rejects(
    optionsOf(pluginWith((z) => z.object({ maxAge: z.string(), max_age: z.string() })), []),
    /"max_age" wants the flag --max-age, as does "maxAge"/,
  );
  await rejects(optionsOf(pluginWith(() => ({}) as never), []), /does not give a z\.object/);
});

Deno.test("Names become kebab", () => {
  const names = ["fps", "cameraId", "maxFrameBytes", "maxFPS", "HTTPPort", "a_b"];
  deepStrictEqual(names.map(kebab), [
    "fps",
    "camera-id",
    "max-frame-bytes",
    "max-fps",
    "http-port",
    "a-b",
  ]);
  strictEqual(kebab(""), "");
});
