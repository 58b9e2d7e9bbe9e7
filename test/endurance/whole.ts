/** Is a whole folder of ledgers whole? Reads them all, and checks topic by topic, group by group. */
import {
  checkCompacted,
  checkGroup,
  checkPartition,
  checkUnchanged,
  type Keeping,
} from "./checks.ts";
import { readGroup, type ReadPartition, readProducer, readReader, type Sends } from "./ledger.ts";

export interface LedgerTopic {
  readonly partitions: number;
  readonly configs: Record<string, string>;
  readonly keeping?: Keeping;
  /** Of how many keys each partition of a compacted topic is. */
  readonly keys?: number;
}

export interface Ledgers {
  readonly folder: string;
  readonly topics: Record<string, LedgerTopic>;
  /** Names of ledgers. */
  readonly producers: string[];
  readonly groups: string[];
  /** Who read all along, and who read it all at the end. */
  readonly watch: string;
  readonly read: string;
}

export interface Verdict {
  readonly findings: string[];
  /** By producer: what it is, and how much it has written. */
  readonly producers: Record<
    string,
    {
      kind: string;
      sent: number;
      acknowledged: number;
      failed: number;
      /** That failed and are there all the same. */
      failedAndThere: number;
      /** Of a client that tries again by itself, more than one of a record. */
      copies: number;
    }
  >;
  /** By group: how often a member was given a partition, and what was processed and committed. */
  readonly groups: Record<string, { given: number; processed: number; commits: number }>;
  readonly records: number;
}

/** How clients.py makes keys of ids. */
export const keyOf = (keys: number) => (id: number) => ({
  key: `key-${id * 7919 % keys}`,
  isTombstone: id % 10 === 3,
});

export function judge({ folder, topics, producers, groups, watch, read }: Ledgers): Verdict {
  const findings: string[] = [];
  const byPartition = new Map<string, Sends[]>();
  const verdict: Verdict = { findings, producers: {}, groups: {}, records: 0 };
  for (const name of producers) {
    const partitions = readProducer(`${folder}/${name}.ledger`);
    const told = { kind: "", sent: 0, acknowledged: 0, failed: 0, failedAndThere: 0, copies: 0 };
    for (const [partition, of] of partitions) {
      byPartition.set(partition, [...byPartition.get(partition) ?? [], of]);
      told.kind = of.kind;
      told.sent += of.sent.length;
      told.acknowledged += of.acknowledged.size;
      told.failed += of.failed.size;
    }
    verdict.producers[name] = told;
    const isHeard = told.kind !== "unheard";
    if (told.sent === 0 || (isHeard && told.acknowledged === 0)) {
      findings.push(`${name}: nothing was ${told.sent === 0 ? "sent" : "acknowledged"}`);
    }
  }
  const watched = readReader(`${folder}/${watch}.ledger`);
  const final = readReader(`${folder}/${read}.ledger`);
  let records = 0;
  for (const [topic, { partitions, keeping = {}, keys }] of Object.entries(topics)) {
    for (let index = 0; index < partitions; index++) {
      const name = `${topic}-${index}`;
      const found = final.get(name);
      if (!found?.ends) {
        findings.push(`${name}: was not read to its end`);
        continue;
      }
      records += found.records.length;
      const own = byPartition.get(name) ?? [];
      findings.push(...checkPartition(name, found, own, keeping));
      count(verdict, found, own);
      if (keys !== undefined) findings.push(...checkCompacted(name, found, own[0], keyOf(keys)));
      const seen = watched.get(name);
      if (!seen) continue;
      findings.push(...checkUnchanged(name, seen, found));
      if (keeping.isCut) {
        // What retention took away was seen before, most of it.
        const all = { ...keeping, isCompacted: true };
        findings.push(...checkPartition(`${name} as seen`, joined(seen, found), own, all));
      }
    }
  }
  const ends = new Map([...final].map(([name, { ends }]) => [name, ends!.end]));
  for (const name of groups) {
    const told = { given: 0, processed: 0, commits: 0 };
    const events = function* () {
      for (const event of readGroup(`${folder}/${name}.ledger`)) {
        if (event.type === "given") told.given++;
        if (event.type === "processed") told.processed++;
        if (event.type === "committed") told.commits++;
        yield event;
      }
    };
    findings.push(...checkGroup(name, events(), ends));
    verdict.groups[name] = told;
    if (told.commits === 0) findings.push(`group ${name}: nothing was committed`);
  }
  return { ...verdict, records };
}

/** How often what a ledger leaves open went either way: a run in which it never did shows little. */
function count({ producers }: Verdict, read: ReadPartition, sends: Sends[]): void {
  const seen = new Set<string>();
  const failed = new Map(sends.map((of) => [of.producer, of.failed]));
  for (const { producer, id } of read.records) {
    if (producer === undefined || !failed.has(producer)) continue;
    if (failed.get(producer)!.has(id)) producers[producer].failedAndThere++;
    if (seen.has(`${producer} ${id}`)) producers[producer].copies++;
    seen.add(`${producer} ${id}`);
  }
}

/** What was seen before, and what is there at the end, as one. */
function joined(seen: ReadPartition, final: ReadPartition): ReadPartition {
  const all = new Map(
    [...seen.records, ...final.records].map((record) => [record.offset, record]),
  );
  const records = [...all.values()].sort((a, b) => a.offset - b.offset);
  const { end } = final.ends!;
  return { records, strange: seen.strange, ends: { start: records[0]?.offset ?? end, end } };
}
