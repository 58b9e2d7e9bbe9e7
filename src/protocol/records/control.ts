/**
 * The keys and values of control records: transaction markers, and what the metadata quorum says in
 * its own log. Apart from the markers they begin with a version field and are always written in
 * version 0.
 */
import { array, int16, int32, int64, string, struct, uint16, uuid } from "../fields.ts";
import { message, type ValueOf } from "../message.ts";

/** The key of every control record, preceded by its version as int16. */
export const ControlRecordTypeSchema = message({
  name: "ControlRecordTypeSchema",
  versions: [0, 0],
  fields: {
    type: int16(),
  },
});
export type ControlRecordTypeSchema = ValueOf<typeof ControlRecordTypeSchema>;

/**
 * COMMIT and ABORT: how a producer's transaction ended (KIP-98); preceded by its version as int16.
 */
export const EndTxnMarker = message({
  name: "EndTxnMarker",
  versions: [0, 0],
  fields: {
    coordinatorEpoch: int32(),
  },
});
export type EndTxnMarker = ValueOf<typeof EndTxnMarker>;

const voter = struct({
  voterId: int32(),
  voterDirectoryId: uuid({ since: 1 }),
});

/** LEADER_CHANGE: the first record of every epoch of the quorum (KIP-595). */
export const LeaderChangeMessage = message({
  name: "LeaderChangeMessage",
  versions: [0, 1],
  flexibleFrom: 0,
  fields: {
    version: int16(),
    leaderId: int32(),
    voters: array(voter),
    grantingVoters: array(voter),
  },
});
export type LeaderChangeMessage = ValueOf<typeof LeaderChangeMessage>;

/** SNAPSHOT_HEADER: the first record of a snapshot (KIP-630). */
export const SnapshotHeaderRecord = message({
  name: "SnapshotHeaderRecord",
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16(),
    lastContainedLogTimestamp: int64(),
  },
});
export type SnapshotHeaderRecord = ValueOf<typeof SnapshotHeaderRecord>;

/** SNAPSHOT_FOOTER: the last record of a snapshot; without it the file is torn (KIP-630). */
export const SnapshotFooterRecord = message({
  name: "SnapshotFooterRecord",
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16(),
  },
});
export type SnapshotFooterRecord = ValueOf<typeof SnapshotFooterRecord>;

/** KRAFT_VERSION: whether the set of voters can change (KIP-853). */
export const KRaftVersionRecord = message({
  name: "KRaftVersionRecord",
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16(),
    kRaftVersion: int16(),
  },
});
export type KRaftVersionRecord = ValueOf<typeof KRaftVersionRecord>;

/** KRAFT_VOTERS: all voters with their directories and endpoints (KIP-853). */
export const VotersRecord = message({
  name: "VotersRecord",
  versions: [0, 0],
  flexibleFrom: 0,
  fields: {
    version: int16(),
    voters: array(struct({
      voterId: int32(),
      voterDirectoryId: uuid(),
      endpoints: array(struct({
        name: string(),
        host: string(),
        port: uint16(),
      })),
      kRaftVersionFeature: struct({
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    })),
  },
});
export type VotersRecord = ValueOf<typeof VotersRecord>;
