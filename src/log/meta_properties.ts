/**
 * `meta.properties`, the deed of a log directory: to which cluster and node it belongs, and its own
 * id (KIP-858). A Java properties file; Kafka's come with a comment, the time it was written, and
 * the keys in the order of a Java hash table, which is kept so that a file read and written again
 * is the same.
 */
import type { Uuid } from "../base/mod.ts";
import { isUuid } from "../bytes/mod.ts";
import { UnknownVersion } from "./directory_refused.ts";

export const META_PROPERTIES_FILE = "meta.properties";

export interface MetaProperties {
  /**
   * Usually a uuid, but Kafka takes any text. Undefined, and empty in the file, where the node is to
   * take it over from the quorum that it joins, and has not heard of it yet.
   */
  readonly clusterId: string | undefined;
  readonly nodeId: number;
  readonly directoryId: Uuid;
  /** The comment line, e.g. `Sun Nov 22 17:52:19 UTC 2026`. */
  readonly writtenAt: string;
}

/** Throws a plain Error that tells what is wrong. */
export function decodeMetaProperties(text: string): MetaProperties {
  const values = new Map<string, string>();
  let writtenAt = "";
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) writtenAt = line.slice(1);
    else if (line.trim() !== "") {
      const [, key, value] = /^\s*([^=:\s]+)\s*[=:\s]\s*(.*)$/.exec(line) ?? [];
      if (key === undefined) throw new Error(`it has a line ${JSON.stringify(line)}`);
      values.set(key, value.replaceAll("\\", ""));
    }
  }
  const version = values.get("version");
  if (/^[2-9]$/.test(version ?? "")) throw new UnknownVersion(version!, "1");
  if (version !== "1") throw new Error(`its version is ${version ?? "missing"}, not 1`);
  const clusterId = values.get("cluster.id");
  if (clusterId === undefined) throw new Error("it has no cluster.id");
  const nodeId = values.get("node.id") ?? "";
  if (!/^\d{1,10}$/.test(nodeId)) throw new Error("it has no node.id");
  const directoryId = values.get("directory.id") ?? "";
  if (!isUuid(directoryId)) throw new Error("it has no directory.id");
  return { clusterId: clusterId || undefined, nodeId: Number(nodeId), directoryId, writtenAt };
}

export function encodeMetaProperties(meta: MetaProperties): string {
  return [
    "#",
    `#${meta.writtenAt}`,
    `node.id=${meta.nodeId}`,
    `directory.id=${meta.directoryId}`,
    "version=1",
    `cluster.id=${meta.clusterId ?? ""}`,
    "",
  ].join("\n");
}

/** A time as Java prints it: `Sun Nov 22 17:52:19 UTC 2026`. */
export function javaDate(nowMs: number): string {
  const [weekday, day, month, year, time] = new Date(nowMs).toUTCString().replace(",", "").split(
    " ",
  );
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
