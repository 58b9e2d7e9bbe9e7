/**
 * What SyncGroup, Heartbeat, OffsetCommit and LeaveGroup answer in each state of a group: the
 * tables of sections 8.3 and 9.3, cell by cell.
 */
import { strictEqual } from "node:assert/strict";
import { replayTranscript } from "./transcript.ts";

/** One dynamic member `a-1` or static member `i1-1`, brought to a state by commands. */
const STATES = {
  "no group": [],
  Empty: ["join g client=a v=3", "leave g id=a-1", "wait 1ms"],
  PreparingRebalance: [
    "join g client=a v=3",
    "wait 0ms",
    "sync g id=a-1 gen=1 assign=a-1:0",
    "join g client=b v=3",
  ],
  CompletingRebalance: ["join g client=a v=3", "wait 0ms"],
  Stable: ["join g client=a v=3", "wait 0ms", "sync g id=a-1 gen=1 assign=a-1:0"],
  "Stable, static": ["join g instance=i1", "wait 0ms", "sync g id=i1-1 instance=i1 gen=1"],
};
type State = keyof typeof STATES;

const table: [state: State, command: string, answer: string][] = [
  ["no group", "sync g id=a-1 gen=1", "UNKNOWN_MEMBER_ID"],
  ["Empty", "sync g id=a-1 gen=1", "UNKNOWN_MEMBER_ID"],
  ["PreparingRebalance", "sync g id=a-1 gen=1", "REBALANCE_IN_PROGRESS"],
  ["PreparingRebalance", "sync g id=a-1 gen=0", "ILLEGAL_GENERATION"],
  ["CompletingRebalance", "sync g id=a-1 gen=1", "NONE type=consumer protocol=range"],
  ["CompletingRebalance", "sync g id=a-1 gen=0", "ILLEGAL_GENERATION"],
  ["CompletingRebalance", "sync g id=x-1 gen=1", "UNKNOWN_MEMBER_ID"],
  ["Stable", "sync g id=a-1 gen=1", "NONE type=consumer protocol=range assignment=0"],
  ["Stable", "sync g id=a-1 gen=2", "ILLEGAL_GENERATION"],
  ["Stable", "sync g id=x-1 gen=1", "UNKNOWN_MEMBER_ID"],
  ["Stable, static", "sync g id=x-1 instance=i1 gen=1", "FENCED_INSTANCE_ID"],
  ["Stable, static", "sync g id=i1-1 instance=i2 gen=1", "UNKNOWN_MEMBER_ID"],

  ["no group", "heartbeat g id=a-1", "UNKNOWN_MEMBER_ID"],
  ["Empty", "heartbeat g id=a-1", "UNKNOWN_MEMBER_ID"],
  ["PreparingRebalance", "heartbeat g id=a-1", "REBALANCE_IN_PROGRESS"],
  ["PreparingRebalance", "heartbeat g id=a-1 gen=2", "ILLEGAL_GENERATION"],
  ["CompletingRebalance", "heartbeat g id=a-1", "NONE"],
  ["CompletingRebalance", "heartbeat g id=x-1", "UNKNOWN_MEMBER_ID"],
  ["Stable", "heartbeat g id=a-1", "NONE"],
  ["Stable", "heartbeat g id=a-1 gen=0", "ILLEGAL_GENERATION"],
  ["Stable", "heartbeat g id=x-1", "UNKNOWN_MEMBER_ID"],
  ["Stable, static", "heartbeat g id=x-1 instance=i1", "FENCED_INSTANCE_ID"],
  ["Stable, static", "heartbeat g id=i1-1 instance=i1", "NONE"],
  ["Stable, static", "heartbeat g id=i1-1", "NONE"],

  ["no group", "commit g t/0@1", "t/0=NONE"],
  ["no group", "commit g t/0@1 id=a-1 gen=1 v=8", "t/0=ILLEGAL_GENERATION"],
  ["no group", "commit g t/0@1 id=a-1 gen=1 v=9", "t/0=GROUP_ID_NOT_FOUND"],
  ["Empty", "commit g t/0@1", "t/0=NONE"],
  ["Empty", "commit g t/0@1 id=a-1 gen=1", "t/0=UNKNOWN_MEMBER_ID"],
  ["PreparingRebalance", "commit g t/0@1", "t/0=UNKNOWN_MEMBER_ID"],
  ["PreparingRebalance", "commit g t/0@1 id=a-1 gen=1", "t/0=NONE"],
  ["CompletingRebalance", "commit g t/0@1 id=a-1 gen=1", "t/0=REBALANCE_IN_PROGRESS"],
  ["CompletingRebalance", "commit g t/0@1 id=a-1 gen=0", "t/0=ILLEGAL_GENERATION"],
  ["Stable", "commit g t/0@1", "t/0=UNKNOWN_MEMBER_ID"],
  ["Stable", "commit g t/0@1 id=a-1 gen=1", "t/0=NONE"],
  ["Stable", "commit g t/0@1 id=a-1 gen=2", "t/0=ILLEGAL_GENERATION"],
  ["Stable", "commit g t/0@1 id=x-1 gen=1", "t/0=UNKNOWN_MEMBER_ID"],
  ["Stable, static", "commit g t/0@1 id=x-1 instance=i1 gen=1", "t/0=FENCED_INSTANCE_ID"],

  ["no group", "leave g id=a-1", "NONE members=a-1:UNKNOWN_MEMBER_ID"],
  ["no group", "leave g id=a-1 v=2", "UNKNOWN_MEMBER_ID"],
  ["Empty", "leave g id=a-1", "NONE members=a-1:UNKNOWN_MEMBER_ID"],
  ["Stable", "leave g id=a-1", "NONE members=a-1:NONE"],
  ["Stable", "leave g id=a-1 v=0", "NONE"],
  ["Stable", "leave g id=x-1 v=1", "UNKNOWN_MEMBER_ID"],
  ["Stable, static", "leave g members=/i1", "NONE members=/i1:NONE"],
  ["Stable, static", "leave g members=x-1/i1", "NONE members=x-1/i1:FENCED_INSTANCE_ID"],
  ["Stable, static", "leave g members=/i2", "NONE members=/i2:UNKNOWN_MEMBER_ID"],

  ["Empty", "join g id=a-1", "UNKNOWN_MEMBER_ID id=a-1"],
  ["Stable", "join g id=x-1", "UNKNOWN_MEMBER_ID id=x-1"],
  ["Stable", "join g client=b type=connect", "INCONSISTENT_GROUP_PROTOCOL"],
  ["Stable, static", "join g id=x-1 instance=i1", "FENCED_INSTANCE_ID id=x-1"],

  ["no group", "delete g", "g=GROUP_ID_NOT_FOUND"],
  ["Empty", "delete g", "g=NONE"],
  ["PreparingRebalance", "delete g", "g=NON_EMPTY_GROUP"],
  ["CompletingRebalance", "delete g", "g=NON_EMPTY_GROUP"],
  ["Stable", "delete g", "g=NON_EMPTY_GROUP"],
];

for (const [state, command, answer] of table) {
  Deno.test(`In ${state}, "${command}" is answered ${answer}`, () => {
    const commands = ["coordinator", ...STATES[state], command];
    const played = replayTranscript(commands.map((each) => `> ${each}`).join("\n"));
    const own = played.slice(played.lastIndexOf("\n> "));
    const who = command.split(" ")[0];
    const answered = own.split("\n").find((line) => line.startsWith(`  ${who}`))!;
    strictEqual(answered.slice(answered.indexOf(": ") + 2), answer);
  });
}
