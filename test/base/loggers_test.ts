import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Loggers } from "../../src/base/mod.ts";

Deno.test("A logger tells what is at least its level, its own or the root's", () => {
  const told: string[] = [];
  const loggers = new Loggers((_, event) => told.push(event), "info");
  const [net, disk] = [loggers.logger("net"), loggers.logger("disk")];
  net("debug", "too little");
  net("info", "enough");
  loggers.setLevel("net", "DEBUG");
  net("debug", "its own level");
  disk("debug", "still the root's");
  loggers.setLevel("root", "ERROR");
  net("debug", "still its own");
  disk("warn", "too little again");
  loggers.setLevel("net", undefined);
  net("warn", "follows the root again");
  disk("error", "bad enough");
  loggers.setLevel("root", "FATAL");
  disk("error", "nothing is that bad");
  deepStrictEqual(told, ["enough", "its own level", "still its own", "bad enough"]);
  strictEqual(loggers.levelOf("net"), "FATAL");
  deepStrictEqual(loggers.names(), ["disk", "net", "root"]);
});
