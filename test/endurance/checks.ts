/**
 * What ledgers prove. Each check is a pure function of what clients wrote down, and answers with
 * findings in words; none means that the ledger is whole.
 *
 * A broker that is killed owes its clients exactly this. An acknowledged record is at the offset it
 * was told, unchanged. A record that was sent once is there at most once. What one producer has
 * written is in the order in which it was sent. Nothing is there that nobody sent. What anybody has
 * read once stays what it was. A group goes on where an acknowledged commit says, and leaves out
 * nothing.
 */
import type { GroupEvent, ReadPartition, Sends, Stored } from "./ledger.ts";

/** What a topic's settings allow to be missing. */
export interface Keeping {
  /** Records below the log's start may be gone (retention). */
  readonly isCut?: boolean;
  /** Only the newest record of a key has to be there (compaction). */
  readonly isCompacted?: boolean;
}

/** Of each sort so many are told in full. */
const TOLD = 3;

/** Findings of one place, a few of each sort in full and the rest counted. */
export class Findings {
  readonly #place: string;
  readonly #sorts = new Map<string, string[]>();

  constructor(place: string) {
    this.#place = place;
  }

  add(sort: string, text: string): void {
    const found = this.#sorts.get(sort);
    if (found) found.push(text);
    else this.#sorts.set(sort, [text]);
  }

  list(): string[] {
    return [...this.#sorts].map(([sort, texts]) => {
      const more = texts.length > TOLD ? `; and ${texts.length - TOLD} more` : "";
      return `${this.#place}: ${sort}: ${texts.slice(0, TOLD).join("; ")}${more}`;
    });
  }
}

/** Is what lies in a partition what its producers' ledgers say? */
export function checkPartition(
  name: string,
  read: ReadPartition,
  producers: readonly Sends[],
  keeping: Keeping = {},
): string[] {
  const findings = new Findings(name);
  const { start, end } = read.ends!;
  for (const offset of read.strange) findings.add("nobody wrote", `at ${offset}`);
  if (start > 0 && !keeping.isCut) findings.add("cut", `the log starts at ${start}`);
  checkOffsets(findings, read, keeping);
  const stored = new Map(read.records.map((record) => [record.offset, record]));
  for (const sends of producers) {
    const place = `${sends.producer} (${sends.kind})`;
    checkAcknowledged(findings, place, sends, stored, { start, end }, keeping);
    const own = read.records.filter(({ producer }) => producer === sends.producer);
    checkCopies(findings, place, sends, own);
    if (sends.kind === "idempotent") checkGivenUp(findings, place, sends);
    if (sends.kind === "idempotent" && !keeping.isCompacted) {
      checkGapless(findings, place, sends, own);
    }
  }
  const known = new Set(producers.map(({ producer }) => producer));
  for (const { offset, producer } of read.records) {
    if (producer !== undefined && !known.has(producer)) {
      findings.add("of nobody", `${producer} at ${offset}`);
    }
  }
  return findings.list();
}

/** Offsets go up by one; compaction leaves out some. */
function checkOffsets(findings: Findings, { records, ends }: ReadPartition, keeping: Keeping) {
  let next = ends!.start;
  for (const { offset } of records) {
    const isFine = keeping.isCompacted ? offset >= next : offset === next;
    if (!isFine) findings.add("offsets", `${offset} where ${next} was due`);
    next = offset + 1;
  }
  if (!keeping.isCompacted && next !== ends!.end) {
    findings.add("offsets", `the last record is before ${next}, and the log ends at ${ends!.end}`);
  }
}

function checkAcknowledged(
  findings: Findings,
  place: string,
  sends: Sends,
  stored: Map<number, Stored>,
  { start, end }: { start: number; end: number },
  keeping: Keeping,
): void {
  let previous = -1;
  const order = new Map(sends.sent.map((id, at) => [id, at]));
  const own = new Set<number>();
  for (const { producer, id } of stored.values()) if (producer === sends.producer) own.add(id);
  const mayBeGone = keeping.isCut || keeping.isCompacted;
  const byOrder = [...sends.acknowledged].sort(([a], [b]) => order.get(a)! - order.get(b)!);
  for (const [id, offset] of byOrder) {
    if (!order.has(id)) findings.add("acknowledged unsent", `${place} ${id} at ${offset}`);
    // librdkafka takes what it sent for persisted when something later of it is, and knows no offset.
    if (Number.isNaN(offset)) {
      if (!mayBeGone && !own.has(id)) findings.add("lost", `${place} ${id} acknowledged`);
      continue;
    }
    // What a plain client sends again comes under a new id: every kind is in the order of sending.
    if (offset <= previous && sends.kind !== "retrying") {
      findings.add("order of acknowledgements", `${place} ${id} at ${offset} after ${previous}`);
    }
    previous = offset;
    if (offset < start && keeping.isCut) continue;
    const found = stored.get(offset);
    if (found === undefined) {
      if (!keeping.isCompacted || offset >= end) {
        findings.add("lost", `${place} ${id} acknowledged at ${offset}`);
      }
    } else if (keeping.isCompacted && found.producer === undefined) continue;
    else if (found.producer !== sends.producer || found.id !== id) {
      const there = `${found.producer} ${found.id}`;
      findings.add("replaced", `${place} ${id} acknowledged at ${offset}, where ${there} is`);
    }
  }
}

/** Each at most once, in the order of sending, and sent at all. */
function checkCopies(findings: Findings, place: string, sends: Sends, own: Stored[]): void {
  const order = new Map(sends.sent.map((id, at) => [id, at]));
  const seen = new Map<number, number>();
  let previous = -1;
  for (const { id, offset } of own) {
    const at = order.get(id);
    if (at === undefined) {
      findings.add("not sent", `${place} ${id} at ${offset}`);
      continue;
    }
    const first = seen.get(id);
    seen.set(id, offset);
    if (sends.kind === "retrying") {
      const due = sends.acknowledged.get(id);
      // The client stops trying at the first acknowledgement: a copy after it was never sent.
      if (due !== undefined && offset > due) {
        findings.add("copied", `${place} ${id} at ${offset} again, acknowledged at ${due}`);
      }
      continue;
    }
    if (first !== undefined) {
      findings.add("twice", `${place} ${id} at ${first} and ${offset}`);
    } else if (at < previous) {
      findings.add("out of order", `${place} ${id} at ${offset} after one sent later`);
    }
    previous = Math.max(previous, at);
  }
}

function checkGivenUp(findings: Findings, place: string, sends: Sends): void {
  for (const [id, error] of sends.failed) findings.add("given up", `${place} ${id}: ${error}`);
}

/** What has a later one in the log is there itself: the client waits for each. */
function checkGapless(findings: Findings, place: string, sends: Sends, own: Stored[]): void {
  const first = sends.sent.indexOf(own[0]?.id ?? -1);
  for (let i = 0; i < own.length; i++) {
    const due = sends.sent[first + i];
    if (own[i].id === due) continue;
    findings.add("left out", `${place} ${due} before ${own[i].id} at ${own[i].offset}`);
    return;
  }
}

/**
 * Is a compacted partition what its one idempotent producer wrote, all of it acknowledged? `keyOf`
 * tells an id's key, and whether it takes the key away.
 */
export function checkCompacted(
  name: string,
  read: ReadPartition,
  sends: Sends,
  keyOf: (id: number) => { key: string; isTombstone: boolean },
): string[] {
  const findings = new Findings(name);
  const idAt = new Map([...sends.acknowledged].map(([id, offset]) => [offset, id]));
  const newest = new Map<string, number>();
  for (const id of sends.sent) {
    if (sends.acknowledged.has(id)) newest.set(keyOf(id).key, id);
  }
  const last = new Map<string, number>();
  for (const { offset, key, producer } of read.records) {
    const id = idAt.get(offset);
    if (id === undefined) {
      findings.add("not acknowledged", `${key} at ${offset}`);
      continue;
    }
    const due = keyOf(id);
    if (due.key !== key || due.isTombstone !== (producer === undefined)) {
      findings.add("replaced", `${id} with key ${due.key} at ${offset}, where ${key} is`);
    }
    last.set(key, id);
  }
  for (const [key, id] of newest) {
    const found = last.get(key);
    if (found === id || (found === undefined && keyOf(id).isTombstone)) continue;
    findings.add("newest lost", `of ${key}: ${found} and not ${id}`);
  }
  return findings.list();
}

/** What was read stays: the same offsets, the same records, as far as they are still there. */
export function checkUnchanged(name: string, before: ReadPartition, after: ReadPartition) {
  const findings = new Findings(name);
  const later = new Map(after.records.map((record) => [record.offset, record]));
  for (const { offset, key, producer, id } of before.records) {
    const found = later.get(offset);
    if (found && (found.key !== key || found.producer !== producer || found.id !== id)) {
      const [was, is] = [`${producer} ${id}`, `${found.producer} ${found.id}`];
      findings.add("changed after it was read", `at ${offset}: ${was}, and then ${is}`);
    }
    if (offset >= after.ends!.end) findings.add("read and gone", `${producer} ${id} at ${offset}`);
  }
  return findings.list();
}

interface GroupPartition {
  /** The largest commit that was acknowledged. */
  committed: number;
  /** What commits were begun with, since an unanswered one may have been written. */
  readonly begun: Set<number>;
  /** All below have been processed. */
  processedEnd: number;
  /** By member: where it stands, or that it begins and at least where. */
  readonly positions: Map<string, { next?: number; floor: number }>;
  final?: number;
}

/**
 * Has the group lost a commit, or left out a record? A member that is given a partition begins at
 * the newest acknowledged commit, or at one that was begun after it and never answered; from there
 * it goes on one by one. `ends` are the logs' ends by partition, when the group has had time to
 * come there.
 */
export function checkGroup(
  name: string,
  events: Iterable<GroupEvent>,
  ends?: ReadonlyMap<string, number>,
): string[] {
  const findings = new Findings(`group ${name}`);
  const partitions = new Map<string, GroupPartition>();
  for (const { type, member, partition, offset } of events) {
    let state = partitions.get(partition);
    if (!state) {
      state = { committed: 0, begun: new Set([0]), processedEnd: 0, positions: new Map() };
      partitions.set(partition, state);
    }
    const at = `${member} in ${partition}`;
    if (type === "given") state.positions.set(member, { floor: state.committed });
    else if (type === "taken") state.positions.delete(member);
    else if (type === "committing") state.begun.add(offset);
    else if (type === "committed") state.committed = Math.max(state.committed, offset);
    else if (type === "final") state.final = offset;
    else onProcessed(findings, state, at, member, offset);
  }
  for (const [partition, { committed, begun, processedEnd, final }] of partitions) {
    if (final !== undefined && (final < committed || !begun.has(final))) {
      findings.add(
        "commit lost",
        `${partition} has ${final} at the end, and ${committed} was said`,
      );
    }
    const end = ends?.get(partition);
    if (end !== undefined && processedEnd !== end) {
      findings.add("left out", `${partition} from ${processedEnd} to ${end} at the end`);
    }
  }
  return findings.list();
}

function onProcessed(
  findings: Findings,
  state: GroupPartition,
  at: string,
  member: string,
  offset: number,
): void {
  const position = state.positions.get(member);
  if (!position) {
    findings.add("not given", `${at} processed ${offset}`);
    return;
  }
  const { next, floor } = position;
  if (next !== undefined && offset !== next) {
    findings.add(offset > next ? "skipped" : "went back", `${at}: ${offset} where ${next} was due`);
  }
  if (next === undefined && (offset < floor || !state.begun.has(offset))) {
    findings.add("commit lost", `${at} begins at ${offset}, and ${floor} was acknowledged`);
  }
  if (offset > state.processedEnd) {
    findings.add("skipped", `${at}: ${state.processedEnd} to ${offset} by all members`);
  }
  position.next = offset + 1;
  state.processedEnd = Math.max(state.processedEnd, offset + 1);
}
