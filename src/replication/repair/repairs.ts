/**
 * Has damaged logs repaired from other replicas (`log/repair/`), whoever leads: one after the other, a
 * leader from its followers, a follower from its leader or any other. What is found damaged at the
 * start is repaired before the replica follows anybody, so that it is in no ISR with less than it
 * says; what is found later, at once. Until then who asks for what is missing is told to come again.
 *
 *     found ─▶ asked of each other replica ─┬▶ repaired
 *                    ▲                      ├▶ all have answered, none has it: given up ─┐
 *                    └──────── later ◀──────┴─ some can't be reached ◀───────────────────┘
 *
 * What no other replica has is passed over, as on a broker that is alone, and asked for again from
 * time to time: whoever has it may be away.
 */
import { InvariantError, keyOf, type LogEvent } from "../../base/mod.ts";
import { type LogDirectories, RepairAborted, type Repaired } from "../../log/mod.ts";
import type { Clock, Timer } from "../../platform/mod.ts";
import type { ReplicaPeers } from "../peers.ts";
import type { Replica } from "../replica.ts";
import { PeerSource } from "./peer_source.ts";

const AGAIN_MS = 100;
const LAST_AGAIN_MS = 5000;
/** When all have answered that they don't have it. */
const GIVEN_UP_AGAIN_MS = 300_000;
/** For so long who asks for what is missing is told to come again, and nobody is followed. */
const PATIENCE_MS = 30_000;

export interface RepairsOptions {
  readonly nodeId: number;
  readonly directories: LogDirectories;
  readonly clock: Clock;
  readonly peers: ReplicaPeers;
  /** Whether the broker can be asked. */
  readonly isAlive: (brokerId: number) => boolean;
  /** It need not be waited for any more, repaired or not. */
  readonly onTried: (replica: Replica) => void;
  readonly log: LogEvent;
}

interface Patient {
  readonly replica: Replica;
  /** Since when those who ask are put off. */
  sinceMs: number;
  againMs: number;
  timer: Timer | undefined;
  /** Others may rely on this replica, with what it has. */
  isTried: boolean;
}

export class Repairs {
  readonly #options: RepairsOptions;
  readonly #patients = new Map<Replica, Patient>();
  /** Those whose turn it is, the oldest first. */
  readonly #due = new Set<Patient>();
  #isRunning = false;
  #isClosed = false;

  constructor(options: RepairsOptions) {
    this.#options = options;
  }

  /** How many logs are damaged, as far as is known. */
  get size(): number {
    return this.#patients.size;
  }

  /** Whether the replica shall be repaired before it follows anybody. */
  mustWait(replica: Replica): boolean {
    return this.#patients.get(replica)?.isTried === false;
  }

  /** Its log may be damaged: has it repaired, if there are others. */
  look(replica: Replica): void {
    const { clock, log } = this.#options;
    const segments = replica.log.damagedSegments;
    if (this.#isClosed || segments.length === 0 || replica.state.replicas.length < 2) return;
    let patient = this.#patients.get(replica);
    if (patient === undefined) {
      const sinceMs = clock.monotonic();
      patient = { replica, sinceMs, againMs: AGAIN_MS, timer: undefined, isTried: false };
      this.#patients.set(replica, patient);
      log("warn", "log is damaged, and repaired from other replicas", {
        partition: keyOf(replica.topicPartition),
        segments: segments.length,
        from: segments[0].baseOffset,
      });
    }
    if (!replica.log.isBeingRepaired) patient.sinceMs = clock.monotonic();
    replica.log.isBeingRepaired = true;
    this.#next(patient, 0);
  }

  /** Other brokers can be asked than before. */
  retry(): void {
    for (const patient of this.#patients.values()) this.#next(patient, 0);
  }

  /** The partition is not here any more. */
  forget(replica: Replica): void {
    const patient = this.#patients.get(replica);
    if (patient === undefined) return;
    patient.timer?.cancel();
    this.#patients.delete(replica);
    this.#due.delete(patient);
  }

  close(): void {
    this.#isClosed = true;
    for (const replica of [...this.#patients.keys()]) this.forget(replica);
  }

  #next(patient: Patient, inMs: number): void {
    patient.timer?.cancel();
    patient.timer = this.#options.clock.after(inMs, () => {
      this.#due.add(patient);
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (const patient of this.#due) {
      this.#due.delete(patient);
      await this.#attempt(patient);
    }
    this.#isRunning = false;
  }

  /** Asks one after the other, until nothing is missing any more. */
  async #attempt(patient: Patient): Promise<void> {
    const { replica } = patient;
    const { log, clock } = this.#options;
    const partition = keyOf(replica.topicPartition);
    const wasWaitedFor = replica.log.isBeingRepaired;
    replica.log.isBeingRepaired = true; // nobody cleans it meanwhile
    let problem: string | undefined;
    for (const brokerId of this.#sources(replica)) {
      if (!this.#isHere(patient)) return;
      const began = clock.monotonic();
      try {
        const repaired = await this.#repairFrom(brokerId, replica);
        const { segments, bytes } = repaired;
        if (repaired.problem) problem = `${brokerId}: ${repaired.problem.message}`;
        const ms = Math.round(clock.monotonic() - began);
        if (segments > 0) {
          log("warn", "log repaired", { partition, segments, bytes, from: brokerId, ms });
        }
      } catch (error) {
        if (error instanceof InvariantError) throw error;
        problem = `${brokerId}: ${(error as Error).message}`;
      }
      if (!this.#isHere(patient)) return;
      if (replica.log.damagedSegments.length === 0) return this.#end(patient);
    }
    const others = replica.state.replicas.filter((id) => id !== this.#options.nodeId);
    const isAway = others.some((id) => !this.#options.isAlive(id));
    if (isAway) problem ??= "not all replicas can be asked";
    replica.log.isBeingRepaired = wasWaitedFor;
    this.#onFailure(patient, problem);
  }

  /** The leader knows best, then those who are in sync. */
  #sources({ state: { leader, isr, replicas } }: Replica): number[] {
    const { nodeId, isAlive } = this.#options;
    return [...new Set([leader, ...isr, ...replicas])].filter((id) =>
      id >= 0 && id !== nodeId && isAlive(id)
    );
  }

  async #repairFrom(brokerId: number, replica: Replica): Promise<Repaired> {
    const { peers, directories } = this.#options;
    const directory = directories.directoryOf(replica.topicPartition);
    if (directory === undefined) throw new RepairAborted("The log is gone");
    const peer = peers.open(brokerId);
    try {
      return await directory.repair(replica.log, new PeerSource(peer, replica));
    } finally {
      peer.close();
    }
  }

  #isHere({ replica }: Patient): boolean {
    return !this.#isClosed && this.#patients.has(replica) && replica.offline === undefined;
  }

  #end(patient: Patient): void {
    const { replica } = patient;
    replica.log.isBeingRepaired = false;
    this.forget(replica);
    if (!patient.isTried) this.#options.onTried(replica);
  }

  /** @param problem undefined when all others have said that they don't have it. */
  #onFailure(patient: Patient, problem: string | undefined): void {
    const { replica, sinceMs, againMs } = patient;
    const { clock, log } = this.#options;
    const isGivenUp = problem === undefined;
    const isPatient = !isGivenUp && clock.monotonic() - sinceMs < PATIENCE_MS;
    if (replica.log.isBeingRepaired && !isPatient) {
      replica.log.isBeingRepaired = false;
      log("error", "log cannot be repaired as yet", {
        partition: keyOf(replica.topicPartition),
        segments: replica.log.damagedSegments.length,
        reason: problem ?? "no other replica has what is missing",
      });
      const isNew = !patient.isTried;
      patient.isTried = true;
      if (isNew) this.#options.onTried(replica);
    }
    patient.againMs = Math.min(LAST_AGAIN_MS, 2 * againMs);
    this.#next(patient, isGivenUp ? GIVEN_UP_AGAIN_MS : againMs);
  }
}
