/**
 * Who votes in the quorum, as its own log says (KIP-853). At kraft.version 0 the log says nothing:
 * the voters stand in everybody's settings. From 1 on it holds the level and the voters, each with
 * its id, its directory and its addresses, as control records: in the log where they changed, and
 * in every snapshot.
 */
import { ByteReader, ByteWriter } from "../bytes/mod.ts";
import {
  decodeMessage,
  encodeMessage,
  type InputOf,
  KRaftVersionRecord,
  type Message,
  VotersRecord,
} from "../protocol/mod.ts";
import type { ControlRecord, ControlRecordInput } from "../records/mod.ts";

export type Voter = VotersRecord["voters"][number];

/** Where a voter listens, by the name of the listener. */
export type VoterEndpoint = Voter["endpoints"][number];

export interface QuorumVoters {
  readonly kraftVersion: number;
  /** Empty at kraft.version 0. */
  readonly voters: readonly Voter[];
}

export const STATIC_VOTERS: QuorumVoters = { kraftVersion: 0, voters: [] };
export const HIGHEST_KRAFT_VERSION = 1;

/** The voters after a control record; the same when it says nothing of them. */
export function votersAfter(before: QuorumVoters, control: ControlRecord): QuorumVoters {
  if (control.type === "KRAFT_VERSION") {
    const { kRaftVersion: kraftVersion } = decodeControlValue(KRaftVersionRecord, control);
    if (kraftVersion > HIGHEST_KRAFT_VERSION) {
      throw new Error(
        `kraft.version is ${kraftVersion}, and this version knows 0 to ${HIGHEST_KRAFT_VERSION}`,
      );
    }
    return { ...before, kraftVersion };
  }
  if (control.type !== "KRAFT_VOTERS") return before;
  return { ...before, voters: decodeControlValue(VotersRecord, control).voters };
}

/** The records that say so; none at level 0. */
export function votersRecords({ kraftVersion, voters }: QuorumVoters): ControlRecordInput[] {
  if (kraftVersion === 0) return [];
  const version = { kRaftVersion: kraftVersion };
  return [
    { type: "KRAFT_VERSION", value: encodeControlValue(KRaftVersionRecord, version) },
    { type: "KRAFT_VOTERS", value: encodeControlValue(VotersRecord, { voters: [...voters] }) },
  ];
}

/** A quorum of one node, known by id and directory. */
export const soleVoter = (
  voterId: number,
  voterDirectoryId: string,
  endpoints: readonly VoterEndpoint[],
): QuorumVoters => ({
  kraftVersion: 1,
  voters: [{
    voterId,
    voterDirectoryId,
    endpoints: [...endpoints],
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: HIGHEST_KRAFT_VERSION },
  }],
});

/**
 * Why a node with this id and directory cannot lead alone; undefined when it can. To vote in a
 * quorum of which one is no member would be to make a second one.
 */
export function whyNotAlone(
  { kraftVersion, voters }: QuorumVoters,
  node: { readonly id: number; readonly directoryId: string },
): string | undefined {
  if (kraftVersion === 0) return undefined;
  const [voter, ...others] = voters;
  if (voter === undefined) return "its log names no voters";
  if (others.length > 0 || voter.voterId !== node.id) {
    const ids = voters.map(({ voterId }) => voterId).join(", ");
    return `the voters in its log are ${ids}: start it as one of them, with a listener for ` +
      "controllers (--controller-listen)";
  }
  if (voter.voterDirectoryId === node.directoryId) return undefined;
  return `the voter in its log is directory ${voter.voterDirectoryId}, this one is ${node.directoryId}`;
}

/** Bodies of control records are always of version 0, whatever they say (Kafka does no other). */
export function encodeControlValue<M extends Message>(message: M, value: InputOf<M>): Uint8Array {
  const writer = new ByteWriter(64);
  encodeMessage(message, value, 0, writer);
  return writer.finish();
}

export const decodeControlValue = <M extends Message>(message: M, { value }: ControlRecord) =>
  decodeMessage(message, new ByteReader(value), 0);
